package storagetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// env is one test's store with what makes a test read like a story. Its helpers end
// the test on a failure, saying what was expected and why.
type env struct {
	tb
	t     *testing.T
	h     Harness
	store storage.Store
	ctx   context.Context

	lane   uint16 // of every id of the test, so that its steps are atomic on any store
	passed time.Duration
	keeper *session
}

// tb is what a test and a run of the model have in common.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Failed() bool
	FailNow()
}

func newEnv(t *testing.T, h Harness) *env {
	return &env{tb: t, t: t, h: h, store: h.Open(t), ctx: t.Context(), lane: 4711}
}

// id makes an id in the test's lane.
func (e *env) id() storage.ID { return storage.NewIDIn(e.lane) }

// now is the time on the store's clock, or close to it.
func (e *env) now() time.Time {
	return time.Now().Add(e.passed).UTC().Truncate(time.Millisecond)
}

// sleep lets time pass on the store's clock.
func (e *env) sleep(d time.Duration) {
	e.Helper()
	switch {
	case e.h.Synctest:
		time.Sleep(d)
	case e.h.Advance != nil:
		e.h.Advance(e.t, d)
		e.passed += d
	case d <= realSleep:
		time.Sleep(d)
	default:
		e.Skipf("%v would have to pass, and the harness has neither Synctest nor Advance", d)
	}
}

// must ends the test when a call that has to work did not.
func (e *env) must(err error, call string) {
	e.Helper()
	if err != nil {
		e.Fatalf("%s failed: %v", call, err)
	}
}

// wantErr ends the test when err is not the one of the contract.
func (e *env) wantErr(err, want error, why string) {
	e.Helper()
	if !errors.Is(err, want) {
		e.Fatalf("%s: want an error that is %q, got %v", why, want, err)
	}
}

// get reads one job.
func (e *env) get(id storage.ID) storage.Details {
	e.Helper()
	d, err := e.store.Job(e.ctx, id)
	if err != nil {
		e.Fatalf("Job(%v): %v", id, err)
	}
	return d
}

// wantState ends the test when a job is in another state.
func (e *env) wantState(id storage.ID, want storage.State, why string) storage.Details {
	e.Helper()
	d := e.get(id)
	if d.State != want {
		e.Fatalf("%s: want the job %v, got %v (reason %q)", why, want, d.State, d.Reason)
	}
	return d
}

// wantGone ends the test when the store still knows the job.
func (e *env) wantGone(id storage.ID, why string) {
	e.Helper()
	d, err := e.store.Job(e.ctx, id)
	if err == nil {
		e.Fatalf("%s: want ErrNotFound, got a job that is %v", why, d.State)
	}
	e.wantErr(err, storage.ErrNotFound, why)
}

// check ends the test when ok is false.
func (e *env) check(ok bool, format string, args ...any) {
	e.Helper()
	if !ok {
		e.Fatalf(format, args...)
	}
}

// wantTime ends the test when got is not within a second of want, or not as the
// contract gives times: UTC, cut to milliseconds.
func (e *env) wantTime(got, want time.Time, what string) {
	e.Helper()
	if d := got.Sub(want).Abs(); d > time.Second {
		e.Fatalf("%s: want about %v, got %v", what, want, got)
	}
	e.wantCut(got, what)
}

// wantCut ends the test when a time is not UTC or finer than a millisecond.
func (e *env) wantCut(got time.Time, what string) {
	e.Helper()
	if got.Location() != time.UTC || got.Nanosecond()%1e6 != 0 {
		e.Fatalf("%s: times are in UTC and cut to milliseconds: got %v", what, got)
	}
}

// wantIDs ends the test when the ids are not these in this order.
func (e *env) wantIDs(got, want []storage.ID, why string) {
	e.Helper()
	if !slices.Equal(got, want) {
		e.Fatalf("%s:\nwant %d: %v\ngot  %d: %v", why, len(want), want, len(got), got)
	}
}

// wantSet ends the test when the ids are not these in any order.
func (e *env) wantSet(got, want []storage.ID, why string) {
	e.Helper()
	e.wantIDs(sorted(got), sorted(want), why)
}

func sorted(ids []storage.ID) []storage.ID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, compareIDs)
	return ids
}

func compareIDs(a, b storage.ID) int { return slices.Compare(a[:], b[:]) }

// keep does the common housekeeping until there is none left. The session that does
// it serves nothing and is too new to declare another dead.
func (e *env) keep() {
	e.Helper()
	if e.keeper == nil {
		e.keeper = e.session(serving())
	}
	e.keeper.ticks()
}

// eventually keeps house until ok holds. It is for what the contract leaves to Tick.
func (e *env) eventually(ok func() bool, why string) {
	e.Helper()
	for range 50 {
		if ok() {
			return
		}
		e.keep()
	}
	e.Fatalf("%s: still not so after 50 rounds of Tick", why)
}

// batch reads one batch.
func (e *env) batch(id storage.ID) storage.BatchInfo {
	e.Helper()
	b, err := e.store.Batch(e.ctx, id)
	e.must(err, "Batch")
	return b
}

// logs reads the whole log of a job.
func (e *env) logs(id storage.ID) []storage.NumberedLine {
	e.Helper()
	lines, err := e.store.Logs(e.ctx, storage.LogQuery{Job: id, Limit: storage.MaxLogLines})
	e.must(err, "Logs")
	return lines
}

// queue reads how one queue stands.
func (e *env) queue(name string) storage.QueueInfo {
	e.Helper()
	qs, err := e.store.Queues(e.ctx)
	e.must(err, "Queues")
	for _, q := range qs {
		if q.Name == name {
			return q
		}
	}
	e.Fatalf("Queues lists each queue that has jobs, is paused or is served: %q is missing in %+v", name, qs)
	return storage.QueueInfo{}
}

// list reads the ids of all jobs that match, oldest first.
func (e *env) list(f storage.Filter) []storage.ID {
	e.Helper()
	var ids []storage.ID
	q := storage.Query{Filter: f, Oldest: true, Limit: storage.MaxPage}
	for range 1000 {
		p, err := e.store.Jobs(e.ctx, q)
		e.must(err, "Jobs")
		for _, j := range p.Jobs {
			ids = append(ids, j.ID)
		}
		if !p.More || len(p.Jobs) == 0 {
			return ids
		}
		q.After = ids[len(ids)-1]
	}
	e.Fatal("Jobs says for ever that there is more")
	return nil
}
