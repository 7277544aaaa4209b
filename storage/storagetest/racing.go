package storagetest

import (
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Store: "All methods are safe for concurrent use".
var racingTests = []test{
	{"many fetchers, one delivery each", manyFetchers},
	{"inserts, fetches and settles at once lose nothing", fullHouse},
	{"an outcome and a cancellation", settleAgainstCancel},
	{"an outcome and a reclaim", settleAgainstReclaim},
	{"an outcome sent by many at once", settleMany},
	{"many parents of one child", parentsAtOnce},
	{"an insert of a child and the end of its parent", childAgainstEnd},
	{"one requeue of many", requeueMany},
	{"promotion by many Ticks", promoteMany},
	{"a requeue of the parent and the end of another", requeueAgainstEnd},
}

// atOnce runs f n times at once and waits for all.
func (e *env) atOnce(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
	if e.Failed() {
		e.FailNow()
	}
}

// settleQuietly settles from a goroutine, where a test must not be ended.
func (s *session) settleQuietly(o ...storage.Outcome) []storage.Verdict {
	vs, err := s.store.Settle(s.e.ctx, storage.SettleRequest{Session: s.info.ID, Outcomes: o})
	if err != nil || len(vs) != len(o) {
		s.e.Errorf("Settle: %v, %d verdicts for %d outcomes", err, len(vs), len(o))
		return make([]storage.Verdict, len(o))
	}
	return vs
}

func manyFetchers(e *env) {
	ids := e.enqueueEach(e.h.Rows)
	const fetchers = 8
	got := make([][]storage.ID, fetchers)
	sessions := make([]*session, fetchers)
	for i := range sessions {
		sessions[i] = e.session()
	}
	e.atOnce(fetchers, func(i int) {
		s := sessions[i]
		for range 100 * e.h.Rows {
			res, err := e.store.Fetch(e.ctx, s.request(7, 0))
			if err != nil {
				e.Errorf("Fetch: %v", err)
				return
			}
			got[i] = append(got[i], idsOf(res.Jobs)...)
			if len(res.Jobs) == 0 && !res.More {
				return
			}
		}
	})
	var all []storage.ID
	for _, part := range got {
		all = append(all, part...)
	}
	e.wantSet(all, ids, "each job is given to exactly one of many fetchers")
}

func fullHouse(e *env) {
	rows := e.h.Rows
	const workers = 4
	sessions := make([]*session, workers)
	for i := range sessions {
		sessions[i] = e.session()
	}
	var mu sync.Mutex
	runs := make(map[storage.ID]int)
	done := 0
	e.atOnce(2*workers, func(i int) {
		if i < workers {
			for range rows / workers {
				rs, err := e.store.Insert(e.ctx, storage.Group{Jobs: []storage.NewJob{e.job(priority(i))}})
				if err != nil || rs[0].Err != nil {
					e.Errorf("Insert: %v %+v", err, rs)
				}
			}
			return
		}
		s := sessions[i-workers]
		for {
			res, err := e.store.Fetch(e.ctx, s.request(20, 0))
			if err != nil {
				e.Errorf("Fetch: %v", err)
				return
			}
			var outs []storage.Outcome
			for _, f := range res.Jobs {
				outs = append(outs, outcome(f.Token, storage.Succeed))
			}
			for _, v := range s.settleQuietly(outs...) {
				if v != storage.Accepted {
					e.Errorf("the session lives and settles each run once: got %s", verdict(v))
				}
			}
			mu.Lock()
			for _, f := range res.Jobs {
				runs[f.Job.ID]++
			}
			done += len(res.Jobs)
			over := done >= rows/workers*workers || e.Failed()
			mu.Unlock()
			if over {
				return
			}
			if len(res.Jobs) == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	})
	for id, n := range runs {
		e.check(n == 1, "exactly once where nothing fails: job %v ran %d times", id, n)
	}
	c, err := e.store.Count(e.ctx, storage.Filter{}, 2*rows)
	e.must(err, "Count")
	e.check(c.By[storage.Succeeded] == len(runs) && c.By[storage.Enqueued]+c.By[storage.Processing] == 0, "every job succeeded: got %v of %d", c.By, len(runs))
}

func settleAgainstCancel(e *env) {
	s := e.session()
	for range 30 {
		id := e.enqueue()
		token := s.take(id).Token
		delete(s.runs, id)
		var v storage.Verdict
		e.atOnce(2, func(i int) {
			if i == 0 {
				v = s.settleQuietly(outcome(token, storage.Retry))[0]
			} else if _, err := e.store.Control(e.ctx, storage.Control{Action: storage.Cancel, IDs: []storage.ID{id}}); err != nil {
				e.Errorf("Control: %v", err)
			}
		})
		e.check(v == storage.Accepted, "the outcome of a live run stands, cancelled or not: got %s", verdict(v))
		e.wantState(id, storage.Deleted, "whether the retry or the cancellation came first, the job must not run again")
	}
}

func settleAgainstReclaim(e *env) {
	for range 5 {
		dead, other := e.session(), e.session(serving())
		ids := e.enqueueEach(10)
		runs := dead.fetch(10)
		e.live(lease, other)
		e.sleep(lease / 4)
		verdicts := make([]storage.Verdict, len(runs))
		e.atOnce(2, func(i int) {
			if i == 0 {
				for k, f := range runs {
					verdicts[k] = dead.settleQuietly(outcome(f.Token, storage.Succeed))[0]
				}
			} else if _, err := e.store.Tick(e.ctx, storage.TickRequest{Session: other.info.ID}); err != nil {
				e.Errorf("Tick: %v", err)
			}
		})
		for k, id := range ids {
			d := e.get(id)
			want := storage.Enqueued
			if verdicts[k] == storage.Accepted {
				want = storage.Succeeded
			}
			e.check(d.State == want, "either the outcome was written or the run was lost: the verdict is %s and the job %v", verdict(verdicts[k]), d.State)
			e.check((d.Lost == 1) == (want == storage.Enqueued), "a run that was settled was not lost: got lost %d in %v", d.Lost, d.State)
		}
		e.control(storage.Control{Action: storage.Cancel, Filter: &storage.Filter{Queue: queue, States: []storage.State{storage.Enqueued}}, Limit: 100})
		other.close()
	}
}

func settleMany(e *env) {
	s := e.session()
	for range 10 {
		id := e.enqueue()
		token := s.take(id).Token
		kinds := []storage.OutcomeKind{storage.Succeed, storage.Fail, storage.Delete, storage.Retry}
		verdicts := make([]storage.Verdict, len(kinds))
		e.atOnce(len(kinds), func(i int) { verdicts[i] = s.settleQuietly(outcome(token, kinds[i], delay(time.Hour)))[0] })
		accepted := 0
		for _, v := range verdicts {
			if v == storage.Accepted {
				accepted++
			}
		}
		e.check(accepted == 1, "of four outcomes for one run exactly one stands: got verdicts %v", verdicts)
		_, end := ofFetch(e.get(id).History, 1)
		e.check(end != nil && verdicts[slot(kinds, end.Outcome)] == storage.Accepted, "and it is the one in the history: got %+v and %v", end, verdicts)
	}
}

func slot(kinds []storage.OutcomeKind, k storage.OutcomeKind) int {
	for i, other := range kinds {
		if other == k {
			return i
		}
	}
	return 0
}

func parentsAtOnce(e *env) {
	s := e.session()
	for range 10 {
		parents := e.enqueueEach(8)
		child := e.enqueue(after(parents...))
		runs := s.fetch(8)
		e.atOnce(len(runs), func(i int) { s.settleQuietly(outcome(runs[i].Token, storage.Succeed)) })
		e.wantState(child, storage.Enqueued, "its eight parents ended at once, and the last of them releases the child")
		e.wantIDs(s.fetchIDs(10), []storage.ID{child}, "once")
		s.end(child, storage.Succeed)
	}
}

func childAgainstEnd(e *env) {
	s := e.session()
	for range 30 {
		parent := e.enqueue()
		token := s.take(parent).Token
		child := e.job(after(parent), inputFrom(parent, "x"))
		e.atOnce(2, func(i int) {
			if i == 0 {
				s.settleQuietly(outcome(token, storage.Succeed, result(`1`)))
			} else if rs, err := e.store.Insert(e.ctx, storage.Group{Jobs: []storage.NewJob{child}}); err != nil || rs[0].Err != nil {
				e.Errorf("Insert: %v %+v", err, rs)
			}
		})
		e.eventually(func() bool { return e.get(child.ID).State == storage.Enqueued }, "a child must not be left behind by the end of its parent")
		e.check(string(s.take(child.ID).Job.Input) == `1`, "it has its input: got %q", s.runs[child.ID].Job.Input)
		s.end(child.ID, storage.Succeed)
	}
}

func requeueMany(e *env) {
	s := e.session()
	ids := []storage.ID{}
	for range 20 {
		ids = append(ids, e.finished(s, storage.Fail))
	}
	done := make([]int, 6)
	e.atOnce(len(done), func(i int) {
		r, err := e.store.Control(e.ctx, storage.Control{Action: storage.Requeue, IDs: ids})
		if err != nil {
			e.Errorf("Control: %v", err)
		}
		done[i] = len(r.Done)
	})
	n := 0
	for _, k := range done {
		n += k
	}
	e.check(n == len(ids), "each of %d jobs is requeued by exactly one of six callers: got %v", len(ids), done)
	e.wantSet(s.fetchIDs(100), ids, "and runs once")
}

func promoteMany(e *env) {
	ids := e.enqueueEach(e.h.Rows/2, in(time.Second))
	sessions := make([]*session, 4)
	for i := range sessions {
		sessions[i] = e.session(leased(storage.MaxLease))
	}
	e.sleep(2 * time.Second)
	moved := make([]int, len(sessions))
	e.atOnce(len(sessions), func(i int) {
		for range 100 {
			r, err := e.store.Tick(e.ctx, storage.TickRequest{Session: sessions[i].info.ID, Budget: 50})
			if err != nil {
				e.Errorf("Tick: %v", err)
				return
			}
			moved[i] += r.Moved
			if r.Moved == 0 && !r.More {
				return
			}
		}
	})
	n := 0
	for _, k := range moved {
		n += k
	}
	e.check(n == len(ids), "two Ticks at once do it once: want %d jobs moved, got %v", len(ids), moved)
	e.wantSet(sessions[0].fetchIDs(len(ids)+10), ids, "each promoted job is given once")
}

func requeueAgainstEnd(e *env) {
	s := e.session()
	for range 20 {
		a, b := e.enqueue(), e.enqueue()
		child := e.enqueue(after(a, b))
		s.fetch(2)
		token := s.runs[b].Token
		s.end(a, storage.Fail)
		e.atOnce(2, func(i int) {
			if i == 0 {
				s.settleQuietly(outcome(token, storage.Succeed))
			} else if _, err := e.store.Control(e.ctx, storage.Control{Action: storage.Requeue, IDs: []storage.ID{a}}); err != nil {
				e.Errorf("Control: %v", err)
			}
		})
		e.wantState(child, storage.Awaiting, "one parent runs again, the other succeeded")
		s.end(a, storage.Succeed)
		e.wantState(child, storage.Enqueued, "both parents succeeded, in whatever order")
		s.end(child, storage.Succeed)
	}
}
