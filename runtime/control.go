package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	if len(req.IDs) == 0 {
		return nil, nil
	}
	r, err := c.store.Control(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", req.Action, err)
	}
	return r.Done, nil
}

// PauseQueue stops all servers from taking jobs of the queue until [Client.ResumeQueue].
func (c *Client) PauseQueue(ctx context.Context, name string) error {
	return c.store.Pause(ctx, storage.PauseQueue, name, true, "")
}

// ResumeQueue ends a pause of the queue.
func (c *Client) ResumeQueue(ctx context.Context, name string) error {
	return c.store.Pause(ctx, storage.PauseQueue, name, false, "")
}

// Job looks a job up by id; [ErrNotFound] when there is none.
func (c *Client) Job(ctx context.Context, id ID) (storage.Details, error) {
	return c.store.Job(ctx, id)
}

// Result reads the result of the job that h names. It fails with [ErrNotFinished]
// while the job has none, with a [*JobError] when it failed or was deleted, and
// with [ErrNotFound] after its retention.
func Result[T any](ctx context.Context, c *Client, h Handle[T]) (T, error) {
	var out T
	d, err := c.store.Job(ctx, h.ID())
	switch {
	case err != nil:
		return out, fmt.Errorf("result of %v: %w", h, err)
	case !d.State.Final():
		return out, fmt.Errorf("result of %v, which is %v: %w", h, d.State, ErrNotFinished)
	case d.State != storage.Succeeded:
		return out, newJobError(d.Job)
	case len(d.Result) == 0:
		return out, nil
	}
	if err := json.Unmarshal(d.Result, &out); err != nil {
		return out, fmt.Errorf("result of %v (%s): %w", h, d.Kind, err)
	}
	return out, nil
}

// JobError says how a job ended that has no result. errors.Is finds [ErrNoResult].
type JobError struct {
	ID      ID
	Kind    string
	State   storage.State // failed or deleted
	Reason  string
	Failure *storage.Failure // nil when no run failed
}

func newJobError(j storage.Job) *JobError {
	return &JobError{ID: j.ID, Kind: j.Kind, State: j.State, Reason: j.Reason, Failure: j.Failure}
}

func (e *JobError) Error() string {
	text := fmt.Sprintf("%s %v is %v", e.Kind, e.ID, e.State)
	switch {
	case e.Failure != nil && e.State == storage.Failed:
		return text + ": " + e.Failure.Message
	case e.Reason != "":
		return text + ": " + e.Reason
	}
	return text
}

// Is makes errors.Is(err, ErrNoResult) true.
func (e *JobError) Is(target error) bool { return target == ErrNoResult }

// Await waits until the job that h names is final and reads its result. It looks at
// the store again after rising pauses of up to a second.
func Await[T any](ctx context.Context, c *Client, h Handle[T]) (T, error) {
	pause := 5 * time.Millisecond
	for {
		out, err := Result(ctx, c, h)
		if !errors.Is(err, ErrNotFinished) {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, fmt.Errorf("await %v: %w", h, context.Cause(ctx))
		case <-time.After(pause):
			pause = min(pause*2, time.Second)
		}
	}
}
