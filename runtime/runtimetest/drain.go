package runtimetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// Ran is one run of a job by [Drain].
type Ran struct {
	ID      runtime.ID
	Kind    string
	Attempt int
	Outcome storage.OutcomeKind
	Failure *storage.Failure // nil when the run did not fail
}

// DrainOption changes what [Drain] works.
type DrainOption func(*drain)

type drain struct {
	queues    []string
	scheduled bool
	server    runtime.ServerOptions
}

// Scheduled runs scheduled jobs too, retries among them, without waiting for their
// time, until none is left.
func Scheduled() DrainOption { return func(d *drain) { d.scheduled = true } }

// Queues works these queues only, in this order.
func Queues(names ...string) DrainOption { return func(d *drain) { d.queues = names } }

// WithServer sets the options of the server that works the jobs: a logger, the retry
// policy. Its queues are replaced; its concurrency is 1 unless set, so that jobs run
// one after the other.
func WithServer(o runtime.ServerOptions) DrainOption { return func(d *drain) { d.server = o } }

// Drain works the jobs of store until nothing is enqueued that can run, with their
// retries that are due and their continuations, and returns all runs in the order of
// their ends. Jobs run one after the other, from all queues that have any, as in a
// server. It ends the test when the server fails; failed jobs are the test's to judge.
func Drain(t testing.TB, store storage.Store, dispatcher *runtime.Dispatcher, opts ...DrainOption) []Ran {
	t.Helper()
	ran, err := Run(t.Context(), store, dispatcher, opts...)
	if err != nil {
		t.Fatalf("drain: %v", err)
	}
	return ran
}

// Run is [Drain] for where there is no test, such as an example.
func Run(ctx context.Context, store storage.Store, dispatcher *runtime.Dispatcher, opts ...DrainOption) ([]Ran, error) {
	d := drain{server: runtime.ServerOptions{Concurrency: 1}}
	for _, o := range opts {
		o(&d)
	}
	watched := &watched{Store: store, fetched: make(map[storage.Token]storage.Job)}
	for {
		before := len(watched.runs())
		if err := d.work(ctx, watched, dispatcher); err != nil {
			return watched.runs(), err
		}
		moved, err := d.hurry(ctx, store)
		if err != nil {
			return watched.runs(), err
		}
		if !moved && len(watched.runs()) == before {
			return watched.runs(), nil
		}
	}
}

// work works the queues that have jobs now, once.
func (d *drain) work(ctx context.Context, store storage.Store, dispatcher *runtime.Dispatcher) error {
	o := d.server
	o.Queues, o.Weights = d.queues, nil
	if len(o.Queues) == 0 {
		infos, err := store.Queues(ctx)
		if err != nil {
			return fmt.Errorf("list queues: %w", err)
		}
		for _, q := range infos {
			o.Queues = append(o.Queues, q.Name)
		}
		slices.Sort(o.Queues)
	}
	if o.Concurrency == 0 {
		o.Concurrency = 1
	}
	return runtime.NewServer(store, dispatcher, o).RunUntilIdle(ctx)
}

// hurry enqueues scheduled jobs when that is asked for.
func (d *drain) hurry(ctx context.Context, store storage.Store) (moved bool, err error) {
	if !d.scheduled {
		return false, nil
	}
	c := storage.Control{Action: storage.RunNow, Filter: &storage.Filter{States: []storage.State{storage.Scheduled}}, Limit: 1000}
	for more := true; more; {
		r, err := store.Control(ctx, c)
		if err != nil {
			return moved, fmt.Errorf("run scheduled jobs now: %w", err)
		}
		moved = moved || len(r.Done) > 0
		more, c.After = r.More, r.Last
	}
	return moved, nil
}

// watched is a store that notes which runs were settled.
type watched struct {
	storage.Store
	mu      sync.Mutex
	fetched map[storage.Token]storage.Job
	ran     []Ran
}

func (w *watched) runs() []Ran {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.ran)
}

func (w *watched) Fetch(ctx context.Context, r storage.FetchRequest) (storage.FetchResult, error) {
	res, err := w.Store.Fetch(ctx, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range res.Jobs {
		w.fetched[f.Token] = f.Job
	}
	return res, err
}

func (w *watched) Settle(ctx context.Context, r storage.SettleRequest) ([]storage.Verdict, error) {
	verdicts, err := w.Store.Settle(ctx, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, v := range verdicts {
		o := r.Outcomes[i]
		job, known := w.fetched[o.Token]
		if v != storage.Accepted || !known {
			continue
		}
		delete(w.fetched, o.Token)
		w.ran = append(w.ran, Ran{job.ID, job.Kind, job.Attempt, o.Kind, o.Failure})
	}
	return verdicts, err
}
