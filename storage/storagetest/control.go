package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Action: "The actions. Each skips jobs in states it does not apply to."
var controlTests = []test{
	{"each action applies to its states and skips the others", controlStates},
	{"requeue starts anew", requeueFresh},
	{"requeue drops the checkpoint of a success only", requeueCheckpoint},
	{"requeue gives a fresh expiry", requeueExpiry},
	{"requeue may replace the arguments", requeuePayload},
	{"run now does not wait", runNow},
	{"reschedule moves the due time", reschedule},
	{"remove forgets a final job with its history", removeFinal},
	{"remove keeps what an awaiting job waits for", removeParent},
	{"remove of a running job asks it to end", removeRunning},
	{"a job that is gone is skipped", controlGone},
	{"expect skips jobs in another state", controlExpect},
	{"a filter is worked off oldest first, in steps", controlFilter},
	{"a filter acts only on what matches", controlFilterMatches},
	{"a filter goes on behind what it skipped", controlFilterSkips},
	{"a good id is done beside a bad one", controlMixed},
	{"pausing is seen and told by whom", pauseViews},
}

// inStates stores a job in each state.
func inStates(e *env, s *session) map[storage.State]storage.ID {
	jobs := map[storage.State]storage.ID{
		storage.Succeeded: e.finished(s, storage.Succeed),
		storage.Failed:    e.finished(s, storage.Fail),
		storage.Deleted:   e.finished(s, storage.Delete),
	}
	jobs[storage.Processing] = e.enqueue()
	s.take(jobs[storage.Processing])
	jobs[storage.Scheduled] = e.enqueue(in(time.Hour))
	jobs[storage.Awaiting] = e.enqueue(after(jobs[storage.Processing]))
	jobs[storage.Enqueued] = e.enqueue()
	return jobs
}

func controlStates(e *env) {
	s := e.session()
	applies := map[storage.Action]map[storage.State]storage.State{
		storage.Requeue:    {storage.Succeeded: storage.Enqueued, storage.Failed: storage.Enqueued, storage.Deleted: storage.Enqueued},
		storage.RunNow:     {storage.Scheduled: storage.Enqueued},
		storage.Reschedule: {storage.Scheduled: storage.Scheduled, storage.Enqueued: storage.Scheduled},
		storage.Cancel: {storage.Scheduled: storage.Deleted, storage.Awaiting: storage.Deleted, storage.Enqueued: storage.Deleted,
			storage.Processing: storage.Processing},
	}
	for action, changes := range applies {
		jobs := inStates(e, s)
		for _, state := range storage.States() {
			id := jobs[state]
			c := storage.Control{Action: action, IDs: []storage.ID{id}, Due: storage.When{In: 2 * time.Hour}}
			want, ok := changes[state]
			if !ok {
				e.skipped(c, action.String()+" does not apply to a job that is "+state.String())
				e.wantState(id, state, "a skipped job does not change")
				continue
			}
			e.wantIDs(e.control(c).Done, []storage.ID{id}, action.String()+" applies to a job that is "+state.String())
			e.wantState(id, want, action.String()+" of a job that was "+state.String())
		}
		for _, id := range jobs {
			e.control(storage.Control{Action: storage.Cancel, IDs: []storage.ID{id}})
		}
		s.end(jobs[storage.Processing], storage.Delete)
	}
}

// Requeue: "with fresh retries, loss count and expiry; its result is dropped".
func requeueFresh(e *env) {
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Retry)
	s.end(id, storage.Succeed, result(`"done"`))
	e.do(storage.Requeue, id)
	d := e.wantState(id, storage.Enqueued, "a requeued job")
	e.check(d.Retries == 0 && d.Lost == 0, "requeue gives fresh retries and loss count: got %+v", d.Job)
	e.check(d.Result == nil, "requeue drops the result: got %s", d.Result)
	e.check(d.FinishedAt.IsZero() && d.RetainedTo.IsZero(), "a requeued job is not final: got %v, %v", d.FinishedAt, d.RetainedTo)
	e.check(d.Attempt == 3 && d.Fetches == 2, "attempt and fetches are never reset: got %d and %d", d.Attempt, d.Fetches)
	s.end(id, storage.Succeed, result(`"again"`))
	e.check(string(e.get(id).Result) == `"again"`, "the new result is kept: got %s", e.get(id).Result)
}

// doc.go, what broke the first version: "A requeued job ... resumed at the checkpoint of its success."
func requeueCheckpoint(e *env) {
	s := e.session()
	for _, k := range []storage.OutcomeKind{storage.Succeed, storage.Fail} {
		id := e.enqueue()
		s.report(storage.Report{Token: s.take(id).Token, Number: 1, Checkpoint: []byte("page 7")})
		s.end(id, k)
		e.do(storage.Requeue, id)
		got := string(s.take(id).Job.Checkpoint)
		if k == storage.Succeed {
			e.check(got == "", "the checkpoint of a success is dropped, or the handler would resume at its end: got %q", got)
		} else {
			e.check(got == "page 7", "the checkpoint of a failure is kept: got %q", got)
		}
	}
}

// doc.go, what broke the first version: "A requeued job was deleted at once because its expiry had passed".
func requeueExpiry(e *env) {
	s := e.session()
	id := e.enqueue(expires(5 * time.Second))
	e.sleep(6 * time.Second)
	s.ticks()
	e.wantState(id, storage.Deleted, "the job expired")
	e.do(storage.Requeue, id)
	e.wantTime(e.get(id).ExpiresAt, e.now().Add(5*time.Second), "requeue starts the expiry anew")
	s.ticks()
	s.end(id, storage.Succeed)
}

// Control.Payload: "replace the arguments in a Requeue of one id: edit and retry".
func requeuePayload(e *env) {
	s := e.session(running(storage.KindInfo{Kind: kindA, Fingerprint: "f1", Reads: []string{"f2"}}))
	id := e.finished(s, storage.Fail, schema("f1"))
	e.control(storage.Control{Action: storage.Requeue, IDs: []storage.ID{id}, Payload: []byte(`{"n":2}`), Fingerprint: "f2"})
	f := s.take(id)
	e.check(string(f.Job.Payload) == `{"n":2}` && f.Job.Fingerprint == "f2",
		"the replaced arguments run: got %s of %q", f.Job.Payload, f.Job.Fingerprint)
}

func runNow(e *env) {
	s := e.session()
	id := e.enqueue(in(time.Hour))
	e.do(storage.RunNow, id)
	d := e.wantState(id, storage.Enqueued, "RunNow of a scheduled job")
	e.wantTime(d.EnqueuedAt, e.now(), "EnqueuedAt")
	s.end(id, storage.Retry, delay(time.Hour))
	e.do(storage.RunNow, id)
	s.end(id, storage.Succeed)
	e.sleep(2 * time.Hour)
	s.ticks()
	e.wantState(id, storage.Succeeded, "its old due time must not run it once more")
}

func reschedule(e *env) {
	s := e.session()
	id, waiting := e.enqueue(in(time.Hour)), e.enqueue()
	e.control(storage.Control{Action: storage.Reschedule, IDs: []storage.ID{id, waiting}, Due: storage.When{In: 5 * time.Second}})
	e.wantTime(e.wantState(waiting, storage.Scheduled, "Reschedule of an enqueued job").DueAt, e.now().Add(5*time.Second), "DueAt")
	s.fetchNone("both jobs are scheduled")
	e.sleep(6 * time.Second)
	s.ticks()
	e.wantSet(s.fetchIDs(10), []storage.ID{id, waiting}, "both run at their new time")
	far := e.enqueue(in(5 * time.Second))
	e.control(storage.Control{Action: storage.Reschedule, IDs: []storage.ID{far}, Due: storage.When{At: e.now().Add(time.Hour)}})
	e.sleep(6 * time.Second)
	s.ticks()
	e.wantState(far, storage.Scheduled, "its old due time must not run it")
}

// Remove: "a final job is removed at once with its history".
func removeFinal(e *env) {
	s := e.session()
	for _, k := range []storage.OutcomeKind{storage.Succeed, storage.Fail, storage.Delete} {
		id := e.finished(s, k)
		e.do(storage.Remove, id)
		e.wantGone(id, "Remove of a final job")
	}
	waiting := e.enqueue()
	e.do(storage.Remove, waiting)
	e.wantState(waiting, storage.Deleted, "Remove of a job that is not final is a Cancel")
	e.check(len(e.list(storage.Filter{Queue: queue})) == 1, "removed jobs are in no list")
}

// "... unless an awaiting job still waits for it."
func removeParent(e *env) {
	s := e.session()
	a, b := e.enqueue(), e.enqueue()
	child := e.enqueue(after(a, b))
	s.end(a, storage.Succeed)
	e.skipped(storage.Control{Action: storage.Remove, IDs: []storage.ID{a}}, "an awaiting job still waits for it")
	s.end(b, storage.Succeed)
	e.wantState(child, storage.Enqueued, "both parents ended")
	e.do(storage.Remove, a)
	e.wantGone(a, "no job waits for it any more")
	s.end(child, storage.Succeed)
}

func removeRunning(e *env) {
	s := e.session()
	id := e.enqueue()
	s.take(id)
	e.do(storage.Remove, id)
	e.check(e.wantState(id, storage.Processing, "Remove of a running job is a Cancel").CancelRequested, "it is asked to end")
	s.end(id, storage.Delete)
	e.wantState(id, storage.Deleted, "and stays, deleted, for its retention")
}

func controlGone(e *env) {
	for _, a := range []storage.Action{storage.Requeue, storage.RunNow, storage.Reschedule, storage.Cancel, storage.Remove} {
		e.skipped(storage.Control{Action: a, IDs: []storage.ID{e.id()}, Due: storage.When{In: time.Hour}}, a.String()+" of a job that does not exist")
	}
}

// Control.Expect: "skip jobs in another state; 0: any".
func controlExpect(e *env) {
	s := e.session()
	failed, ok := e.finished(s, storage.Fail), e.finished(s, storage.Succeed)
	r := e.control(storage.Control{Action: storage.Requeue, IDs: []storage.ID{failed, ok}, Expect: storage.Failed})
	e.wantIDs(r.Done, []storage.ID{failed}, "only the failed job was expected")
	e.check(len(r.Skipped) == 1 && r.Skipped[0].ID == ok && r.Skipped[0].Why != "", "the other is skipped with a reason: got %+v", r.Skipped)
	e.wantState(ok, storage.Succeeded, "a skipped job does not change")
}

// Control: "those that match Filter, oldest first, at most Limit in one call".
func controlFilter(e *env) {
	ids := e.enqueueEach(25)
	f := storage.Filter{Queue: queue, States: []storage.State{storage.Enqueued}}
	var done []storage.ID
	var last storage.ID
	calls := 0
	for more := true; more; calls++ {
		e.check(calls < 50, "a filter worked off in steps of 10 ends: still More after %d calls", calls)
		r := e.control(storage.Control{Action: storage.Cancel, Filter: &f, After: last, Limit: 10})
		e.check(len(r.Done) <= 10, "at most Limit in one call: got %d", len(r.Done))
		done, last, more = append(done, r.Done...), r.Last, r.More
	}
	e.wantIDs(done, ids, "the filter is worked off, oldest first, and each job is done once")
	e.wantState(ids[24], storage.Deleted, "the last of the filter")
}

func controlFilterMatches(e *env) {
	s := e.session(serving("a", "b"))
	mine := e.finished(s, storage.Fail, on("a"))
	other := e.finished(s, storage.Fail, on("b"))
	ok := e.finished(s, storage.Succeed, on("a"))
	r := e.control(storage.Control{Action: storage.Requeue, Limit: 100,
		Filter: &storage.Filter{Queue: "a", States: []storage.State{storage.Failed}}})
	e.wantIDs(r.Done, []storage.ID{mine}, "a filter acts on what matches all its fields")
	e.wantState(other, storage.Failed, "a job of another queue")
	e.wantState(ok, storage.Succeeded, "a job in another state")
}

// ControlResult.Last: "give it as After of the next call": skipped jobs are not met again.
func controlFilterSkips(e *env) {
	s := e.session()
	skipped := e.finished(s, storage.Fail, unique("k"))
	e.enqueue(unique("k"), on("other"))
	done := []storage.ID{e.finished(s, storage.Fail), e.finished(s, storage.Fail)}
	var got []storage.ID
	var last storage.ID
	for range 10 {
		r := e.control(storage.Control{Action: storage.Requeue, After: last, Limit: 1,
			Filter: &storage.Filter{Queue: queue, States: []storage.State{storage.Failed}}})
		got, last = append(got, r.Done...), r.Last
		if !r.More {
			break
		}
	}
	e.wantIDs(got, done, "a job that is skipped must not stop the work on those behind it")
	e.wantState(skipped, storage.Failed, "its key is taken")
}

func controlMixed(e *env) {
	s := e.session()
	ok, gone, failed := e.enqueue(), e.id(), e.finished(s, storage.Fail, priority(0))
	s.end(ok, storage.Release)
	r := e.control(storage.Control{Action: storage.Requeue, IDs: []storage.ID{ok, gone, failed}})
	e.wantIDs(r.Done, []storage.ID{failed}, "Control acts on each job for itself")
	e.check(len(r.Skipped) == 2, "and says which ones it skipped: got %+v", r.Skipped)
}

// Pause: "pauses or resumes a queue or kind, existing or not; by names who did."
func pauseViews(e *env) {
	e.must(e.store.Pause(e.ctx, storage.PauseQueue, "q", true, "anna"), "Pause")
	e.must(e.store.Pause(e.ctx, storage.PauseKind, "k", true, "bert"), "Pause")
	q := e.queue("q")
	e.check(q.Paused && q.PausedBy == "anna", "a paused queue is listed, with who paused it: got %+v", q)
	kinds, err := e.store.PausedKinds(e.ctx)
	e.must(err, "PausedKinds")
	e.check(len(kinds) == 1 && kinds["k"] == "bert", "PausedKinds maps each paused kind to who paused it: got %v", kinds)
	e.must(e.store.Pause(e.ctx, storage.PauseKind, "k", false, "bert"), "Pause")
	e.must(e.store.Pause(e.ctx, storage.PauseKind, "k", false, "bert"), "resuming what is not paused")
	kinds, err = e.store.PausedKinds(e.ctx)
	e.must(err, "PausedKinds")
	e.check(len(kinds) == 0, "a resumed kind is not paused: got %v", kinds)
}
