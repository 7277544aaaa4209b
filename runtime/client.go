package runtime

import (
	"context"
	"fmt"

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

// ClientMiddleware wraps the storing of one call's jobs. Before next it may change
// the jobs' metadata (never nil), queue, due time and options, or refuse them by
// returning an error instead of calling next; after it, it sees next's error. Ids
// and payloads must stay. What it puts into the metadata reaches the handlers'
// [Middleware] through [FromContext]: so a trace goes on from enqueue to run.
// Recurring jobs, which servers enqueue, do not pass through it.
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
// promises. One call holds at most storage.MaxGroup jobs with storage.MaxGroupBytes
// of arguments together; more is [ErrTooLarge]. A job whose unique key is held is
// not stored again: the holder's id takes its place. While the store fails, the call
// is repeated for some seconds, or until ctx ends. After an error that is none of
// this package's, the jobs may be stored or not; repeat safely with [WithID].
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
	if len(c.middleware) == 0 {
		stored, err = insertJobs(ctx, in, jobs)
	} else {
		stored, err = c.wrap(ctx, in, jobs)
	}
	if err != nil {
		return nil, fmt.Errorf("enqueue %s: %w", describe(jobs), err)
	}
	if len(stored) != len(jobs) {
		return nil, fmt.Errorf("enqueue %s: client middleware returned no error and did not store", describe(jobs))
	}
	ids := make([]ID, len(stored))
	for i, s := range stored {
		ids[i] = s.ID
	}
	return ids, nil
}

func insertJobs(ctx context.Context, in inserter, jobs []storage.NewJob) ([]storage.Inserted, error) {
	if err := check(jobs); err != nil {
		return nil, err
	}
	return in.Insert(ctx, storage.Group{Jobs: jobs})
}

// wrap stores the jobs as the middleware lets it.
func (c *Client) wrap(ctx context.Context, in inserter, made []storage.NewJob) (stored []storage.Inserted, err error) {
	jobs := make([]*storage.NewJob, len(made))
	for i := range made {
		jobs[i] = &made[i]
		if jobs[i].Metadata == nil {
			jobs[i].Metadata = make(map[string]string)
		}
	}
	next := func(ctx context.Context) (err error) {
		out := make([]storage.NewJob, len(jobs))
		for i, j := range jobs {
			out[i] = *j
		}
		stored, err = insertJobs(ctx, in, out)
		return err
	}
	for i := len(c.middleware) - 1; i >= 0; i-- {
		mw, inner := c.middleware[i], next
		next = func(ctx context.Context) error { return mw(ctx, jobs, inner) }
	}
	err = next(ctx)
	return stored, err
}

func describe(jobs []storage.NewJob) string {
	if len(jobs) == 1 {
		return jobs[0].Kind
	}
	return fmt.Sprintf("%d jobs (%s, ...)", len(jobs), jobs[0].Kind)
}
