package recur

import (
	"context"
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

func (l *Loop) fire(ctx context.Context, p page) time.Duration {
	again, failed := time.Duration(-1), false
	for _, r := range p.due {
		f, err := Fire(r, p.now)
		if err == nil {
			call, cancel := context.WithTimeout(ctx, l.timeout)
			_, err = l.store.Fire(call, f)
			cancel()
		}
		switch wait := f.Next.Sub(p.now) - time.Since(p.seen); {
		case ctx.Err() != nil:
			return again
		case err != nil:
			failed = true
			l.fault(r.ID, err)
		case !f.Next.IsZero() && (again < 0 || wait < again):
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
