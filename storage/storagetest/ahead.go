package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// FetchRequest.Ahead: "further jobs to hold ready; they count as not started until
// named in Started."
var aheadTests = []test{
	{"the first are to start, the further ones ahead", aheadMarked},
	{"a repeated call marks the same ones", aheadRepeated},
	{"an unstarted job of a dead session counts no loss", aheadNotLost},
	{"a started job of a dead session counts a loss", aheadStartedLost},
	{"a job that was ahead in a dead session is not ahead again", aheadPoison},
	{"... until a run of it was settled", aheadAgainAfterSettle},
	{"a job ahead may be settled though nobody said it started", aheadSettled},
	{"a job ahead may be released", aheadReleased},
	{"being ahead does not clear the expiry", aheadKeepsExpiry},
	{"Started with dead tokens does no harm", aheadStartedDead},
}

// ahead fetches jobs ahead only.
func (s *session) ahead(n int) []storage.Fetched {
	s.e.Helper()
	return s.send(s.request(0, n)).Jobs
}

func aheadMarked(e *env) {
	ids := e.enqueueEach(5)
	s := e.session()
	res := s.send(s.request(2, 2))
	e.wantIDs(idsOf(res.Jobs), ids[:4], "Fetch takes up to Max + Ahead jobs")
	for i, f := range res.Jobs {
		e.check(f.Ahead == (i >= 2), "the first 2 jobs are to start now and the further ones ahead: job %d has Ahead %v", i, f.Ahead)
	}
	res = s.send(s.request(2, 2))
	e.check(len(res.Jobs) == 1 && !res.Jobs[0].Ahead, "a single job is to start now, not ahead: got %+v", res.Jobs)
}

func aheadRepeated(e *env) {
	e.enqueueEach(3)
	s := e.session()
	r := s.request(1, 2)
	first, again := s.send(r), s.send(r)
	e.wantIDs(idsOf(again.Jobs), idsOf(first.Jobs), "a repeated call gives the same jobs")
	for i, f := range again.Jobs {
		e.check(f.Ahead == first.Jobs[i].Ahead, "and marks the same ones as ahead: job %d has Ahead %v", i, f.Ahead)
	}
}

// Tick: "with Lost increased where the run had started".
func aheadNotLost(e *env) {
	dead, other := e.session(), e.session()
	id := e.enqueue()
	dead.ahead(1)
	e.lose(dead, other)
	d := e.wantState(id, storage.Enqueued, "the job of a dead session")
	e.check(d.Lost == 0 && d.Attempt == 1, "a job that had not started counts no loss: got lost %d, attempt %d", d.Lost, d.Attempt)
}

func aheadStartedLost(e *env) {
	dead, other := e.session(), e.session()
	id := e.enqueue()
	dead.start(dead.ahead(1)[0].Token)
	e.lose(dead, other)
	d := e.wantState(id, storage.Enqueued, "the job of a dead session")
	e.check(d.Lost == 1, "a job named in Started had started, so its loss counts: got %d", d.Lost)
}

// doc.go, what broke the first version: "A job that kills its process was always
// fetched ahead and never counted. Not ahead again."
func aheadPoison(e *env) {
	dead, other := e.session(), e.session()
	id := e.enqueue()
	dead.ahead(1)
	e.lose(dead, other)
	e.check(len(other.ahead(5)) == 0, "a job that a dead session had ahead is not given ahead again: it may be what killed it")
	s := e.session()
	res := s.send(s.request(1, 5))
	e.check(len(res.Jobs) == 1 && !res.Jobs[0].Ahead, "it is given to start now: got %+v", res.Jobs)
	e.lose(s, other)
	e.check(e.get(id).Lost == 1, "this time its loss counts: got %d", e.get(id).Lost)
}

// "... and that no run has settled since".
func aheadAgainAfterSettle(e *env) {
	dead, other := e.session(), e.session()
	id := e.enqueue()
	dead.ahead(1)
	e.lose(dead, other)
	other.end(id, storage.Retry)
	e.check(len(other.ahead(5)) == 1, "a run of the job was settled since, so it may be given ahead again")
}

// A handler may start and end before its server says Started.
func aheadSettled(e *env) {
	s := e.session()
	id := e.enqueue()
	s.wantVerdict(storage.Accepted, outcome(s.ahead(1)[0].Token, storage.Succeed), "a job ahead is the session's, and its run may end before Started was sent")
	e.wantState(id, storage.Succeeded, "the run that was fetched ahead")
}

func aheadReleased(e *env) {
	s := e.session()
	id := e.enqueue()
	s.wantVerdict(storage.Accepted, outcome(s.ahead(1)[0].Token, storage.Release), "a server that stops gives back what it had ahead")
	d := e.wantState(id, storage.Enqueued, "a released job")
	e.check(d.Attempt == 1 && d.Lost == 0 && d.Retries == 0, "a release counts nothing: got %+v", d.Job)
	e.check(len(e.session().ahead(1)) == 1, "no session died with it, so it may be given ahead again")
}

// Job.ExpiresAt: "cleared when first given to a session to start".
func aheadKeepsExpiry(e *env) {
	s := e.session()
	id := e.enqueue(expires(5 * time.Second))
	token := s.ahead(1)[0].Token
	e.check(!e.get(id).ExpiresAt.IsZero(), "a job ahead is not given to start, so its expiry stays")
	s.wantVerdict(storage.Accepted, outcome(token, storage.Release), "the release of a job ahead")
	e.sleep(6 * time.Second)
	s.ticks()
	e.wantState(id, storage.Deleted, "a job that never started expires, though it was ahead once")
}

func aheadStartedDead(e *env) {
	s, other := e.session(), e.session()
	id := e.enqueue()
	token := s.ahead(1)[0].Token
	s.wantVerdict(storage.Accepted, outcome(token, storage.Release), "the release of a job ahead")
	again := other.ahead(1)[0].Token
	s.start(token, storage.Token{Job: e.id(), Session: s.info.ID, Fetch: 1})
	e.lose(other, e.session())
	e.check(e.get(id).Lost == 0, "a dead token named in Started must not start the run of %+v: got lost %d", again, e.get(id).Lost)
}
