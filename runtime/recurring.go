package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/recur"
	"github.com/gojobgen/jobgen/storage"
)

// RecurringOption changes how a recurring job fires.
type RecurringOption func(*storage.Recurring)

// Misfire says what happens to occurrences that no server fired in time.
type Misfire = storage.Misfire

// The misfire policies: one job for all missed occurrences (the default), one for
// each (the latest storage.MaxMissed), or none that is over 15 seconds late.
const (
	MisfireOnce = storage.MisfireOnce
	MisfireAll  = storage.MisfireAll
	MisfireSkip = storage.MisfireSkip
)

// Zone reads the cron expression in the named time zone, such as "Europe/Berlin"; UTC otherwise.
func Zone(name string) RecurringOption { return func(r *storage.Recurring) { r.Zone = name } }

// OnMisfire sets the misfire policy.
func OnMisfire(m Misfire) RecurringOption { return func(r *storage.Recurring) { r.Misfire = m } }

// SkipOverlap skips an occurrence while the job of the one before is not final.
func SkipOverlap() RecurringOption { return func(r *storage.Recurring) { r.Overlap = false } }

// Recurring adds or updates a recurring job: at each occurrence of the cron
// expression (5 fields, or 6 with seconds; see package cron) call is enqueued, once,
// by whichever server gets there. It is idempotent, so call it at every start:
// declaring the same again keeps the next and the last occurrence.
//
// The call's options hold for each of its jobs. Those that speak of one job (WithID,
// Delay, At, Following) have no meaning here and are refused.
func (c *Client) Recurring(ctx context.Context, id, expr string, call AnyCall, opts ...RecurringOption) error {
	job, err := template(id, call)
	if err != nil {
		return fmt.Errorf("recurring job %q: %w", id, err)
	}
	r := storage.Recurring{ID: id, Cron: expr, Overlap: true, Job: job}
	for _, o := range opts {
		o(&r)
	}
	now := time.Now()
	if r.Next, err = recur.Next(r, now); err != nil {
		return fmt.Errorf("recurring job %q: %w", id, err)
	}
	errs, err := c.store.PutRecurring(ctx, []storage.Recurring{r})
	if err = errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("recurring job %q: %w", id, err)
	}
	return nil
}

// template is the job that each occurrence copies.
func template(id string, call AnyCall) (storage.NewJob, error) {
	if id == "" || len(id) > storage.MaxName {
		return storage.NewJob{}, fmt.Errorf("%w: the id has %d bytes; use 1 to %d", ErrInvalid, len(id), storage.MaxName)
	}
	j, err := call.NewJob()
	if err != nil {
		return j, err
	}
	if !j.ID.IsZero() || !j.Due.IsZero() || len(j.Parents) > 0 {
		return j, fmt.Errorf("%w: WithID, Delay, At and Following are for one job, not for every occurrence", ErrInvalid)
	}
	return j, check([]storage.NewJob{j})
}

// RemoveRecurring removes a recurring job; jobs it made stay. ErrNotFound when there is none.
func (c *Client) RemoveRecurring(ctx context.Context, id string) error {
	return c.store.RemoveRecurring(ctx, id)
}

// PauseRecurring stops a recurring job from firing until [Client.ResumeRecurring].
func (c *Client) PauseRecurring(ctx context.Context, id string) error {
	return c.store.PauseRecurring(ctx, id, true, "", time.Time{})
}

// ResumeRecurring ends a pause; occurrences of the pause are not made up for.
func (c *Client) ResumeRecurring(ctx context.Context, id string) error {
	return ResumeRecurring(ctx, c.store, id, "")
}

// ResumeRecurring ends a pause on behalf of by.
func ResumeRecurring(ctx context.Context, store storage.Store, id, by string) error {
	r, err := store.RecurringJob(ctx, id)
	if err != nil {
		return fmt.Errorf("resume recurring job %q: %w", id, err)
	}
	next, err := recur.Next(r, time.Now())
	if err != nil {
		return fmt.Errorf("resume recurring job %q: %w", id, err)
	}
	return store.PauseRecurring(ctx, id, false, by, next)
}

// TriggerRecurring enqueues a recurring job's job at once; its schedule goes on unchanged.
func (c *Client) TriggerRecurring(ctx context.Context, id string) (Handle[None], error) {
	return TriggerRecurring(ctx, c.store, id, "")
}

// TriggerRecurring enqueues a recurring job's job at once on behalf of by.
func TriggerRecurring(ctx context.Context, store storage.Store, id, by string) (Handle[None], error) {
	r, err := store.RecurringJob(ctx, id)
	if err != nil {
		return Handle[None]{}, fmt.Errorf("trigger recurring job %q: %w", id, err)
	}
	job := cloneJob(r.Job)
	job.ID = storage.NewIDIn(storage.LaneOf(id))
	if by != "" {
		if job.Metadata == nil {
			job.Metadata = make(map[string]string)
		}
		job.Metadata["triggered-by"] = by
	}
	if _, err = store.Fire(ctx, storage.Fire{ID: id, Jobs: []storage.NewJob{job}, Trigger: true}); err != nil {
		return Handle[None]{}, fmt.Errorf("trigger recurring job %q: %w", id, err)
	}
	if job.Unique != nil { // another job may hold the key
		if r, err = store.RecurringJob(ctx, id); err == nil && !r.LastJob.IsZero() {
			job.ID = r.LastJob
		}
	}
	return Handle[None]{job.ID}, nil
}
