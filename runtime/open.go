package runtime

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/pause"
	"github.com/gojobgen/jobgen/runtime/internal/recur"
	"github.com/gojobgen/jobgen/runtime/internal/report"
	"github.com/gojobgen/jobgen/runtime/internal/settle"
	"github.com/gojobgen/jobgen/runtime/internal/tick"
	"github.com/gojobgen/jobgen/storage"
)

// open starts a session, however long the store takes; it fails when ctx ends, or
// for what no second try can cure. Each try has an id of its own: one whose answer
// was lost may have been declared dead by the time of the next.
func (s *Server) open(ctx context.Context) (*session, error) {
	var pauses pause.Pauses
	for {
		sent, info := time.Now(), s.sessionInfo()
		call, cancel := context.WithTimeout(ctx, s.opts.Lease/2)
		err := s.store.OpenSession(call, info)
		cancel()
		switch {
		case err == nil:
			return s.newSession(info, sent), nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, ErrInvalid), errors.Is(err, ErrTooLarge), errors.Is(err, storage.ErrClosed):
			return nil, err
		}
		s.faults.log("open session", err)
		if !pauses.Sleep(ctx, sent) {
			return nil, ctx.Err()
		}
	}
}

func (s *Server) sessionInfo() storage.Session {
	host, _ := os.Hostname()
	return storage.Session{
		ID: storage.NewID(), Server: s.opts.Name, Owner: s.opts.Owner, Host: host, PID: os.Getpid(),
		Version: s.opts.Version, Queues: s.opts.Queues, Concurrency: s.opts.Concurrency,
		Lease: s.opts.Lease, MaxLost: s.opts.MaxLost, Kinds: s.kinds,
	}
}

// newSession wires the loops of a session whose opening was sent at the given time.
func (s *Server) newSession(info storage.Session, sent time.Time) *session {
	se := &session{server: s, info: info}
	se.clock.known = make(chan struct{})
	se.settler = settle.New(settle.Config{
		Store: s.store, Session: info.ID, Call: se.calls.start,
		Answer: se.settled, Fault: s.faults.with("settle"),
	})
	se.reporter = report.NewLoop(s.store, info.ID, info.Lease, se.sources, s.faults.with("report"))
	se.recurrer = recur.New(s.store, callTimeout,
		func(id string, err error) { s.faults.log("fire recurring job "+id, err) },
		func(again time.Duration) {
			if again >= 0 {
				se.ticker.Within(again)
			}
		})
	se.ticker = tick.New(tick.Config{
		Store: s.store, Session: info.ID, Lease: info.Lease, Opened: sent,
		Seen: se.clock.seen, Cancelled: se.cancelled, Due: se.recurrer.Offer,
		Lapsed: se.lapsed, Back: se.back, Again: se.calls.giveUp,
		Fault: s.faults.with("tick"),
	})
	return se
}
