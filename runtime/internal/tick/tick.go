// Package tick keeps a session alive: it gives the store the session's sign of
// life, does its share of the common housekeeping, and watches by the process's
// own monotonic clock whether contact is still within the lease.
package tick

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/recur"
	"github.com/gojobgen/jobgen/storage"
)

// Loop is one session's ticking. All fields are required.
type Loop struct {
	Store   storage.Sessions
	Session storage.ID
	Lease   time.Duration
	Opened  time.Time // when the session's opening was sent
	// Seen is told the store's time at each tick.
	Seen func(now time.Time)
	// Cancelled is told which running jobs somebody cancelled; again with each tick
	// until they are settled.
	Cancelled func([]storage.ID)
	// Due is offered the recurring jobs that are due, and the store's time. It does
	// not wait, and reports whether it took them; who did calls Within when they are
	// fired.
	Due func(now time.Time, due []storage.Recurring) bool
	// Lapsed is called when the session had no contact for a whole lease: its jobs may
	// run elsewhere by now. Back is called when the session turns out to live still.
	Lapsed func()
	Back   func()
	Fault  func(error)

	watch watch
	soon  soon
	after string // where the list of due recurring jobs goes on
	zeros int    // ticks in a row after which something was due at once
}

// New makes a loop of l's fields.
func New(l Loop) *Loop {
	l.soon.wake = make(chan struct{}, 1)
	return &l
}

// Interval is the usual time between ticks: a lease holds at least three.
func (l *Loop) Interval() time.Duration { return l.Lease * 3 / 10 }

// Within asks for a tick no later than d from now, because something is due then.
func (l *Loop) Within(d time.Duration) { l.soon.within(d) }

// Run ticks until ctx ends (nil) or the store does not know the session any more
// (storage.ErrSessionLost).
func (l *Loop) Run(ctx context.Context) error {
	l.watch.start(l.Opened.Add(l.Lease), l.Lapsed, l.Back)
	defer l.watch.stop()
	for {
		start := time.Now()
		r, err := l.tick(ctx)
		pause := l.Interval() / 2
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, storage.ErrSessionLost):
			l.watch.lose()
			return err
		case err != nil:
			l.Fault(err)
		default:
			l.watch.contact(start.Add(l.Lease))
			pause = l.tell(r)
		}
		// A slow answer is part of the interval, so that the next tick is not late for it.
		if !l.soon.sleep(ctx, start.Add(pause)) {
			return nil
		}
	}
}

func (l *Loop) tick(ctx context.Context) (storage.TickResult, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Lease/2)
	defer cancel()
	l.soon.reset()
	return l.Store.Tick(ctx, storage.TickRequest{Session: l.Session, DueAfter: l.after})
}

// tell passes on what the tick brought and says how long to wait for the next.
func (l *Loop) tell(r storage.TickResult) time.Duration {
	l.Seen(r.Now)
	if len(r.Cancelled) > 0 {
		l.Cancelled(r.Cancelled)
	}
	next := r.NextDue
	if n := len(r.Due); n > 0 {
		if l.Due(r.Now, r.Due) {
			l.after = r.Due[n-1].ID
			if n < recur.FullPage {
				l.after = ""
			}
		}
		if next == 0 {
			next = -1 // it is these that are due: who fires them asks for the next tick
		}
	}
	if r.More {
		return 0
	}
	return l.pause(next)
}

// minPause keeps a due time that does not move (a recurring job of a service that is
// down, a clock behind) from becoming a busy loop; while it does not move, the pauses
// grow to the usual interval.
const minPause = 10 * time.Millisecond

func (l *Loop) pause(next time.Duration) time.Duration {
	if next != 0 {
		l.zeros = 0
	} else {
		l.zeros = min(l.zeros+1, 10)
	}
	if next < 0 {
		return l.Interval()
	}
	return min(l.Interval(), max(next, minPause<<l.zeros))
}

// soon is a sleep that others can shorten.
type soon struct {
	wake chan struct{}
	mu   sync.Mutex
	at   time.Time // asked for; zero: not
}

func (s *soon) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = time.Time{}
}

func (s *soon) within(d time.Duration) {
	s.mu.Lock()
	if at := time.Now().Add(d); s.at.IsZero() || at.Before(s.at) {
		s.at = at
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// until is when the sleep ends.
func (s *soon) until(t time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.at.IsZero() && s.at.Before(t) {
		return s.at
	}
	return t
}

// sleep sleeps until t or what was asked for; false when ctx ended.
func (s *soon) sleep(ctx context.Context, t time.Time) bool {
	for {
		left := time.NewTimer(time.Until(s.until(t)))
		select {
		case <-left.C:
			return ctx.Err() == nil
		case <-s.wake:
			left.Stop()
		case <-ctx.Done():
			left.Stop()
			return false
		}
	}
}
