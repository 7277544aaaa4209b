package storagetest

import (
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var sessionTests = []test{
	{"opening twice is no error", func(e *env) {
		s := e.session()
		id := e.enqueue()
		s.take(id)
		e.must(e.store.OpenSession(e.ctx, s.info), "OpenSession again while the session lives")
		s.end(id, storage.Succeed)
	}},
	{"closing twice is no error", func(e *env) {
		s := e.session()
		s.close()
		s.close()
		e.must(e.store.CloseSession(e.ctx, e.id()), "CloseSession of a session that was never opened")
	}},
	{"Tick knows only living sessions", func(e *env) {
		_, err := e.store.Tick(e.ctx, storage.TickRequest{Session: e.id()})
		e.wantErr(err, storage.ErrSessionLost, "Tick of a session that was never opened")
		s := e.session()
		s.close()
		_, err = e.store.Tick(e.ctx, storage.TickRequest{Session: s.info.ID})
		e.wantErr(err, storage.ErrSessionLost, "Tick of a closed session")
	}},
	{"Tick tells the store's clock", func(e *env) {
		s := e.session()
		e.wantTime(s.tick().Now, e.now(), "TickResult.Now")
		e.sleep(5 * time.Second)
		e.wantTime(s.tick().Now, e.now(), "TickResult.Now")
	}},
	{"close gives jobs back uncounted", closeGivesBack},
	{"a silent session's jobs run elsewhere", lossGivesBack},
	{"a session that ticks lives", tickingLives},
	{"a session lives until its lease is over", aliveWithinLease},
	{"the default lease", defaultLease},
	{"a newcomer declares nobody dead", newcomer},
	{"a stall of the store kills nobody", stallKillsNobody},
	{"contact counts anew after a gap", contactAnew},
	{"a server started again takes over contact", heir},
	{"a session alone is never dead", aloneForever},
	{"every call of a dead session says so", deadEverywhere},
	{"jobs lost too often fail", lostTooOften},
	{"the dead session's rule decides", deadSessionsRule},
	{"a failure by loss releases what waits for it", lossReleases},
	{"a reclaim is counted once by two at once", reclaimOnce},
	{"reclaim keeps to its budget", reclaimBudget},
	{"requeue clears the losses", requeueClearsLost},
	{"the history tells of the loss", lossInHistory},
}

// CloseSession: "what it still runs goes back to enqueued uncounted".
func closeGivesBack(e *env) {
	s, other := e.session(), e.session()
	ids := e.enqueueEach(3)
	s.fetch(3)
	s.end(ids[0], storage.Succeed)
	s.close()
	for _, id := range ids[1:] {
		d := e.wantState(id, storage.Enqueued, "what a closed session still ran goes back to enqueued")
		e.check(d.Lost == 0 && d.Retries == 0 && d.Attempt == 1, "uncounted: got %+v", d.Job)
		e.check(d.Session.IsZero(), "an enqueued job has no session: got %v", d.Session)
	}
	e.wantSet(other.fetchIDs(10), ids[1:], "and runs elsewhere")
	e.wantState(ids[0], storage.Succeeded, "what was settled before the close stays")
}

// Tick: "The jobs of a dead session go back to enqueued with Lost increased where the run had started".
func lossGivesBack(e *env) {
	dead, other := e.session(), e.session()
	id := e.enqueue()
	dead.take(id)
	e.lose(dead, other)
	d := e.wantState(id, storage.Enqueued, "the job of a dead session")
	e.check(d.Lost == 1 && d.Retries == 0, "a loss counts as lost and is no retry: got lost %d, retries %d", d.Lost, d.Retries)
	f := other.take(id)
	e.check(f.Token.Fetch == 2 && f.Job.Lost == 1, "the job runs elsewhere under a new fetch: got %+v", f.Token)
	other.end(id, storage.Succeed)
}

// "Tick keeps the session alive".
func tickingLives(e *env) {
	a, b := e.session(), e.session()
	id := e.enqueue()
	a.take(id)
	e.live(5*lease, a, b)
	a.end(id, storage.Succeed)
}

// "A session is dead when its last Tick (or OpenSession) is older than its lease".
func aliveWithinLease(e *env) {
	a, b := e.session(leased(4*time.Second)), e.session()
	id := e.enqueue()
	e.live(5*time.Second, a, b)
	a.take(id)
	e.live(3*time.Second, b)
	a.tick()
	e.live(3*time.Second, b)
	e.wantState(id, storage.Processing, "the last Tick is younger than the lease, so the session lives")
	a.end(id, storage.Succeed)
}

// Session.Lease: "0: DefaultLease".
func defaultLease(e *env) {
	a, b := e.session(leased(0)), e.session()
	id := e.enqueue()
	a.take(id)
	e.live(storage.DefaultLease-time.Second, b)
	e.wantState(id, storage.Processing, "DefaultLease is not over")
	e.live(2*time.Second, b)
	e.wantState(id, storage.Enqueued, "DefaultLease is over")
}

// "Only a session may say it whose own contact has been unbroken for at least the other's lease".
func newcomer(e *env) {
	a := e.session()
	id := e.enqueue()
	a.take(id)
	e.sleep(2 * lease)
	b := e.session()
	b.ticks()
	e.wantState(id, storage.Processing, "a session just opened has had no contact for a whole lease, so it declares nobody dead")
	e.live(lease/2, b)
	e.wantState(id, storage.Processing, "half a lease of contact is not enough")
	e.live(lease, b)
	e.wantState(id, storage.Enqueued, "after a whole lease of unbroken contact it may")
}

// "A session takes over the contact of those that gave a sign within half of their
// lease before it was opened".
func heir(e *env) {
	a, b := e.session(), e.session()
	id := e.enqueue()
	a.take(id)
	e.live(lease/2, b)
	e.sleep(lease / 4) // b crashed
	c := e.session()   // and was started again
	e.live(lease/2, c)
	e.wantState(id, storage.Enqueued, "the store was in contact with b, then with c, for a whole lease since a was last seen")
}

// doc.go, what broke the first version: "After a stall of the store just below the
// lease, the first to Tick declared all others dead."
func stallKillsNobody(e *env) {
	const lease = 5 * time.Second
	a, b := e.session(leased(lease)), e.session(leased(lease))
	id := e.enqueue()
	b.take(id)
	for range 8 {
		e.sleep(time.Second)
		a.tick()
		b.tick()
	}
	e.sleep(500 * time.Millisecond)
	a.tick()
	e.sleep(4800 * time.Millisecond)
	a.ticks()
	e.wantState(id, storage.Processing, "the store stalled for everybody: the gap broke the contact of who ticks first")
	b.tick()
	b.end(id, storage.Succeed)
}

// "contact breaks with a gap of more than half of its own lease between two Ticks".
func contactAnew(e *env) {
	a, b := e.session(), e.session()
	id := e.enqueue()
	a.take(id)
	e.live(lease/2, b)
	e.sleep(lease)
	b.ticks()
	e.wantState(id, storage.Processing, "b was silent for a whole lease itself, so its contact counts anew")
	e.live(lease/2, b)
	e.wantState(id, storage.Processing, "since the gap it had half a lease of contact")
	e.live(lease, b)
	e.wantState(id, storage.Enqueued, "since the gap it had more than a lease of contact")
}

// "... and another session says so here".
func aloneForever(e *env) {
	s := e.session()
	id := e.enqueue()
	s.take(id)
	e.sleep(10 * lease)
	s.ticks()
	e.wantState(id, storage.Processing, "a session is dead only when another says so")
	s.end(id, storage.Succeed)
}

// "a session that was declared dead is never revived".
func deadEverywhere(e *env) {
	dead, other := e.session(), e.session()
	e.lose(dead, other)
	_, err := e.store.Fetch(e.ctx, dead.request(1, 0))
	e.wantErr(err, storage.ErrSessionLost, "Fetch of a session that was declared dead")
	_, err = e.store.Tick(e.ctx, storage.TickRequest{Session: dead.info.ID})
	e.wantErr(err, storage.ErrSessionLost, "Tick of a session that was declared dead")
	e.must(e.store.CloseSession(e.ctx, dead.info.ID), "CloseSession of a lost session")
	servers, err := e.store.Servers(e.ctx)
	e.must(err, "Servers")
	e.check(len(servers) == 1 && servers[0].ID == other.info.ID, "Servers lists the living sessions: got %+v", servers)
}

// "... to failed once Lost exceeds the dead session's MaxLost".
func lostTooOften(e *env) {
	other := e.session(serving())
	id := e.enqueue()
	for n := 1; n <= storage.DefaultMaxLost+1; n++ {
		s := e.session()
		s.take(id)
		e.lose(s, other)
		d := e.get(id)
		e.check(d.Lost == n, "each end of a session under a running handler counts: want %d, got %d", n, d.Lost)
		if n <= storage.DefaultMaxLost {
			e.check(d.State == storage.Enqueued, "a job survives %d losses: after %d it is %v", storage.DefaultMaxLost, n, d.State)
		}
	}
	d := e.wantState(id, storage.Failed, "the losses exceed DefaultMaxLost")
	e.check(d.Reason != "", "a job that was lost too often says so in its reason")
	e.wantTime(d.RetainedTo, d.FinishedAt.Add(storage.RetainFailed), "RetainedTo of a job that failed by loss")
}

// doc.go of Session: MaxLost are "rules for the jobs it runs".
func deadSessionsRule(e *env) {
	other := e.session(serving(), maxLost(100))
	id := e.enqueue()
	for range 2 {
		s := e.session(maxLost(1))
		s.take(id)
		e.lose(s, other)
	}
	e.wantState(id, storage.Failed, "two losses exceed the MaxLost of 1 of the session that died, whatever the MaxLost of who reclaims")
}

func lossReleases(e *env) {
	id := e.enqueue()
	cleanup, next := e.enqueue(afterOn(storage.OnFailure, id)), e.enqueue(after(id))
	other := e.session(serving())
	for range 2 {
		s := e.session(maxLost(1))
		s.take(id)
		e.lose(s, other)
	}
	e.wantState(cleanup, storage.Enqueued, "a job that failed by loss has failed for those who wait for it")
	e.wantState(next, storage.Deleted, "the continuation of a success is skipped")
}

// Tick: "two at once do it once".
func reclaimOnce(e *env) {
	dead := e.session()
	ids := e.enqueueEach(20)
	dead.fetch(20)
	others := []*session{e.session(), e.session(), e.session(), e.session()}
	e.live(lease, others...)
	e.sleep(lease / 4)
	var wg sync.WaitGroup
	for _, s := range others {
		wg.Go(func() {
			for range 5 {
				if _, err := e.store.Tick(e.ctx, storage.TickRequest{Session: s.info.ID}); err != nil {
					e.Errorf("Tick: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		d := e.wantState(id, storage.Enqueued, "the job of a dead session")
		e.check(d.Lost == 1, "four sessions declared it dead at once, and that is one loss: got %d", d.Lost)
	}
}

// TickRequest.Budget: "jobs moved at most in this call"; TickResult.More: "the budget
// ended before the work". "The session's record goes last."
func reclaimBudget(e *env) {
	dead, other := e.session(), e.session()
	ids := e.enqueueEach(10)
	dead.fetch(10)
	budgeted := func() storage.TickResult {
		r, err := e.store.Tick(e.ctx, storage.TickRequest{Session: other.info.ID, Budget: 3})
		e.must(err, "Tick")
		e.check(r.Moved <= 3, "a Tick moves at most its budget: want 3 at most, got %d", r.Moved)
		return r
	}
	moved := 0
	for range 40 {
		e.sleep(lease / 4)
		r := budgeted()
		moved += r.Moved
		if moved >= len(ids) && !r.More {
			break
		}
	}
	for _, id := range ids {
		e.wantState(id, storage.Enqueued, "a reclaim in small budgets gets to every job of the dead session")
	}
	e.wantSet(other.fetchIDs(20), ids, "and each is given once")
}

// Job.Lost: "ends of a session under its handler since insert or requeue".
func requeueClearsLost(e *env) {
	dead, other := e.session(), e.session()
	id := e.enqueue()
	dead.take(id)
	e.lose(dead, other)
	other.end(id, storage.Fail)
	e.do(storage.Requeue, id)
	e.check(e.get(id).Lost == 0, "requeue gives a fresh loss count: got %d", e.get(id).Lost)
}

// HistoryEntry: "A run has a processing entry ... and one for how it ended."
func lossInHistory(e *env) {
	dead, other := e.session(named("host-dead")), e.session()
	id := e.enqueue()
	dead.take(id)
	e.lose(dead, other)
	var end *storage.HistoryEntry
	h := e.get(id).History
	for i := range h {
		if h[i].Fetch == 1 && h[i].State == storage.Enqueued {
			end = &h[i]
		}
	}
	e.check(end != nil, "a lost run has an entry for its end, of fetch 1 and state enqueued: history is %+v", h)
	e.check(end.Reason != "", "the entry of a lost run says why: got %+v", end)
}
