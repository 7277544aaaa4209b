package recur

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/pause"
	"github.com/gojobgen/jobgen/storage"
)

// Loop fires what a session finds due, apart from its ticks: those must not be late
// for a store that fires slowly. Make one with New.
type Loop struct {
	store   storage.Recurrer
	timeout time.Duration // of one step
	fault   func(id string, err error)
	fired   func(again time.Duration)
	pages   chan page
	busy    atomic.Bool // a page is taken and not fired yet
}

type page struct {
	now  time.Time
	seen time.Time // when now was, by our monotonic clock
	due  []storage.Recurring
}

// New makes a loop. fault is told what could not be fired; it stays due, and is
// never disabled for it. fired is told after each page how long to wait for the
// first of them to be due again; negative: none will be.
func New(store storage.Recurrer, timeout time.Duration, fault func(id string, err error), fired func(again time.Duration)) *Loop {
	return &Loop{store: store, timeout: timeout, fault: fault, fired: fired, pages: make(chan page, 1)}
}

// Offer hands over what is due at now, unless the loop is at work still.
func (l *Loop) Offer(now time.Time, due []storage.Recurring) bool {
	if !l.busy.CompareAndSwap(false, true) {
		return false
	}
	l.pages <- page{now, time.Now(), due}
	return true
}

// Run fires until ctx ends.
func (l *Loop) Run(ctx context.Context) {
	for {
		select {
		case p := <-l.pages:
			again := l.fire(ctx, p)
			l.busy.Store(false)
			l.fired(again)
		case <-ctx.Done():
			return
		}
	}
}

// FullPage of due recurring jobs: there may be more behind it.
const FullPage = 100

// fire fires a page, all at once: stores make one write of what comes together, and each
// step still succeeds or fails for itself.
func (l *Loop) fire(ctx context.Context, p page) time.Duration {
	nexts := make([]time.Time, len(p.due))
	errs := make([]error, len(p.due))
	var steps sync.WaitGroup
	for i := range p.due {
		steps.Go(func() { nexts[i], errs[i] = l.step(ctx, p.due[i], p.now) })
	}
	steps.Wait()
	if ctx.Err() != nil {
		return -1
	}
	again, failed := time.Duration(-1), false
	for i, next := range nexts {
		switch wait := next.Sub(p.now) - time.Since(p.seen); {
		case errs[i] != nil:
			failed = true
			l.fault(p.due[i].ID, errs[i])
		case !next.IsZero() && (again < 0 || wait < again):
			again = max(wait, 0)
		}
	}
	switch {
	case len(p.due) < FullPage:
	case failed:
		return pause.Last // the next page at once would be as bad
	default:
		return 0
	}
	return again
}

// step fires one recurring job, and says when it is due next.
func (l *Loop) step(ctx context.Context, r storage.Recurring, now time.Time) (time.Time, error) {
	f, err := Fire(r, now)
	if err != nil {
		return f.Next, err
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	_, err = l.store.Fire(ctx, f)
	return f.Next, err
}
