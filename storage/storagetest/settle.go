package storagetest

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gojobgen/jobgen/storage"
)

var settleTests = []test{
	{"verdicts come in order and one never fails another", verdictsInOrder},
	{"the same outcome again is accepted", sameOutcomeAgain},
	{"another outcome of a settled run is refused", otherOutcomeAgain},
	{"the first of two outcomes in one request stands", twiceInOneRequest},
	{"a repeated outcome is accepted after the job was fetched again", repeatedAfterRefetch},
	{"a repeated outcome is accepted after a requeue", repeatedAfterRequeue},
	{"an older outcome is accepted while history has it", repeatedFromHistory},
	{"a token that was never given is refused", unknownToken},
	{"tokens of a closed session are refused one by one", closedSessionSettles},
	{"a result over its limit is unstorable", unstorableSize},
	{"a result that is not JSON is unstorable", unstorableJSON},
	{"bad text of a run is cleaned", badTextCleaned},
	{"what a run produces is cut, never refused", runOutputCut},
	{"many outcomes in one call", manyOutcomes},
	{"nothing to settle is fine", func(e *env) {
		e.session().settle()
	}},
}

// Settle: "It answers each in order; one never fails another."
func verdictsInOrder(e *env) {
	ids := e.enqueueEach(5)
	s := e.session()
	runs := s.fetch(5)
	s.end(ids[1], storage.Succeed)
	foreign := runs[2].Token
	foreign.Session = e.id()
	vs := s.settle(
		outcome(runs[0].Token, storage.Succeed),
		outcome(runs[1].Token, storage.Fail),
		outcome(foreign, storage.Succeed),
		outcome(runs[3].Token, storage.Succeed, result("not json")),
		outcome(runs[4].Token, storage.Fail),
	)
	want := []storage.Verdict{storage.Accepted, storage.Refused, storage.Refused, storage.Unstorable, storage.Accepted}
	for i, v := range vs {
		e.check(v == want[i], "outcome %d: want %s, got %s; each is answered in order for itself", i, verdict(want[i]), verdict(v))
	}
	for i, st := range []storage.State{storage.Succeeded, storage.Succeeded, storage.Processing, storage.Processing, storage.Failed} {
		e.wantState(ids[i], st, "each outcome is written, or not, for itself")
	}
}

// "The first write for a token stands: the same Kind again is accepted".
func sameOutcomeAgain(e *env) {
	s := e.session()
	for _, k := range []storage.OutcomeKind{storage.Succeed, storage.Fail, storage.Delete, storage.Retry, storage.Snooze, storage.Release} {
		id := e.enqueue()
		token := s.end(id, k, delay(time.Hour), because("first"))
		before := e.get(id)
		s.wantVerdict(storage.Accepted, outcome(token, k, delay(2*time.Hour), because("again"), result(`{"other":1}`)),
			"a caller that lost the answer makes the call again")
		if diff := cmp.Diff(before, e.get(id), cmpopts.EquateEmpty()); diff != "" {
			e.Fatalf("the first write for a token stands, but a repeated %v changed the job (- before, + after):\n%s", k, diff)
		}
		if !before.State.Final() {
			e.do(storage.Cancel, id)
		}
	}
}

// "... any other use of a dead token is refused".
func otherOutcomeAgain(e *env) {
	s := e.session()
	id := e.enqueue()
	token := s.end(id, storage.Succeed, result(`1`))
	for _, k := range []storage.OutcomeKind{storage.Fail, storage.Delete, storage.Retry, storage.Snooze, storage.Release} {
		s.wantVerdict(storage.Refused, outcome(token, k), "a job never has two recorded outcomes for one run")
	}
	d := e.wantState(id, storage.Succeeded, "refused outcomes write nothing")
	e.check(string(d.Result) == `1`, "refused outcomes write nothing: the result is now %q", d.Result)
}

// "... in one request too."
func twiceInOneRequest(e *env) {
	s := e.session()
	id := e.enqueue()
	token := s.take(id).Token
	vs := s.settle(outcome(token, storage.Retry, delay(time.Hour)), outcome(token, storage.Succeed), outcome(token, storage.Retry))
	e.check(vs[0] == storage.Accepted && vs[1] == storage.Refused && vs[2] == storage.Accepted,
		"the first outcome of a token stands, in one request too: want Accepted, Refused, Accepted, got %v", vs)
	e.wantState(id, storage.Scheduled, "the first outcome was a retry")
}

// doc.go, what broke the first version: "An outcome repeated after the job was fetched
// again was refused. The last settled fetch is remembered".
func repeatedAfterRefetch(e *env) {
	s, other := e.session(), e.session()
	id := e.enqueue()
	token := s.end(id, storage.Retry)
	other.take(id)
	s.wantVerdict(storage.Accepted, outcome(token, storage.Retry), "the last settled fetch is remembered though the job runs again")
	s.wantVerdict(storage.Refused, outcome(token, storage.Succeed), "another outcome for it is not")
	d := e.wantState(id, storage.Processing, "the repetition must not end the new run")
	e.check(d.Session == other.info.ID && d.Retries == 1, "the repetition must not count another retry: got %+v", d.Job)
	other.end(id, storage.Succeed)
}

// "That is remembered for the last settled fetch of a job, over a requeue".
func repeatedAfterRequeue(e *env) {
	s := e.session()
	id := e.enqueue()
	token := s.end(id, storage.Succeed)
	e.do(storage.Requeue, id)
	s.wantVerdict(storage.Accepted, outcome(token, storage.Succeed), "the last settled fetch is remembered over a requeue")
	s.wantVerdict(storage.Refused, outcome(token, storage.Fail), "another outcome for it is refused")
	e.wantState(id, storage.Enqueued, "the repetition must not end the requeued job")
}

// "... and for older ones while History has the entry."
func repeatedFromHistory(e *env) {
	s := e.session()
	id := e.enqueue()
	first := s.end(id, storage.Retry)
	second := s.end(id, storage.Snooze)
	s.end(id, storage.Release)
	s.take(id)
	s.wantVerdict(storage.Accepted, outcome(first, storage.Retry), "history has the entry of the first fetch")
	s.wantVerdict(storage.Accepted, outcome(second, storage.Snooze), "history has the entry of the second fetch")
	s.wantVerdict(storage.Refused, outcome(first, storage.Succeed), "the first fetch ended in another way")
	e.wantState(id, storage.Processing, "the repetitions change nothing")
}

// Token: "the right to write about one run of a job".
func unknownToken(e *env) {
	s := e.session()
	id := e.enqueue()
	good := s.take(id).Token
	bad := []storage.Token{
		{Job: e.id(), Session: good.Session, Fetch: 1},
		{Job: id, Session: good.Session, Fetch: good.Fetch + 1},
		{Job: id, Session: good.Session, Fetch: 0},
		{Job: id, Session: e.id(), Fetch: good.Fetch},
	}
	for _, token := range bad {
		s.wantVerdict(storage.Refused, outcome(token, storage.Succeed), "a token that no fetch gave")
		vs := s.report(storage.Report{Token: token, Number: 1, Checkpoint: []byte("x")})
		e.check(vs[0] == storage.Refused, "a report with a token that no fetch gave must be Refused: got %s", verdict(vs[0]))
	}
	e.wantState(id, storage.Processing, "refused writes change nothing")
	s.end(id, storage.Succeed)
}

// "Settle and Report never return ErrSessionLost: tokens are judged one by one."
func closedSessionSettles(e *env) {
	s := e.session()
	settled, open := e.enqueue(), e.enqueue()
	s.take(open)
	token := s.end(settled, storage.Succeed)
	s.close()
	vs := s.settle(outcome(token, storage.Succeed), outcome(s.runs[open].Token, storage.Succeed))
	e.check(vs[0] == storage.Accepted, "a repetition of what was written is accepted, though the session is closed: got %s", verdict(vs[0]))
	e.check(vs[1] == storage.Refused, "a token dies with the session's close: got %s", verdict(vs[1]))
	e.wantState(open, storage.Enqueued, "what a closed session ran is enqueued again")
}

// Unstorable: "a Result over MaxResult ...; nothing was written, and the run waits to
// be settled in another way."
func unstorableSize(e *env) {
	fits := `"` + strings.Repeat("r", storage.MaxResult-2) + `"`
	unstorable(e, `"`+strings.Repeat("r", storage.MaxResult-1)+`"`)
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Succeed, result(fits))
	e.check(string(e.get(id).Result) == fits, "a result of exactly MaxResult is kept whole")
}

func unstorableJSON(e *env) {
	for _, text := range []string{`{"open":`, `nul`, "\x00", `{} {}`} {
		unstorable(e, text)
	}
}

func unstorable(e *env, bad string) {
	e.Helper()
	s := e.session()
	id := e.enqueue()
	child := e.enqueue(after(id))
	token := s.take(id).Token
	s.wantVerdict(storage.Unstorable, outcome(token, storage.Succeed, result(bad)), "a result that the store can never keep")
	d := e.wantState(id, storage.Processing, "an unstorable outcome writes nothing")
	e.check(d.Result == nil, "an unstorable outcome writes nothing: the result is %q", d.Result)
	e.wantState(child, storage.Awaiting, "an unstorable outcome releases nothing")
	s.end(id, storage.Fail)
	e.wantState(id, storage.Failed, "the run waits to be settled in another way")
}

// "Text that is not UTF-8 or holds a NUL is cleaned."
func badTextCleaned(e *env) {
	const bad = "nul \x00 and \xff\xfe bytes"
	s := e.session()
	id := e.enqueue()
	token := s.take(id).Token
	o := outcome(token, storage.Fail, because(bad), failure(storage.Failure{Type: bad, Message: bad, Stack: bad}))
	o.Number, o.Logs, o.Progress = 1, []storage.LogLine{{At: e.now(), Level: bad, Message: bad, Fields: bad}}, &storage.Progress{Percent: 5, Note: bad}
	s.wantVerdict(storage.Accepted, o, "bad text of a run must not keep its outcome, nor its neighbours', from being stored")
	d := e.wantState(id, storage.Failed, "the outcome with bad text")
	e.check(d.Failure != nil, "the failure is kept, cleaned")
	texts := []string{d.Failure.Type, d.Failure.Message, d.Failure.Stack, d.Reason}
	for _, h := range d.History {
		texts = append(texts, h.Reason)
		if h.Failure != nil {
			texts = append(texts, h.Failure.Type, h.Failure.Message, h.Failure.Stack)
		}
	}
	for _, l := range e.logs(id) {
		texts = append(texts, l.Level, l.Message, l.Fields)
	}
	for _, text := range texts {
		e.check(utf8.ValidString(text) && !strings.Contains(text, "\x00"), "cleaned text is UTF-8 without NUL: got %q", text)
	}
	e.check(strings.Contains(d.Failure.Message, "nul") && strings.Contains(d.Failure.Message, "bytes"),
		"cleaning keeps what is good: got %q", d.Failure.Message)
}

// limits.go: "what a run produces (failures, logs, history) is cut, never refused".
func runOutputCut(e *env) {
	long := strings.Repeat("ä", storage.MaxFailure)
	s := e.session()
	id := e.enqueue()
	o := outcome(s.take(id).Token, storage.Fail, because(long), failure(storage.Failure{Message: "begin " + long, Stack: long}))
	o.Number, o.Logs = 1, []storage.LogLine{{At: e.now(), Message: "line " + long}}
	s.wantVerdict(storage.Accepted, o, "long text of a run is cut, never refused")
	d := e.get(id)
	e.check(d.Failure != nil && strings.HasPrefix(d.Failure.Message, "begin "), "the beginning of a long message is kept")
	n := len(d.Failure.Message) + len(d.Failure.Stack)
	e.check(n <= storage.MaxFailure, "message and stack together are cut to %d bytes: got %d", storage.MaxFailure, n)
	e.check(utf8.ValidString(d.Failure.Message) && utf8.ValidString(d.Failure.Stack), "a cut does not split a character")
	for _, h := range d.History {
		e.check(len(h.Reason) <= storage.MaxReason && utf8.ValidString(h.Reason),
			"a reason is cut to %d bytes, not within a character: got %d bytes", storage.MaxReason, len(h.Reason))
		e.check(h.Failure == nil || len(h.Failure.Message)+len(h.Failure.Stack) <= storage.MaxFailure,
			"a failure in the history is cut as well")
	}
	lines := e.logs(id)
	e.check(len(lines) == 1 && strings.HasPrefix(lines[0].Message, "line "), "the beginning of a long line is kept: got %d lines", len(lines))
	e.check(len(lines[0].Message) <= storage.MaxLogLine && utf8.ValidString(lines[0].Message),
		"a log line is cut to %d bytes: got %d", storage.MaxLogLine, len(lines[0].Message))
}

func manyOutcomes(e *env) {
	s := e.session()
	ids := e.enqueueEach(200)
	var outs []storage.Outcome
	for _, f := range s.fetch(200) {
		outs = append(outs, outcome(f.Token, storage.Succeed, result(`{"ok":true}`)))
	}
	for i, v := range s.settle(outs...) {
		e.check(v == storage.Accepted, "outcome %d of 200: want Accepted, got %s", i, verdict(v))
	}
	c, err := e.store.Count(e.ctx, storage.Filter{Queue: queue}, 1000)
	e.must(err, "Count")
	e.check(c.By[storage.Succeeded] == len(ids), "200 outcomes in one call: want 200 succeeded jobs, got %v", c.By)
}
