package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

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
