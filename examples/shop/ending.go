package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// trigger runs the recurring jobs once, as the dashboard's button does.
func (s *shop) trigger(ctx context.Context) error {
	if _, err := s.client.TriggerRecurring(ctx, cacheID); err != nil {
		return err
	}
	for { // the server declares the invoices when it starts
		_, err := s.client.TriggerRecurring(ctx, "invoices")
		if !errors.Is(err, runtime.ErrNotFound) {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// soon is what the story waits for; a job that is due later is left waiting.
const soon = 15 * time.Second

// settle waits until nothing runs and nothing is due soon.
func (s *shop) settle(ctx context.Context) error {
	for {
		busy, err := s.store.Jobs(ctx, storage.Query{Filter: storage.Filter{
			States: []storage.State{storage.Enqueued, storage.Processing, storage.Awaiting, storage.Scheduled},
		}, Limit: storage.MaxPage})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(busy.Jobs, func(j storage.Job) bool {
			return j.State != storage.Scheduled || time.Until(j.DueAt) < soon
		}) {
			return nil
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(20 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// diary notes in which order jobs were first taken.
type diary struct {
	mu    sync.Mutex
	taken map[runtime.ID]int
}

// note is middleware: it is called around every run of a job.
func (d *diary) note(ctx context.Context, next func(context.Context) error) error {
	d.mu.Lock()
	if id := runtime.FromContext(ctx).ID(); d.taken[id] == 0 {
		d.taken[id] = len(d.taken) + 1
	}
	d.mu.Unlock()
	return next(ctx)
}

// place is 1 for the job that was taken first; those never taken come last.
func (d *diary) place(j storage.Job) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return cmp.Or(d.taken[j.ID], math.MaxInt)
}

// print writes a line for each job, in the order in which they were taken, and the sum
// of them.
func (s *shop) print(ctx context.Context, out io.Writer) error {
	page, err := s.store.Jobs(ctx, storage.Query{Oldest: true, Limit: storage.MaxPage})
	if err != nil {
		return err
	}
	slices.SortStableFunc(page.Jobs, func(a, b storage.Job) int {
		return cmp.Compare(s.diary.place(a), s.diary.place(b))
	})
	count := make(map[storage.State]int)
	for _, j := range page.Jobs {
		count[j.State]++
		fmt.Fprintf(out, "%-10s %-9s %-36s %-16s %s\n", j.State, j.Queue, j.Kind, j.Metadata["about"], fate(j))
	}
	fmt.Fprintf(out, "%d deleted\n", count[storage.Deleted])
	waiting := count[storage.Scheduled] + count[storage.Awaiting] + count[storage.Enqueued]
	fmt.Fprintf(out, "%d succeeded, %d failed, %d waiting\n", count[storage.Succeeded], count[storage.Failed], waiting)
	return nil
}

// fate says in a few words how a job came to its state.
func fate(j storage.Job) string {
	switch {
	case j.State == storage.Failed && j.Failure != nil:
		return fmt.Sprintf("%s: %s", j.Reason, j.Failure.Message)
	case j.State == storage.Scheduled:
		return "due " + j.DueAt.Format(time.RFC1123)
	case j.State == storage.Succeeded:
		return fmt.Sprintf("run %d", j.Attempt)
	}
	return j.Reason
}
