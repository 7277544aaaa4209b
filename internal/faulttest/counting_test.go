package faulttest

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/gojobgen/jobgen/storage"
)

// counting is a store that counts the calls a server makes, and answers none of them
// while it is down.
type counting struct {
	storage.Store
	calls atomic.Int64
	down  atomic.Bool
	hang  atomic.Bool // while down: calls wait for their context, as on a dead connection
}

var errDown = errors.New("the store is down, as the test wants it")

// call counts one call, and gives the error of a store that is down.
func (c *counting) call(ctx context.Context) error {
	c.calls.Add(1)
	if !c.down.Load() {
		return nil
	}
	if c.hang.Load() {
		<-ctx.Done()
	}
	return errDown
}

// Insert implements storage.Store.
func (c *counting) Insert(ctx context.Context, g ...storage.Group) ([]storage.InsertResult, error) {
	if err := c.call(ctx); err != nil {
		return nil, err
	}
	return c.Store.Insert(ctx, g...)
}

// Fetch implements storage.Store.
func (c *counting) Fetch(ctx context.Context, r storage.FetchRequest) (storage.FetchResult, error) {
	if err := c.call(ctx); err != nil {
		return storage.FetchResult{}, err
	}
	return c.Store.Fetch(ctx, r)
}

// Settle implements storage.Store.
func (c *counting) Settle(ctx context.Context, r storage.SettleRequest) ([]storage.Verdict, error) {
	if err := c.call(ctx); err != nil {
		return nil, err
	}
	return c.Store.Settle(ctx, r)
}

// Report implements storage.Store.
func (c *counting) Report(ctx context.Context, id storage.ID, rs []storage.Report) ([]storage.Verdict, error) {
	if err := c.call(ctx); err != nil {
		return nil, err
	}
	return c.Store.Report(ctx, id, rs)
}

// Wait implements storage.Store.
func (c *counting) Wait(ctx context.Context, queues []string, mark uint64) error {
	if err := c.call(ctx); err != nil {
		return err
	}
	return c.Store.Wait(ctx, queues, mark)
}

// Tick implements storage.Store.
func (c *counting) Tick(ctx context.Context, r storage.TickRequest) (storage.TickResult, error) {
	if err := c.call(ctx); err != nil {
		return storage.TickResult{}, err
	}
	return c.Store.Tick(ctx, r)
}

// OpenSession implements storage.Store.
func (c *counting) OpenSession(ctx context.Context, s storage.Session) error {
	if err := c.call(ctx); err != nil {
		return err
	}
	return c.Store.OpenSession(ctx, s)
}

// PutRecurring implements storage.Store.
func (c *counting) PutRecurring(ctx context.Context, rs []storage.Recurring) ([]error, error) {
	if err := c.call(ctx); err != nil {
		return nil, err
	}
	return c.Store.PutRecurring(ctx, rs)
}

// Fire implements storage.Store.
func (c *counting) Fire(ctx context.Context, f storage.Fire) (bool, error) {
	if err := c.call(ctx); err != nil {
		return false, err
	}
	return c.Store.Fire(ctx, f)
}
