// Package tick keeps a session alive: it gives the store the session's sign of
// life, does its share of the common housekeeping, and watches by the process's
// own monotonic clock whether contact is still within the lease.
package tick

import (
	"context"
	"errors"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/pause"
	"github.com/gojobgen/jobgen/runtime/internal/recur"
	"github.com/gojobgen/jobgen/storage"
)

// Config is what a Loop needs. All fields are required.
type Config struct {
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
	// Again is called when a tick succeeded after one that failed, with when it was sent.
	Again func(sent time.Time)
	Fault func(error)
}

// Loop is one session's ticking. Make one with New.
type Loop struct {
	Config
	watch watch
	soon  soon
	after string // where the list of due recurring jobs goes on
	zeros int    // ticks in a row after which something was due at once
}

// New makes a loop.
func New(c Config) *Loop {
	return &Loop{Config: c, soon: soon{wake: make(chan struct{}, 1)}}
}

// Interval is the usual time between ticks: a lease holds at least three, and little
// more, so that with the default lease an idle server sends less than one call a
// second, with the fetch every few seconds.
func (l *Loop) Interval() time.Duration { return l.Lease * 10 / 31 }

// Within asks for a tick no later than d from now, because something is due then.
func (l *Loop) Within(d time.Duration) { l.soon.within(d) }

// Run ticks until ctx ends (nil) or the store does not know the session any more
// (storage.ErrSessionLost).
func (l *Loop) Run(ctx context.Context) error {
	l.watch.start(l.Opened.Add(l.Lease), l.Lapsed, l.Back)
	defer l.watch.stop()
	var pauses pause.Pauses
	failed := false
	for {
		a := l.ask(ctx, failed)
		var next time.Time
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(a.err, storage.ErrSessionLost):
			l.watch.lose()
			return a.err
		case a.err != nil:
			l.Fault(a.err)
			failed = true
			next = time.Now().Add(min(pauses.Next(a.sent), l.Interval()))
		default:
			l.watch.contact(a.sent.Add(l.Lease))
			if failed {
				l.Again(a.sent)
			}
			failed = false
			pauses.Reset()
			// A slow answer is part of the interval, so that the next tick is not late for it.
			next = a.sent.Add(l.tell(a.result))
		}
		if !l.soon.sleep(ctx, next) {
			return nil
		}
	}
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
