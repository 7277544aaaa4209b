package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/group"
	"github.com/gojobgen/jobgen/storage"
)

// Client stores jobs. It needs no server in its process, holds no connection of its
// own, and is safe for concurrent use. Generated clients wrap it.
type Client struct {
	store      storage.Store
	insert     inserter
	middleware []ClientMiddleware
}

// ClientOption configures a [Client].
type ClientOption func(*Client)

// ClientMiddleware wraps the storing of one call's jobs. It may change the jobs'
// metadata, queue, due time and options before next, refuse them by returning an
// error instead of calling next, and see next's error. Ids and payloads must stay.
type ClientMiddleware func(ctx context.Context, jobs []*storage.NewJob, next func(context.Context) error) error

// UseOnEnqueue adds middleware; the first one is outermost.
func UseOnEnqueue(mw ...ClientMiddleware) ClientOption {
	return func(c *Client) { c.middleware = append(c.middleware, mw...) }
}

// NewClient makes a client of store. Concurrent calls on one client share round
// trips; each returns when its own jobs are durable.
func NewClient(store storage.Store, opts ...ClientOption) *Client {
	c := &Client{store: store, insert: newGrouped(store)}
	for _, o := range opts {
		o(c)
	}
	return c
}

// Via is a view of the client that stores through in: the caller's SQL transaction,
// as in client.Via(store.Tx(tx)). Its jobs exist when the transaction commits.
// Middleware applies as on the client.
func (c *Client) Via(in storage.Inserter) Enqueuer {
	return &via{c, direct{in}}
}

type via struct {
	client *Client
	insert inserter
}

func (v *via) EnqueueAll(ctx context.Context, calls ...AnyCall) ([]ID, error) {
	return v.client.enqueue(ctx, v.insert, calls)
}

// EnqueueAll stores the calls, of any kinds, all or none, and answers with their
// ids in order. When it returns nil, the jobs are as durable as the store
// promises. A job whose unique key is held is not stored again: the holder's id
// takes its place. After an error that is none of this package's, the jobs may be
// stored or not; repeat safely with [WithID].
func (c *Client) EnqueueAll(ctx context.Context, calls ...AnyCall) ([]ID, error) {
	return c.enqueue(ctx, c.insert, calls)
}

func (c *Client) enqueue(ctx context.Context, in inserter, calls []AnyCall) ([]ID, error) {
	if len(calls) == 0 {
		return nil, nil
	}
	jobs, err := newJobs(calls)
	if err != nil {
		return nil, fmt.Errorf("enqueue: %w", err)
	}
	var stored []storage.Inserted
	err = c.wrap(ctx, jobs, func(ctx context.Context) error {
		group := storage.Group{Jobs: make([]storage.NewJob, len(jobs))}
		for i, j := range jobs {
			group.Jobs[i] = *j
		}
		stored, err = in.Insert(ctx, group)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("enqueue %s: %w", describe(jobs), err)
	}
	if len(stored) != len(jobs) {
		return nil, fmt.Errorf("enqueue %s: client middleware returned without storing", describe(jobs))
	}
	ids := make([]ID, len(stored))
	for i, s := range stored {
		ids[i] = s.ID
	}
	return ids, nil
}

// newJobs makes the jobs of one call.
func newJobs(calls []AnyCall) ([]*storage.NewJob, error) {
	jobs := make([]*storage.NewJob, len(calls))
	for i, call := range calls {
		j, err := call.NewJob()
		if err != nil {
			return nil, err
		}
		jobs[i] = &j
	}
	lane := laneOf(jobs)
	for _, j := range jobs {
		if j.ID.IsZero() {
			j.ID = storage.NewIDIn(lane)
		}
	}
	return jobs, nil
}

// laneOf picks one lane for the jobs of a call, so that a store with lanes can
// write them in one step: that of a parent, of a fixed id, or any.
func laneOf(jobs []*storage.NewJob) uint16 {
	for _, j := range jobs {
		if len(j.Parents) > 0 {
			return j.Parents[0].Lane()
		}
	}
	for _, j := range jobs {
		if !j.ID.IsZero() {
			return j.ID.Lane()
		}
	}
	return storage.NewID().Lane()
}

func (c *Client) wrap(ctx context.Context, jobs []*storage.NewJob, next func(context.Context) error) error {
	for i := len(c.middleware) - 1; i >= 0; i-- {
		mw, inner := c.middleware[i], next
		next = func(ctx context.Context) error { return mw(ctx, jobs, inner) }
	}
	return next(ctx)
}

func describe(jobs []*storage.NewJob) string {
	if len(jobs) == 1 {
		return jobs[0].Kind
	}
	return fmt.Sprintf("%d jobs (%s, ...)", len(jobs), jobs[0].Kind)
}

// inserter stores one group.
type inserter interface {
	Insert(ctx context.Context, g storage.Group) ([]storage.Inserted, error)
}

// direct stores each group by itself, in its caller's transaction.
type direct struct{ in storage.Inserter }

func (d direct) Insert(ctx context.Context, g storage.Group) ([]storage.Inserted, error) {
	results, err := d.in.Insert(ctx, g)
	if err != nil {
		return nil, err
	}
	return results[0].Jobs, results[0].Err
}

// grouped lets concurrent callers share round trips.
type grouped struct {
	store storage.Inserter
	group *group.Group[storage.Group, result]
}

type result struct {
	jobs []storage.Inserted
	err  error
}

// groupLimit bounds one shared insert; larger calls go alone.
const groupLimit = 512

func newGrouped(store storage.Inserter) *grouped {
	g := &grouped{store: store}
	g.group = group.New(groupLimit, g.flush)
	return g
}

func (g *grouped) Insert(ctx context.Context, jobs storage.Group) ([]storage.Inserted, error) {
	if alone(jobs) {
		r := g.try(ctx, []storage.Group{jobs})[0]
		return r.jobs, r.err
	}
	r, err := g.group.Do(ctx, jobs)
	if err != nil {
		return nil, err
	}
	return r.jobs, r.err
}

// alone: a caller's transaction may hold a unique key, and a large group should
// not make small ones wait.
func alone(g storage.Group) bool {
	if len(g.Jobs) > 64 {
		return true
	}
	for i := range g.Jobs {
		if g.Jobs[i].Unique != nil {
			return true
		}
	}
	return false
}

// flushTimeout bounds a shared insert: its callers' contexts do not.
const flushTimeout = 15 * time.Second

func (g *grouped) flush(ctx context.Context, groups []storage.Group) []result {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	return g.try(ctx, groups)
}

// try inserts, and after a storage fault once more, since an insert by id can be
// repeated: it rides over a cut connection, not over a store that is down.
func (g *grouped) try(ctx context.Context, groups []storage.Group) []result {
	results, err := g.store.Insert(ctx, groups...)
	if err != nil && ctx.Err() == nil && !errors.Is(err, storage.ErrClosed) {
		results, err = g.store.Insert(ctx, groups...)
	}
	out := make([]result, len(groups))
	for i := range out {
		if err != nil {
			out[i].err = err
			continue
		}
		out[i] = result{results[i].Jobs, results[i].Err}
	}
	return out
}
