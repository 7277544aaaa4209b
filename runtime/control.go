package runtime

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Cancel ends jobs that have not finished: a waiting one becomes deleted, a running
// one gets its context ended with [ErrCancelled] and is recorded when its handler
// returns. It answers with the ids that were cancelled or asked to; finished and
// unknown ones are skipped.
func (c *Client) Cancel(ctx context.Context, ids ...ID) ([]ID, error) {
	return c.control(ctx, storage.Control{Action: storage.Cancel, IDs: ids})
}

// Remove is Cancel for jobs that have not finished, and removes finished ones with
// their history, unless a continuation still waits for them.
func (c *Client) Remove(ctx context.Context, ids ...ID) ([]ID, error) {
	return c.control(ctx, storage.Control{Action: storage.Remove, IDs: ids})
}

// Requeue runs finished jobs again, with fresh retries. Continuations that were
// skipped because of the job wait for it again; those that ran do not run again.
func (c *Client) Requeue(ctx context.Context, ids ...ID) ([]ID, error) {
	return c.control(ctx, storage.Control{Action: storage.Requeue, IDs: ids})
}

// RunNow runs scheduled jobs, retries among them, at once.
func (c *Client) RunNow(ctx context.Context, ids ...ID) ([]ID, error) {
	return c.control(ctx, storage.Control{Action: storage.RunNow, IDs: ids})
}

// Reschedule moves scheduled or enqueued jobs to another time; for t see [At].
func (c *Client) Reschedule(ctx context.Context, t time.Time, ids ...ID) ([]ID, error) {
	return c.control(ctx, storage.Control{Action: storage.Reschedule, IDs: ids, Due: when(t)})
}

func (c *Client) control(ctx context.Context, req storage.Control) ([]ID, error) {
	var done []ID
	for ids := range slices.Chunk(req.IDs, maxControl) {
		req.IDs = ids
		r, err := c.store.Control(ctx, req)
		if err != nil {
			return done, fmt.Errorf("%v: %w", req.Action, err)
		}
		done = append(done, r.Done...)
	}
	return done, nil
}

// maxControl is how many ids one call to the store takes.
const maxControl = 1000

// PauseQueue stops all servers from taking jobs of the queue until [Client.ResumeQueue].
func (c *Client) PauseQueue(ctx context.Context, name string) error {
	return c.store.Pause(ctx, storage.PauseQueue, name, true, "")
}

// ResumeQueue ends a pause of the queue.
func (c *Client) ResumeQueue(ctx context.Context, name string) error {
	return c.store.Pause(ctx, storage.PauseQueue, name, false, "")
}

// PauseKind stops all servers from taking jobs of the kind until [Client.ResumeKind].
func (c *Client) PauseKind(ctx context.Context, kind string) error {
	return c.store.Pause(ctx, storage.PauseKind, kind, true, "")
}

// ResumeKind ends a pause of the kind.
func (c *Client) ResumeKind(ctx context.Context, kind string) error {
	return c.store.Pause(ctx, storage.PauseKind, kind, false, "")
}

// Job looks a job up by id; [ErrNotFound] when there is none.
func (c *Client) Job(ctx context.Context, id ID) (storage.Details, error) {
	return c.store.Job(ctx, id)
}
