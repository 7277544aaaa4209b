package runtime

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/fetch"
	"github.com/gojobgen/jobgen/runtime/internal/settle"
	"github.com/gojobgen/jobgen/runtime/internal/tick"
	"github.com/gojobgen/jobgen/storage"
)

// session is one life of a server in the store: its loops, and the runs whose
// tokens carry its id.
type session struct {
	server  *Server
	info    storage.Session
	settler *settle.Settler
	contact gate       // shut while the lease may be over
	clock   storeClock // set by the first tick
	faults  faultLog
	kick    chan struct{} // asks for a report now
}

// Pauses between tries to open a session while the store is down.
const (
	openFirstPause = 100 * time.Millisecond
	openLastPause  = 2 * time.Second
)

// open starts a session, however long the store takes; it fails when ctx ends.
func (s *Server) open(ctx context.Context) (*session, error) {
	se := s.newSession()
	pause := openFirstPause
	for {
		call, cancel := context.WithTimeout(ctx, s.opts.Lease)
		err := s.store.OpenSession(call, se.info)
		cancel()
		if err == nil {
			return se, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, ErrInvalid) || errors.Is(err, storage.ErrClosed) {
			return nil, err
		}
		se.faults.log("open session", err)
		select {
		case <-time.After(pause):
			pause = min(pause*2, openLastPause)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *Server) newSession() *session {
	host, _ := os.Hostname()
	se := &session{server: s, kick: make(chan struct{}, 1), info: storage.Session{
		ID: storage.NewID(), Server: s.opts.Name, Owner: s.opts.Owner, Host: host, PID: os.Getpid(),
		Version: s.opts.Version, Queues: s.opts.Queues, Concurrency: s.opts.Concurrency,
		Lease: s.opts.Lease, MaxLost: s.opts.MaxLost, Kinds: s.kinds,
	}}
	se.faults.logger = s.opts.Logger
	se.clock.known = make(chan struct{})
	se.settler = settle.New(s.store, se.info.ID, se.settled, se.faults.with("settle"))
	return se
}

// live runs the session's loops until the store declares the session dead (true),
// or until ctx ends and the server has stopped (false, with Run's error). Ticks and
// reports go on while running jobs finish.
func (se *session) live(ctx context.Context) (lost bool, err error) {
	alive, die := context.WithCancel(context.WithoutCancel(ctx))
	work, endWork := context.WithCancel(ctx)
	var loops sync.WaitGroup
	loops.Go(func() {
		if se.ticker().Run(alive) != nil {
			endWork()
		}
	})
	loops.Go(func() { se.report(alive) })
	loops.Go(func() { se.declare(work) })
	_ = se.fetcher().Run(work) // its only error, a lost session, is what follows
	endWork()
	if ctx.Err() != nil {
		err = se.server.stop(se)
	} else {
		lost = true
		se.lapsed()
	}
	die()
	loops.Wait()
	return lost, err
}

func (se *session) ticker() *tick.Loop {
	return &tick.Loop{
		Store: se.server.store, Session: se.info.ID, Lease: se.info.Lease,
		Seen: se.clock.seen, Cancelled: se.cancelled, Due: se.fire,
		Lapsed: se.lapsed, Back: se.contact.open,
		Fault: se.faults.with("tick"),
	}
}

func (se *session) fetcher() *fetch.Loop {
	s := se.server
	return &fetch.Loop{
		Store: s.store, Session: se.info.ID, Kinds: storage.NewKindSet(s.kinds),
		Queues: s.opts.order, Watch: s.opts.Queues, Slots: s.slots,
		Ready: se.ready, Start: se.start,
		Fault: se.faults.with("fetch"),
	}
}

// ready blocks the fetcher while contact is lost, or while the store does not take
// the outcomes of what was fetched before.
func (se *session) ready(ctx context.Context) error {
	if err := se.contact.wait(ctx); err != nil {
		return err
	}
	if se.settler.Pending() > 1000+10*se.info.Concurrency {
		return se.settler.Drain(ctx)
	}
	return nil
}

// lapsed: the session's jobs may run elsewhere by now, so they have to end here.
func (se *session) lapsed() {
	se.contact.shut()
	for _, r := range se.server.runs(se.info.ID) {
		r.cancel(ErrLost)
	}
}

// cancelled ends the contexts of jobs that somebody cancelled.
func (se *session) cancelled(ids []storage.ID) {
	want := make(map[storage.ID]bool, len(ids))
	for _, id := range ids {
		want[id] = true
	}
	for _, r := range se.server.runs(se.info.ID) {
		if want[r.token.Job] {
			r.cancel(ErrCancelled)
		}
	}
}

// settled hears the verdict on one outcome.
func (se *session) settled(o storage.Outcome, v storage.Verdict) {
	switch v {
	case storage.Refused:
		se.server.opts.Logger.Warn().Stringer("job", o.Token.Job).Stringer("outcome", o.Kind).
			Msg("outcome refused: the job was taken over")
	case storage.Unstorable:
		o.Kind, o.Result = storage.Fail, nil
		o.Failure = &storage.Failure{Type: "unstorable", Message: "the store cannot keep the job's result: it is too large or no JSON"}
		se.settler.Add(o)
	}
}
