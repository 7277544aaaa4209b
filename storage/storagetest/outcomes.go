package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var outcomeTests = []test{
	{"succeed keeps the result", succeedKeepsResult},
	{"succeed without a result", succeedWithoutResult},
	{"fail keeps the failure", failKeepsFailure},
	{"delete is final", deleteIsFinal},
	{"retry schedules after its delay and counts", retrySchedules},
	{"retry without delay is enqueued at once", retryAtOnce},
	{"the attempt rises with each retry", attemptsRise},
	{"snooze schedules and counts nothing", snoozeCountsNothing},
	{"snooze without delay is enqueued at once", snoozeAtOnce},
	{"release goes back and counts nothing", releaseCountsNothing},
	{"a final job keeps no session", finalHasNoSession},
	{"the retention is the outcome's", retentionSet},
	{"the retention is at least MinRetain", retentionFloor},
	{"a success keeps the failure of the run before", successAfterRetry},
}

// Succeed: "final: succeeded"; Outcome.Result is "what the handler returned".
func succeedKeepsResult(e *env) {
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Succeed, result(`{ "sent" : [1, "ä"] }`))
	d := e.wantState(id, storage.Succeeded, "a run that succeeded")
	e.check(string(d.Result) == `{ "sent" : [1, "ä"] }`, "the result comes back as it was given: got %s", d.Result)
	e.wantTime(d.FinishedAt, e.now(), "FinishedAt is when the job became final")
	e.wantTime(d.RetainedTo, e.now().Add(storage.RetainSucceeded), "a succeeded job is kept for RetainSucceeded")
	s.fetchNone("a final job is not given again")
}

func succeedWithoutResult(e *env) {
	d := e.wantState(e.finished(e.session(), storage.Succeed), storage.Succeeded, "a run without a result")
	e.check(len(d.Result) == 0, "no result was given: got %q", d.Result)
}

func failKeepsFailure(e *env) {
	s := e.session()
	id := e.enqueue()
	f := storage.Failure{Type: "*mail.Error", Message: "mailbox full", Stack: "goroutine 1"}
	s.end(id, storage.Fail, failure(f), because("retries used up"))
	d := e.wantState(id, storage.Failed, "a run that failed for good")
	e.check(d.Failure != nil && *d.Failure == f, "the failure of the last failed run is kept: got %+v", d.Failure)
	e.check(d.Reason == "retries used up", "Reason is why the job is in its state: got %q", d.Reason)
	e.wantTime(d.RetainedTo, e.now().Add(storage.RetainFailed), "a failed job is kept for RetainFailed")
}

func deleteIsFinal(e *env) {
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Delete, because("discarded"))
	d := e.wantState(id, storage.Deleted, "a run whose job was discarded")
	e.wantTime(d.FinishedAt, e.now(), "FinishedAt")
	e.wantTime(d.RetainedTo, e.now().Add(storage.RetainDeleted), "a deleted job is kept for RetainDeleted")
}

// Retry: "failed; scheduled again after Delay; counts a retry".
func retrySchedules(e *env) {
	s := e.session()
	id := e.enqueue()
	f := storage.Failure{Type: "timeout", Message: "no answer"}
	s.end(id, storage.Retry, delay(5*time.Second), failure(f))
	d := e.wantState(id, storage.Scheduled, "a retry with a delay")
	e.wantTime(d.DueAt, e.now().Add(5*time.Second), "DueAt of a retry is its delay from now")
	e.check(d.Retries == 1 && d.Attempt == 2, "a retry counts: want 1 retry and attempt 2 next, got %d and %d", d.Retries, d.Attempt)
	e.check(d.Failure != nil && *d.Failure == f, "the failure is kept: got %+v", d.Failure)
	e.check(d.FinishedAt.IsZero() && d.RetainedTo.IsZero(), "a job that will run again is not final: got %v, %v", d.FinishedAt, d.RetainedTo)
	s.ticks()
	s.fetchNone("a retry is not given before its delay is over")
	e.sleep(6 * time.Second)
	s.ticks()
	f2 := s.take(id)
	e.check(f2.Job.Attempt == 2 && f2.Job.Retries == 1, "the second run is attempt 2: got attempt %d, retries %d", f2.Job.Attempt, f2.Job.Retries)
}

// Outcome.Delay: "0 means enqueued at once".
func retryAtOnce(e *env) {
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Retry)
	d := e.wantState(id, storage.Enqueued, "a retry without delay")
	e.check(d.Retries == 1, "and counts a retry: got %d", d.Retries)
}

// Job.Attempt: "number of this run or the next one, from 1; never reset".
func attemptsRise(e *env) {
	s := e.session()
	id := e.enqueue()
	for n := 1; n <= 4; n++ {
		f := s.take(id)
		e.check(f.Job.Attempt == n && f.Token.Fetch == n, "run %d: want attempt and fetch %d, got %d and %d", n, n, f.Job.Attempt, f.Token.Fetch)
		s.end(id, storage.Retry)
	}
	s.end(id, storage.Fail)
	e.do(storage.Requeue, id)
	f := s.take(id)
	e.check(f.Job.Attempt == 6 && f.Token.Fetch == 6, "attempts and fetches are never reset: want 6 after a requeue, got %d and %d", f.Job.Attempt, f.Token.Fetch)
	e.check(f.Job.Retries == 0, "Retries count since the requeue: got %d", f.Job.Retries)
}

// Snooze: "scheduled again after Delay; counts nothing".
func snoozeCountsNothing(e *env) {
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Snooze, delay(5*time.Second))
	d := e.wantState(id, storage.Scheduled, "a snoozed job")
	e.wantTime(d.DueAt, e.now().Add(5*time.Second), "DueAt of a snooze is its delay from now")
	e.check(d.Retries == 0 && d.Attempt == 1, "a snooze counts nothing: got %d retries, attempt %d", d.Retries, d.Attempt)
	e.check(d.Failure == nil, "a snooze is no failure: got %+v", d.Failure)
	e.sleep(6 * time.Second)
	s.ticks()
	f := s.take(id)
	e.check(f.Job.Attempt == 1 && f.Token.Fetch == 2, "after a snooze it is still attempt 1, of fetch 2: got %d of %d", f.Job.Attempt, f.Token.Fetch)
}

func snoozeAtOnce(e *env) {
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Snooze)
	e.wantState(id, storage.Enqueued, "a snooze without delay")
}

// Release: "back to enqueued at once; counts nothing".
func releaseCountsNothing(e *env) {
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Release)
	d := e.wantState(id, storage.Enqueued, "a released job")
	e.check(d.Retries+d.Lost == 0 && d.Attempt == 1, "a release counts nothing: got %+v", d.Job)
	f := s.take(id)
	e.check(f.Job.Attempt == 1 && f.Token.Fetch == 2, "after a release it is still attempt 1, of fetch 2: got %d of %d", f.Job.Attempt, f.Token.Fetch)
}

// Job.Session: "processing: who runs it"; Server: "runs or last ran it".
func finalHasNoSession(e *env) {
	s := e.session(named("host-7"))
	for _, k := range []storage.OutcomeKind{storage.Succeed, storage.Retry, storage.Release} {
		d := e.get(e.finished(s, k, kind(kindA)))
		e.check(d.Session.IsZero(), "only a processing job has a session: got %v for a job that is %v", d.Session, d.State)
		e.check(d.Server == "host-7", "Server names who last ran the job: got %q", d.Server)
		if !d.State.Final() {
			e.do(storage.Cancel, d.ID)
		}
	}
}

// Outcome.Retain: "how long to keep the job".
func retentionSet(e *env) {
	s := e.session()
	for _, k := range []storage.OutcomeKind{storage.Succeed, storage.Fail, storage.Delete} {
		id := e.enqueue()
		s.end(id, k, retain(2*time.Hour))
		e.wantTime(e.get(id).RetainedTo, e.now().Add(2*time.Hour), "the outcome says how long to keep the job")
	}
}

// "... at least MinRetain".
func retentionFloor(e *env) {
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Succeed, retain(time.Second))
	e.wantTime(e.get(id).RetainedTo, e.now().Add(storage.MinRetain), "no job is kept for less than MinRetain")
}

func successAfterRetry(e *env) {
	s := e.session()
	id := e.enqueue()
	s.end(id, storage.Retry, failure(storage.Failure{Message: "first"}))
	s.end(id, storage.Succeed, result(`2`))
	d := e.wantState(id, storage.Succeeded, "the second run succeeded")
	e.check(string(d.Result) == `2` && d.Retries == 1, "result of the second run and one used retry: got %s and %d", d.Result, d.Retries)
	e.check(d.Failure != nil && d.Failure.Message == "first", "Failure is of the last failed run, also after a success: got %+v", d.Failure)
}
