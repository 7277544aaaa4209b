package storagetest

import (
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gojobgen/jobgen/storage"
)

// doc.go, Fenced: "every write about a run carries a Token. A token dies with the
// settling of its run, with the reclaim of its session, and with the session's close."
var fencingTests = []test{
	{"a token dies with the settling of its run", func(e *env) {
		s := e.session()
		id := e.enqueue()
		token := s.end(id, storage.Retry)
		wantDead(e, s, id, token, "the run was settled")
	}},
	{"a token dies with the reclaim of its session", func(e *env) {
		frozen, other := e.session(), e.session()
		id := e.enqueue()
		token := frozen.take(id).Token
		e.lose(frozen, other)
		wantDead(e, frozen, id, token, "the session was declared dead")
		other.end(id, storage.Succeed)
		wantDead(e, frozen, id, token, "the job ran elsewhere")
	}},
	{"a token dies with the session's close", func(e *env) {
		s := e.session()
		id := e.enqueue()
		token := s.take(id).Token
		s.close()
		wantDead(e, s, id, token, "the session was closed")
	}},
	{"an old token is refused while the same session runs the job again", func(e *env) {
		s := e.session()
		id := e.enqueue()
		old := s.end(id, storage.Release)
		s.take(id)
		wantDead(e, s, id, old, "the fetch number rose")
		s.end(id, storage.Succeed)
	}},
	{"a token dies before its job is reclaimed", deadBeforeReclaim},
	{"a token is good for the session that runs the job", tokenOfSession},
	{"no two runs share a token", tokensDiffer},
	{"a run has one recorded outcome", oneOutcomePerRun},
}

// wantDead wants that no write with the token is accepted and that none changes the job.
func wantDead(e *env, s *session, id storage.ID, token storage.Token, cause string) {
	e.Helper()
	before := e.get(id)
	for _, k := range []storage.OutcomeKind{storage.Succeed, storage.Fail, storage.Delete, storage.Snooze} {
		s.wantVerdict(storage.Refused, outcome(token, k, result(`"late"`)), cause+", so its token is dead")
	}
	vs := s.report(storage.Report{Token: token, Number: 99, Checkpoint: []byte("late"),
		Progress: &storage.Progress{Percent: 99}, Logs: []storage.LogLine{{Message: "late"}}})
	e.check(vs[0] == storage.Refused, "%s, so a report with its token must be Refused: got %s", cause, verdict(vs[0]))
	s.start(token)
	if diff := cmp.Diff(before, e.get(id), cmpopts.EquateEmpty()); diff != "" {
		e.Fatalf("%s, and writes with its token change nothing, but they did (- before, + after):\n%s", cause, diff)
	}
	e.check(len(e.logs(id)) == 0, "%s, and a refused report writes no log: got %v", cause, e.logs(id))
}

// "A token is (session, fetch number)": one that has the session that asks, and the number of
// another's run, names no run.
func tokenOfSession(e *env) {
	a, b := e.session(), e.session()
	a.end(e.enqueue(), storage.Succeed)
	b.end(e.enqueue(), storage.Succeed)
	id := e.enqueue()
	token := a.take(id).Token
	token.Session = b.info.ID
	wantDead(e, b, id, token, "the run is of another session")
	a.end(id, storage.Succeed)
}

// The jobs of a dead session are taken back as the budget of a Tick allows. Their tokens
// are dead before that.
func deadBeforeReclaim(e *env) {
	frozen, other := e.session(), e.session()
	ids := e.enqueueEach(6)
	r := frozen.request(4, 2)
	tokens := make(map[storage.ID]storage.Token)
	for _, f := range frozen.send(r).Jobs {
		tokens[f.Token.Job] = f.Token
	}
	for moved, n := 0, 0; moved == 0 && n < 40; n++ {
		e.sleep(lease / 4)
		r, err := e.store.Tick(e.ctx, storage.TickRequest{Session: other.info.ID, Budget: 1})
		e.must(err, "Tick")
		moved = r.Moved
	}
	left := 0
	for _, id := range ids {
		if e.get(id).State == storage.Processing {
			left++
		}
		wantDead(e, frozen, id, tokens[id], "the session was declared dead")
	}
	e.check(left == len(ids)-1, "a Tick with a budget of 1 takes one job back: got %d left of %d", left, len(ids))
	for _, r := range []storage.FetchRequest{r, frozen.request(1, 0)} {
		_, err := e.store.Fetch(e.ctx, r)
		e.wantErr(err, storage.ErrSessionLost, "Fetch of a session that was declared dead")
	}
	other.ticks()
	e.wantSet(other.fetchIDs(10), ids, "each job runs elsewhere")
}

// Token: "The fetch number rises with every fetch of the job and is never reset, so no
// two runs share a token."
func tokensDiffer(e *env) {
	a, b := e.session(), e.session()
	id := e.enqueue()
	seen := make(map[storage.Token]bool)
	last := 0
	ends := []storage.OutcomeKind{storage.Retry, storage.Release, storage.Snooze, storage.Fail, storage.Succeed, storage.Delete}
	for i, k := range ends {
		s := []*session{a, b}[i%2]
		token := s.end(id, k)
		e.check(!seen[token] && token.Fetch > last, "the fetch number rises with every fetch: got %d after %d", token.Fetch, last)
		seen[token], last = true, token.Fetch
		if e.get(id).State.Final() {
			e.do(storage.Requeue, id)
		}
	}
}

// "A job never has two recorded outcomes for one run."
func oneOutcomePerRun(e *env) {
	s, other := e.session(), e.session()
	id := e.enqueue()
	token := s.take(id).Token
	e.lose(s, other)
	other.end(id, storage.Retry)
	s.settle(outcome(token, storage.Succeed), outcome(token, storage.Fail))
	other.end(id, storage.Succeed)
	ends := make(map[int]int)
	for _, h := range e.get(id).History {
		if h.Fetch > 0 && h.State != storage.Processing {
			ends[h.Fetch]++
		}
	}
	e.check(len(ends) == 3 && ends[1] == 1 && ends[2] == 1 && ends[3] == 1,
		"history has one end for each of three runs: got %v (ends by fetch number)", ends)
}
