package storagetest

import (
	"slices"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var cancelTests = append([]test{
	{"a waiting job becomes deleted", cancelWaiting},
	{"a running job gets a request", cancelRunning},
	{"the request is told with every Tick until settled", cancelTold},
	{"asking again is no error", cancelTwice},
	{"a final job is skipped", cancelFinal},
	{"success, failure and delete stand", cancelStands},
	{"the kind that was sent is remembered", cancelRemembersSent},
	{"a requeued job has no request", cancelThenRequeue},
	{"cancelling releases what waits for it", cancelReleases},
	{"the reason and who are in the history", cancelInHistory},
	{"a request on a job ahead", cancelAhead},
}, waitAgainTests()...)

func cancelWaiting(e *env) {
	parent := e.enqueue()
	jobs := []storage.ID{e.enqueue(), e.enqueue(in(time.Hour)), e.enqueue(after(parent))}
	e.do(storage.Cancel, jobs...)
	for _, id := range jobs {
		d := e.wantState(id, storage.Deleted, "Cancel of a scheduled, awaiting or enqueued job")
		e.check(!d.CancelRequested, "a final state clears the request")
		e.wantTime(d.RetainedTo, e.now().Add(storage.RetainDeleted), "RetainedTo")
	}
	s := e.session()
	e.wantIDs(s.fetchIDs(10), []storage.ID{parent}, "a cancelled job is not given")
	s.end(parent, storage.Succeed)
	e.wantState(jobs[2], storage.Deleted, "the parent's end does not revive a cancelled child")
}

// Cancel: "a processing one gets a request, its context ends and the handler's return decides".
func cancelRunning(e *env) {
	s := e.session()
	id := e.enqueue()
	s.take(id)
	e.do(storage.Cancel, id)
	d := e.wantState(id, storage.Processing, "a running job is asked, not deleted")
	e.check(d.CancelRequested, "CancelRequested is set while it runs")
	s.end(id, storage.Delete)
	d = e.wantState(id, storage.Deleted, "the handler returned and the run was settled as cancelled")
	e.check(!d.CancelRequested, "a final state clears CancelRequested")
}

// TickResult.Cancelled: "jobs of this session whose cancellation was requested; repeated until settled".
func cancelTold(e *env) {
	s, other := e.session(), e.session()
	ids := e.enqueueEach(2)
	s.fetch(2)
	e.check(len(s.tick().Cancelled) == 0, "nothing was cancelled yet")
	e.do(storage.Cancel, ids[1])
	for range 3 {
		e.wantIDs(s.tick().Cancelled, ids[1:], "Tick repeats the request until the run is settled")
	}
	e.check(len(other.tick().Cancelled) == 0, "and tells it to the session that runs the job only")
	s.end(ids[1], storage.Delete)
	e.check(len(s.tick().Cancelled) == 0, "the run is settled")
}

func cancelTwice(e *env) {
	s := e.session()
	id := e.enqueue()
	s.take(id)
	e.do(storage.Cancel, id)
	e.do(storage.Cancel, id)
	e.wantIDs(s.tick().Cancelled, []storage.ID{id}, "asked twice, told once in a Tick")
}

func cancelFinal(e *env) {
	s := e.session()
	for _, k := range []storage.OutcomeKind{storage.Succeed, storage.Fail, storage.Delete} {
		id := e.finished(s, k)
		before := e.get(id).State
		e.skipped(storage.Control{Action: storage.Cancel, IDs: []storage.ID{id}}, "Cancel does not apply to a final job")
		e.wantState(id, before, "Cancel of a final job changes nothing")
	}
}

// waitAgainTests makes a test of each end that would make a cancelled job wait again.
//
// Settle: "While CancelRequested is set, an end that would make the job wait again
// (Retry, Snooze, Release; also CloseSession and reclaim) deletes it instead and is accepted".
func waitAgainTests() []test {
	settle := func(k storage.OutcomeKind, d time.Duration) func(*env, *session, storage.ID) {
		return func(_ *env, s *session, id storage.ID) { s.end(id, k, delay(d)) }
	}
	ends := []struct {
		name string
		end  func(*env, *session, storage.ID)
	}{
		{"a retry", settle(storage.Retry, time.Hour)},
		{"a retry without delay", settle(storage.Retry, 0)},
		{"a snooze", settle(storage.Snooze, time.Hour)},
		{"a release", settle(storage.Release, 0)},
		{"the session's close", func(_ *env, s *session, _ storage.ID) { s.close() }},
		{"the session's loss", func(e *env, s *session, _ storage.ID) { e.lose(s, e.session(serving())) }},
	}
	var tests []test
	for _, end := range ends {
		tests = append(tests, test{"a cancelled run is deleted by " + end.name, func(e *env) {
			s := e.session()
			id := e.enqueue()
			child := e.enqueue(afterOn(storage.OnDeleted, id))
			s.take(id)
			e.do(storage.Cancel, id)
			end.end(e, s, id)
			d := e.wantState(id, storage.Deleted, "a cancelled run must not run again by "+end.name)
			e.check(!d.CancelRequested, "a final state clears the request")
			e.wantState(child, storage.Enqueued, "what waits for its deletion is released in the same step")
			e.session().fetchIDs(10)
			e.wantState(id, storage.Deleted, "a cancelled job is not given")
		}})
	}
	return tests
}

// "Succeed, Fail and Delete stand."
func cancelStands(e *env) {
	s := e.session()
	want := map[storage.OutcomeKind]storage.State{storage.Succeed: storage.Succeeded, storage.Fail: storage.Failed, storage.Delete: storage.Deleted}
	for k, state := range want {
		id := e.enqueue()
		s.take(id)
		e.do(storage.Cancel, id)
		s.end(id, k)
		d := e.wantState(id, state, "the handler's return decides: "+k.String())
		e.check(!d.CancelRequested, "a final state clears the request")
	}
}

func cancelRemembersSent(e *env) {
	s := e.session()
	id := e.enqueue()
	s.take(id)
	e.do(storage.Cancel, id)
	token := s.end(id, storage.Retry, delay(time.Minute))
	s.wantVerdict(storage.Accepted, outcome(token, storage.Retry), "the same outcome again, though the store turned it into a deletion")
	s.wantVerdict(storage.Refused, outcome(token, storage.Delete), "another kind than the one that was sent")
}

func cancelThenRequeue(e *env) {
	s := e.session()
	id := e.enqueue()
	s.take(id)
	e.do(storage.Cancel, id)
	s.end(id, storage.Retry)
	e.do(storage.Requeue, id)
	f := s.take(id)
	e.check(!f.Job.CancelRequested && len(s.tick().Cancelled) == 0, "a requeued job is not cancelled any more")
	s.end(id, storage.Retry)
	e.wantState(id, storage.Enqueued, "and its retries are retries again")
}

func cancelReleases(e *env) {
	id := e.enqueue()
	next, undo := e.enqueue(after(id)), e.enqueue(afterOn(storage.OnDeleted, id))
	e.do(storage.Cancel, id)
	e.wantState(next, storage.Deleted, "the continuation of a success is skipped when its parent is cancelled")
	e.wantState(undo, storage.Enqueued, "the continuation of a deletion is released")
}

// Control.Reason and By are "for the history".
func cancelInHistory(e *env) {
	id := e.enqueue()
	e.control(storage.Control{Action: storage.Cancel, IDs: []storage.ID{id}, Reason: "wrong customer", By: "anna"})
	h := e.get(id).History
	e.check(slices.ContainsFunc(h, func(h storage.HistoryEntry) bool {
		return h.State == storage.Deleted && strings.Contains(h.Reason, "wrong customer")
	}), "the history gives the reason of a cancellation: got %+v", h)
	e.check(slices.ContainsFunc(h, func(h storage.HistoryEntry) bool {
		return h.State == storage.Deleted && (strings.Contains(h.Reason, "anna") || h.Server == "anna")
	}), "the history says who cancelled: got %+v", h)
}

func cancelAhead(e *env) {
	s := e.session()
	id := e.enqueue()
	token := s.ahead(1)[0].Token
	e.do(storage.Cancel, id)
	e.wantIDs(s.tick().Cancelled, []storage.ID{id}, "the session learns of it as of any job it has")
	s.wantVerdict(storage.Accepted, outcome(token, storage.Release), "the release of a cancelled job")
	e.wantState(id, storage.Deleted, "a cancelled job does not go back to its queue")
}
