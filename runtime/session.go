package runtime

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/fetch"
	"github.com/gojobgen/jobgen/runtime/internal/recur"
	"github.com/gojobgen/jobgen/runtime/internal/report"
	"github.com/gojobgen/jobgen/runtime/internal/settle"
	"github.com/gojobgen/jobgen/runtime/internal/tick"
	"github.com/gojobgen/jobgen/storage"
)

// session is one life of a server in the store: its loops, and the runs whose
// tokens carry its id.
type session struct {
	server   *Server
	info     storage.Session
	settler  *settle.Settler
	reporter *report.Loop
	recurrer *recur.Loop
	ticker   *tick.Loop
	calls    calls       // of fetcher and settler
	contact  gate        // shut while the lease may be over
	clock    storeClock  // set by the first tick
	gone     atomic.Bool // as contact, for jobs about to start
}

// live runs the session's loops until the store declares the session dead (true),
// or until ctx ends, or nothing is left, and the server has stopped (false, with
// Run's error). Ticks and reports go on while running jobs finish.
func (se *session) live(ctx context.Context, untilIdle bool) (lost bool, err error) {
	alive, die := context.WithCancel(se.server.base)
	work, endWork := context.WithCancelCause(ctx)
	var loops sync.WaitGroup
	loops.Go(func() {
		if err := se.ticker.Run(alive); err != nil {
			endWork(err)
		}
	})
	loops.Go(func() { se.reporter.Run(alive) })
	loops.Go(func() { se.recurrer.Run(work) })
	loops.Go(func() { se.declare(work) })
	err = se.fetcher(untilIdle).Run(work)
	lost = errors.Is(err, storage.ErrSessionLost) || errors.Is(context.Cause(work), storage.ErrSessionLost)
	endWork(nil)
	if lost = lost && ctx.Err() == nil; lost {
		se.lapsed()
		se.settler.Stop()
		err = nil
	} else {
		err = se.server.stop(se)
	}
	die()
	loops.Wait()
	return lost, err
}

func (se *session) fetcher(untilIdle bool) *fetch.Loop {
	s := se.server
	f := &fetch.Loop{
		Store: s.store, Session: se.info.ID, Kinds: storage.NewKindSet(s.kinds),
		Queues: s.opts.order, Watch: s.opts.Queues, Call: se.calls.start, Took: s.pool.Took,
		Ready: se.ready, Room: s.pool.Room, Put: se.put, Back: se.decline,
		Fault: s.faults.with("fetch"),
	}
	if untilIdle {
		f.Quiet = se.quiet
	}
	return f
}

// put hands fetched jobs to the workers.
func (se *session) put(workers int, jobs []storage.Fetched) {
	runs := make([]*run, 0, len(jobs))
	for _, ahead := range [2]bool{false, true} {
		for i := range jobs {
			if jobs[i].Ahead == ahead {
				runs = append(runs, se.newRun(&jobs[i]))
			}
		}
	}
	se.server.pool.Put(workers, runs)
}

// decline gives back fetched jobs that come too late.
func (se *session) decline(jobs []storage.Fetched) {
	runs := make([]*run, len(jobs))
	for i := range jobs {
		runs[i] = se.newRun(&jobs[i])
	}
	giveBack(runs)
}

// ready blocks the fetcher while contact is lost, or while the store does not take
// the outcomes of what was fetched before.
func (se *session) ready(ctx context.Context) error {
	if err := se.contact.wait(ctx); err != nil {
		return err
	}
	return se.settler.Wait(ctx, 2000+10*se.info.Concurrency)
}

// quiet waits until nothing runs and all is written, then does what housekeeping
// there is.
func (se *session) quiet(ctx context.Context) error {
	if err := se.server.pool.Idle(ctx); err != nil {
		return err
	}
	if err := se.settler.Wait(ctx, 0); err != nil {
		return err
	}
	for more := true; more; {
		call, cancel := context.WithTimeout(ctx, callTimeout)
		r, err := se.server.store.Tick(call, storage.TickRequest{Session: se.info.ID})
		cancel()
		more = err == nil && r.More
	}
	return nil
}

// lapsed: the session's jobs may run elsewhere by now, so they have to end here.
func (se *session) lapsed() {
	se.contact.shut()
	s := se.server
	se.gone.Store(true)
	for _, r := range s.runs(se) {
		r.cancel(ErrLost)
	}
	giveBack(s.pool.Take(func(r *run) bool { return r.session == se }))
}

// back: the session lives after all.
func (se *session) back() {
	se.gone.Store(false)
	se.contact.open()
}

// cancelled ends the contexts of jobs that somebody cancelled, and gives back those
// that were not started yet.
func (se *session) cancelled(ids []storage.ID) {
	want := make(map[storage.ID]bool, len(ids))
	for _, id := range ids {
		want[id] = true
	}
	for _, r := range se.server.runs(se) {
		if want[r.token.Job] {
			r.cancel(ErrCancelled)
		}
	}
	giveBack(se.server.pool.Take(func(r *run) bool { return r.session == se && want[r.token.Job] }))
}

// settled hears the verdict on one outcome.
func (se *session) settled(o *storage.Outcome, v storage.Verdict) {
	log := &se.server.opts.Logger
	switch v {
	case storage.Accepted:
		if (o.Kind == storage.Retry || o.Kind == storage.Snooze) && o.Delay < se.ticker.Interval() {
			se.ticker.Within(o.Delay + time.Millisecond)
		}
	case storage.Refused:
		log.Warn().Stringer("job", o.Token.Job).Stringer("outcome", o.Kind).
			Msg("outcome refused: the job runs or ran elsewhere")
	case storage.Unstorable:
		if o.Result == nil {
			log.Error().Stringer("job", o.Token.Job).Stringer("outcome", o.Kind).
				Msg("the store cannot keep this outcome: the job ends with its session")
			return
		}
		other := *o
		other.Kind, other.Result, other.Reason = storage.Fail, nil, "no retry can cure it"
		other.Failure = &storage.Failure{Type: "unstorable", Message: "the store cannot keep the job's result: it is too large or no JSON"}
		se.settler.Add(&other)
	}
}
