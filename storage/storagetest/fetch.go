package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var fetchTests = []test{
	{"gives up to max jobs", fetchUpToMax},
	{"gives a job once", fetchOnce},
	{"makes the job processing with a token", fetchClaims},
	{"a repeated call gives the same jobs and no more", repeatedCall},
	{"a repeated call gives what others have changed since", repeatedCallAfterChange},
	{"a repeated call gives only what is still the session's", repeatedCallAfterSettle},
	{"a late copy of a call gives and takes nothing", lateCall},
	{"later calls are repeated and come late as the first", laterCalls},
	{"a gap between calls is allowed", callGap},
	{"an unknown session is lost", fetchUnknownSession},
	{"only the asked queues give", fetchQueues},
	{"a paused queue gives nothing until resumed", pausedQueue},
	{"scheduled and awaiting jobs are not given", fetchOnlyEnqueued},
	{"a due job is given once Tick promoted it", promotion},
	{"asking for nothing gives nothing", fetchNothing},
	{"work behind much that cannot run is reached", fetchBehindUnreadable},
}

func fetchUpToMax(e *env) {
	ids := e.enqueueEach(5)
	s := e.session()
	e.wantIDs(s.fetchIDs(3), ids[:3], "Fetch takes up to Max jobs")
	e.wantIDs(s.fetchIDs(3), ids[3:], "and the rest with the next call")
}

func fetchOnce(e *env) {
	e.enqueue()
	a, b := e.session(), e.session()
	a.fetchIDs(1)
	b.fetchNone("a job that a session runs is not given to another")
	a.fetchNone("nor to the same session in a new call")
}

// Fetched is "a job that this session now runs. Job.Attempt is the number of this run."
func fetchClaims(e *env) {
	id := e.enqueue()
	s := e.session(named("host-1"))
	f := s.take(id)
	e.check(f.Token == storage.Token{Job: id, Session: s.info.ID, Fetch: 1}, "the first token of a job has fetch number 1: got %+v", f.Token)
	e.check(!f.Ahead, "a job within Max is to start now, not ahead")
	e.check(f.Job.Attempt == 1 && f.Job.Fetches == 1, "the first run is attempt 1 of fetch 1: got attempt %d, fetch %d", f.Job.Attempt, f.Job.Fetches)
	d := e.wantState(id, storage.Processing, "a fetched job")
	e.check(d.Session == s.info.ID && d.Server == "host-1", "a processing job says who runs it: got %v on %q", d.Session, d.Server)
	e.wantTime(d.StartedAt, e.now(), "StartedAt of the current run")
}

// FetchRequest.Call: "A call whose answer was lost is made again with the same number
// and gives the same jobs ... and no more".
func repeatedCall(e *env) {
	ids := e.enqueueEach(2)
	s := e.session()
	r := s.request(2, 0)
	first := s.send(r)
	e.enqueueEach(3)
	again := s.send(r)
	e.wantIDs(idsOf(again.Jobs), ids, "a repeated call gives the same jobs and no more, though there are more")
	for i, f := range again.Jobs {
		e.check(f.Token == first.Jobs[i].Token, "with the same tokens: got %+v, before %+v", f.Token, first.Jobs[i].Token)
	}
	e.check(e.get(ids[0]).Fetches == 1, "a repeated call is not another fetch: got fetch %d", e.get(ids[0]).Fetches)
	r.Max = 10
	e.wantSet(idsOf(s.send(r).Jobs), ids, "a repetition never adds jobs, whatever its Max")
}

// FetchRequest.Call: "so no job is left with a session that does not know it", also one that got a
// continuation, or whose end was asked for, before the session heard of it.
func repeatedCallAfterChange(e *env) {
	ids := e.enqueueEach(3)
	s := e.session()
	r := s.request(3, 0)
	s.send(r)
	e.enqueue(after(ids[0]))
	e.do(storage.Cancel, ids[1])
	e.wantIDs(idsOf(s.send(r).Jobs), ids, "a continuation of a running job, and a request to cancel one, change nothing about whose it is")
	e.enqueue(after(ids[2]))
	s.tick()
	e.wantIDs(idsOf(s.send(r).Jobs), ids, "nor do all of a call's jobs that were changed so")
	s.end(ids[0], storage.Succeed)
	e.wantIDs(idsOf(s.send(r).Jobs), ids[1:], "what ended is the session's no more")
}

// "... as far as they are still the session's".
func repeatedCallAfterSettle(e *env) {
	ids := e.enqueueEach(3)
	s := e.session()
	r := s.request(3, 0)
	s.send(r)
	s.end(ids[0], storage.Succeed)
	s.end(ids[1], storage.Retry)
	e.wantIDs(idsOf(s.send(r).Jobs), ids[2:], "a repeated call gives what is still the session's: two of three are settled")
	e.wantState(ids[1], storage.Enqueued, "a repeated call takes nothing new, though a job of it is enqueued again")
}

// "A number lower than the last, from a copy that arrives late, gives and takes nothing".
func lateCall(e *env) {
	s := e.session()
	first, second := s.request(1, 0), s.request(1, 0)
	ids := e.enqueueEach(2)
	s.send(second)
	late := s.send(first)
	e.check(len(late.Jobs) == 0, "a late copy of an older call must give nothing: got %d jobs", len(late.Jobs))
	e.wantState(ids[1], storage.Enqueued, "a late copy of an older call must take no job that no server knows of")
}

// The same of a session that has fetched before: stores may fetch by other means then.
func laterCalls(e *env) {
	s := e.session()
	s.take(e.enqueue())
	ids := e.enqueueEach(4)
	third, second := s.request(1, 0), s.request(1, 0)
	third.Call, second.Call = second.Call, third.Call
	e.wantIDs(idsOf(s.send(second).Jobs), ids[:1], "the second call gives the first job that waits")
	e.wantIDs(idsOf(s.send(second).Jobs), ids[:1], "its repetition gives that again and no more")
	e.wantIDs(idsOf(s.send(third).Jobs), ids[1:2], "the third call goes on")
	e.check(len(s.send(second).Jobs) == 0, "a late copy of the second call gives nothing")
	e.wantIDs(idsOf(s.send(third).Jobs), ids[1:2], "a repetition of the third call gives what it gave")
	e.wantState(ids[2], storage.Enqueued, "neither repetitions nor late copies take jobs")
	e.wantIDs(s.fetchIDs(10), ids[2:], "the next call gives the rest")
}

func callGap(e *env) {
	id := e.enqueue()
	s := e.session()
	s.call = 40
	e.wantIDs(s.fetchIDs(1), []storage.ID{id}, "a gap between call numbers is allowed")
}

// Fetch "returns ErrSessionLost for a session that the store does not know".
func fetchUnknownSession(e *env) {
	e.enqueue()
	s := e.session()
	r := s.request(1, 0)
	r.Session = e.id()
	_, err := e.store.Fetch(e.ctx, r)
	e.wantErr(err, storage.ErrSessionLost, "a fetch of a session that was never opened")
	s.close()
	_, err = e.store.Fetch(e.ctx, s.request(1, 0))
	e.wantErr(err, storage.ErrSessionLost, "a fetch of a closed session")
}

func fetchQueues(e *env) {
	e.enqueue(on("other"))
	mine := e.enqueue(on("mine"))
	e.wantIDs(e.session(serving("mine")).fetchIDs(10), []storage.ID{mine}, "a queue that was not asked for gives nothing")
	e.session(serving("empty", "never-used")).fetchNone("a queue that does not exist gives nothing")
}

// "Paused queues give nothing."
func pausedQueue(e *env) {
	e.must(e.store.Pause(e.ctx, storage.PauseQueue, queue, true, "anna"), "Pause of a queue that does not exist yet")
	id := e.enqueue()
	other := e.enqueue(on("other"))
	s := e.session(serving(queue, "other"))
	e.wantIDs(s.fetchIDs(10), []storage.ID{other}, "a paused queue gives nothing, and the next one does")
	e.wantState(id, storage.Enqueued, "a job of a paused queue waits")
	e.must(e.store.Pause(e.ctx, storage.PauseQueue, queue, false, "anna"), "Pause")
	e.wantIDs(s.fetchIDs(10), []storage.ID{id}, "a resumed queue gives its jobs again")
}

func fetchOnlyEnqueued(e *env) {
	parent := e.enqueue()
	e.enqueue(in(time.Hour))
	e.enqueue(after(parent))
	s := e.session()
	e.wantIDs(s.fetchIDs(10), []storage.ID{parent}, "only the enqueued job may run: one is scheduled, one awaits its parent")
}

// Tick: "promotes scheduled jobs".
func promotion(e *env) {
	soon, later := e.enqueue(in(3*time.Second)), e.enqueue(in(time.Hour))
	s := e.session()
	e.sleep(time.Second)
	s.tick()
	s.fetchNone("a job is not given before its time")
	e.sleep(3 * time.Second)
	s.ticks()
	d := e.wantState(soon, storage.Enqueued, "Tick promotes what is due")
	e.wantTime(d.EnqueuedAt, e.now(), "EnqueuedAt is when the job became enqueued, here by promotion")
	e.wantState(later, storage.Scheduled, "and leaves what is not")
	e.wantIDs(s.fetchIDs(10), []storage.ID{soon}, "a promoted job is given")
}

func fetchNothing(e *env) {
	e.enqueue()
	s := e.session()
	e.check(len(s.send(s.request(0, 0)).Jobs) == 0, "Max and Ahead are zero, so nothing is given")
}

// doc.go, what broke the first version: "A fetch looked at its bounded number of jobs,
// found none to give, and the server slept over the work behind them."
func fetchBehindUnreadable(e *env) {
	e.enqueueEach(e.h.Rows, kind("unknown.Kind"))
	id := e.enqueue()
	e.wantIDs(e.session().fetchIDs(1), []storage.ID{id}, "FetchResult.More leads to the work behind jobs that this session cannot run")
}
