package storagetest

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gojobgen/jobgen/storage"
)

// HistoryEntry is "one change of a job's state. A run has a processing entry (while it
// runs, derived from the claim) and one for how it ended."
var historyTests = []test{
	{"a run has an entry while it runs and one for its end", historyOfRun},
	{"every run is told", historyOfRuns},
	{"each outcome is told with its kind", historyOutcomes},
	{"a change by hand is told", historyControl},
	{"a reason given by hand is cut", historyControlCut},
	{"the first ten and the newest are kept", historyCapped},
	{"a failure is told with its run", historyFailure},
}

// ofFetch picks the entries of one run.
func ofFetch(h []storage.HistoryEntry, fetch int) (begin, end *storage.HistoryEntry) {
	for i := range h {
		switch {
		case h[i].Fetch != fetch:
		case h[i].State == storage.Processing:
			begin = &h[i]
		default:
			end = &h[i]
		}
	}
	return begin, end
}

func historyOfRun(e *env) {
	s := e.session(named("host-1"))
	id := e.enqueue()
	token := s.take(id).Token
	begin, end := ofFetch(e.get(id).History, 1)
	e.check(begin != nil && end == nil, "a run has a processing entry while it runs: got %+v", e.get(id).History)
	e.check(begin.Attempt == 1 && begin.Session == s.info.ID && begin.Server == "host-1", "with attempt, session and server: got %+v", begin)
	e.wantTime(begin.At, e.now(), "At of the processing entry")
	o := outcome(token, storage.Succeed, because("all sent"))
	o.Duration = 1500 * time.Millisecond
	e.sleep(2 * time.Second)
	s.wantVerdict(storage.Accepted, o, "the run ended")
	begin, end = ofFetch(e.get(id).History, 1)
	e.check(begin != nil && end != nil, "an ended run has both entries: got %+v", e.get(id).History)
	e.check(end.State == storage.Succeeded && end.Outcome == storage.Succeed && end.Reason == "all sent" && end.Duration == o.Duration && end.Attempt == 1,
		"the end tells state, outcome, reason, duration and attempt: got %+v", end)
	e.check(end.At.Sub(begin.At) >= time.Second, "the processing entry keeps the time of the start: %v and %v", begin.At, end.At)
}

func historyOfRuns(e *env) {
	s := e.session()
	id := e.enqueue()
	for _, k := range []storage.OutcomeKind{storage.Retry, storage.Snooze, storage.Release, storage.Fail} {
		s.end(id, k)
	}
	h := e.get(id).History
	for i := 1; i < len(h); i++ {
		e.check(!h[i].At.Before(h[i-1].At), "the history is oldest first: entry %d is at %v, after %v", i, h[i].At, h[i-1].At)
	}
	for fetch := 1; fetch <= 4; fetch++ {
		begin, end := ofFetch(h, fetch)
		e.check(begin != nil && end != nil, "each run has its two entries: run %d is missing in %+v", fetch, h)
	}
	last := h[len(h)-1]
	e.check(last.State == storage.Failed && last.Fetch == 4, "the newest is last: got %+v", last)
}

func historyOutcomes(e *env) {
	s := e.session()
	want := map[storage.OutcomeKind]storage.State{
		storage.Succeed: storage.Succeeded, storage.Fail: storage.Failed, storage.Delete: storage.Deleted,
		storage.Retry: storage.Scheduled, storage.Snooze: storage.Scheduled, storage.Release: storage.Enqueued,
	}
	for k, state := range want {
		id := e.enqueue()
		s.end(id, k, delay(time.Hour))
		_, end := ofFetch(e.get(id).History, 1)
		e.check(end != nil && end.Outcome == k && end.State == state, "the end by %v leads to %v: got %+v", k, state, end)
		e.control(storage.Control{Action: storage.Cancel, IDs: []storage.ID{id}})
	}
}

func historyControl(e *env) {
	s := e.session()
	id := e.finished(s, storage.Fail)
	n := len(e.get(id).History)
	e.control(storage.Control{Action: storage.Requeue, IDs: []storage.ID{id}, Reason: "fixed the address", By: "anna"})
	h := e.get(id).History
	e.check(len(h) == n+1, "a requeue is one change of state: want %d entries, got %+v", n+1, h)
	last := h[len(h)-1]
	e.check(last.State == storage.Enqueued && last.Fetch == 0, "the entry of a requeue is enqueued, of no run: got %+v", last)
	e.check(last.Reason != "", "the entry gives the reason: got %+v", last)
}

// MaxReason: "reason of one history entry; cut".
func historyControlCut(e *env) {
	id := e.enqueue()
	long := strings.Repeat("ä", storage.MaxReason)
	e.control(storage.Control{Action: storage.Cancel, IDs: []storage.ID{id}, Reason: long, By: long})
	d := e.wantState(id, storage.Deleted, "a long reason is cut, never refused")
	for _, h := range d.History {
		e.check(len(h.Reason) <= storage.MaxReason && utf8.ValidString(h.Reason),
			"a reason is cut to %d bytes, not within a character: got %d bytes", storage.MaxReason, len(h.Reason))
	}
}

// MaxHistory: "history entries of one job: the first 10 and the newest are kept".
func historyCapped(e *env) {
	s := e.session()
	id := e.enqueue()
	const runs = 60
	var first []storage.HistoryEntry
	for i := range runs {
		s.end(id, storage.Release, because(fmt.Sprint("round ", i)))
		if i == 9 {
			first = e.get(id).History[:10]
		}
	}
	d := e.get(id)
	e.check(len(d.History) <= storage.MaxHistory, "a history is capped at %d entries: got %d", storage.MaxHistory, len(d.History))
	e.check(d.Dropped > 0, "Dropped tells how many were cut from the middle")
	for i, h := range first {
		e.check(d.History[i].At.Equal(h.At) && d.History[i].State == h.State && d.History[i].Fetch == h.Fetch && d.History[i].Reason == h.Reason,
			"the first 10 are kept: entry %d was %+v, is %+v", i, h, d.History[i])
	}
	last := d.History[len(d.History)-1]
	e.check(last.Fetch == runs && last.Reason == "round 59", "the newest are kept: got %+v", last)
	_, end := ofFetch(d.History, runs-5)
	e.check(end != nil, "the newest are kept: run %d is missing", runs-5)
}

func historyFailure(e *env) {
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Retry, failure(storage.Failure{Type: "t1", Message: "first", Stack: "s1"}))
	s.end(id, storage.Fail, failure(storage.Failure{Type: "t2", Message: "second"}))
	_, one := ofFetch(e.get(id).History, 1)
	_, two := ofFetch(e.get(id).History, 2)
	e.check(one != nil && one.Failure != nil && one.Failure.Message == "first", "the failure of the first run is kept in its entry: got %+v", one)
	e.check(two != nil && two.Failure != nil && two.Failure.Message == "second", "and that of the second in its own: got %+v", two)
}
