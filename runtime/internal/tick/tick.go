// Package tick keeps a session alive: it gives the store the session's sign of
// life, does its share of the common housekeeping, and watches by the process's
// own monotonic clock whether contact is still within the lease.
package tick

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Loop is one session's ticking. All fields but Fault are required.
type Loop struct {
	Store   storage.Sessions
	Session storage.ID
	Lease   time.Duration
	// Seen is told the store's time at each tick.
	Seen func(now time.Time)
	// Cancelled is told which running jobs somebody cancelled; again with each tick
	// until they are settled.
	Cancelled func([]storage.ID)
	// Due is told which recurring jobs are due, and the store's time. It says how long
	// until the first of them is due again; negative: none will be.
	Due func(ctx context.Context, now time.Time, due []storage.Recurring) time.Duration
	// Lapsed is called when the session had no contact for a whole lease: its jobs may
	// run elsewhere by now. Back is called when the session turns out to live still.
	Lapsed func()
	Back   func()
	Fault  func(error)

	mu     sync.Mutex
	watch  *time.Timer
	lapsed bool
	after  string // where the list of due recurring jobs goes on
	zeros  int    // ticks in a row after which something was due at once
}

// interval between ticks: a lease holds at least three.
func (l *Loop) interval() time.Duration { return l.Lease * 3 / 10 }

// Run ticks until ctx ends (nil) or the store does not know the session any more
// (storage.ErrSessionLost).
func (l *Loop) Run(ctx context.Context) error {
	l.mu.Lock()
	l.watch = time.AfterFunc(l.Lease, l.lapse)
	l.mu.Unlock()
	defer l.watch.Stop()
	for {
		start := time.Now()
		wait, err := l.once(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, storage.ErrSessionLost):
			l.lapse()
			return err
		case err != nil:
			l.Fault(err)
		default:
			l.contact(start)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// once ticks once and says how long to wait before the next.
func (l *Loop) once(ctx context.Context) (time.Duration, error) {
	call, cancel := context.WithTimeout(ctx, l.Lease/2)
	defer cancel()
	r, err := l.Store.Tick(call, storage.TickRequest{Session: l.Session, DueAfter: l.after})
	if err != nil {
		return l.interval() / 2, err
	}
	l.Seen(r.Now)
	if len(r.Cancelled) > 0 {
		l.Cancelled(r.Cancelled)
	}
	next := r.NextDue
	l.after = ""
	if n := len(r.Due); n > 0 {
		if again := l.Due(ctx, r.Now, r.Due); again >= 0 && (next <= 0 || again < next) {
			next = again
		}
		l.after = r.Due[n-1].ID
	}
	return l.pause(r, next), nil
}

// minPause keeps a due time that does not move (a recurring job that cannot be
// fired, a clock behind) from becoming a busy loop; while it does not move, the
// pauses grow to the usual interval.
const minPause = 10 * time.Millisecond

func (l *Loop) pause(r storage.TickResult, next time.Duration) time.Duration {
	if r.More || len(r.Due) == fullPage {
		return 0
	}
	if next != 0 {
		l.zeros = 0
	} else {
		l.zeros = min(l.zeros+1, 10)
	}
	if next < 0 {
		return l.interval()
	}
	return min(l.interval(), max(next, minPause<<l.zeros))
}

// fullPage of due recurring jobs: there may be more behind it.
const fullPage = 100

// contact notes that the store answered a tick that was sent at start.
func (l *Loop) contact(start time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.Lease - time.Since(start)
	if left <= 0 {
		return // the answer is older than the lease: the watch decides
	}
	l.watch.Reset(left)
	if l.lapsed {
		l.lapsed = false
		l.Back()
	}
}

func (l *Loop) lapse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.lapsed {
		l.lapsed = true
		l.Lapsed()
	}
}
