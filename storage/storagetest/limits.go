package storagetest

import (
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Limit: "A slot belongs to one run and is free when that run is over, however it ended."
var limitTests = append([]test{
	{"no more than max run at once", limitHolds},
	{"the limit spans queues and kinds", limitSpans},
	{"each job is judged by its own max", limitOwnMax},
	{"a job needs every one of its keys", limitSeveral},
	{"a request to cancel frees no slot", limitCancelRequest},
	{"the late end of a dead run frees no slot", limitLateEnd},
	{"a held job whose key is free is reached among many lines", limitManyLines},
	{"many sessions at once never exceed the limit", limitRacing},
	{"jobs with limits are never ahead", limitNeverAhead},
	{"a rate bounds the starts in any span", rateHolds},
	{"a rate counts in a sliding span", rateSlides},
	{"a rate counts a fetch, whatever becomes of it", rateCountsFetches},
	{"a repeated call counts once", rateRepeatedCall},
	{"limit and rate together", rateAndLimit},
}, slotTests()...)

// slotTests makes a test of each way in which a run is over.
func slotTests() []test {
	ways := map[string]func(e *env, s *session, id storage.ID){
		"success": func(_ *env, s *session, id storage.ID) { s.end(id, storage.Succeed) },
		"failure": func(_ *env, s *session, id storage.ID) { s.end(id, storage.Fail) },
		"delete":  func(_ *env, s *session, id storage.ID) { s.end(id, storage.Delete) },
		"retry":   func(_ *env, s *session, id storage.ID) { s.end(id, storage.Retry, delay(time.Hour)) },
		"snooze":  func(_ *env, s *session, id storage.ID) { s.end(id, storage.Snooze, delay(time.Hour)) },
		"release": func(e *env, s *session, id storage.ID) {
			s.end(id, storage.Release)
			e.do(storage.Cancel, id)
		},
		"the session's close": func(e *env, s *session, id storage.ID) {
			s.close()
			e.do(storage.Cancel, id)
		},
		"the session's loss": func(e *env, s *session, id storage.ID) {
			e.lose(s, e.session(serving()))
			e.do(storage.Cancel, id)
		},
	}
	var tests []test
	for name, over := range ways {
		tests = append(tests, test{"a slot is free after " + name, func(e *env) {
			s := e.session()
			first := e.enqueue(atMost(1, "k"))
			s.take(first)
			second := e.enqueue(atMost(1, "k"))
			s.fetchNone("the only slot is taken")
			over(e, s, first)
			e.wantIDs(e.session().fetchIDs(10), []storage.ID{second}, "a slot is free when its run is over: "+name)
		}})
	}
	return byName(tests)
}

func limitHolds(e *env) {
	var ids []storage.ID
	for range 5 {
		ids = append(ids, e.enqueue(atMost(2, "k")))
	}
	s := e.session()
	e.wantIDs(s.fetchIDs(10), ids[:2], "with Max 2, two jobs of the key run at once")
	e.wantHeld(ids[2], "limit:k", "the third waits on a held line and takes no worker")
	s.end(ids[1], storage.Succeed)
	e.wantIDs(s.fetchIDs(10), ids[2:3], "the end of one makes room for one")
	d := e.get(ids[2])
	e.check(d.Attempt == 1 && d.Retries == 0 && d.Fetches == 1, "waiting for a limit takes no retry: got %+v", d.Job)
}

func limitSpans(e *env) {
	first := e.enqueue(atMost(1, "k"), on("a"))
	e.enqueue(atMost(1, "k"), on("b"), kind(kindB))
	e.wantIDs(e.session(serving("a", "b")).fetchIDs(10), []storage.ID{first}, "a key is one key in all queues and for all kinds")
}

// "Each job is judged by its own Max."
func limitOwnMax(e *env) {
	a := e.enqueue(atMost(1, "k"))
	strict := e.enqueue(atMost(1, "k"))
	wide := e.enqueue(atMost(3, "k"))
	strict2 := e.enqueue(atMost(2, "k"))
	s := e.session()
	e.wantSet(s.fetchIDs(10), []storage.ID{a, wide}, "one runs, so a job with Max 3 may run though one with Max 1 waits before it, and then one with Max 2 may not")
	s.end(wide, storage.Succeed)
	e.wantIDs(s.fetchIDs(10), []storage.ID{strict2}, "with one running, Max 2 allows one more and Max 1 none")
	s.end(strict2, storage.Succeed)
	s.end(a, storage.Succeed)
	e.wantIDs(s.fetchIDs(10), []storage.ID{strict}, "with none running, Max 1 allows one")
}

func limitSeveral(e *env) {
	a, b := e.enqueue(atMost(1, "a")), e.enqueue(atMost(1, "b"))
	both := e.enqueue(atMost(1, "a"), atMost(1, "b"))
	s := e.session()
	e.wantIDs(s.fetchIDs(10), []storage.ID{a, b}, "a job of two keys waits for both")
	s.end(a, storage.Succeed)
	s.fetchNone("one of the two keys is still taken")
	again := e.enqueue(atMost(1, "a"))
	e.wantIDs(s.fetchIDs(10), []storage.ID{again}, "a job that waits for one key must not hold a slot of the other")
	s.end(again, storage.Succeed)
	s.end(b, storage.Succeed)
	e.wantIDs(s.fetchIDs(10), []storage.ID{both}, "both keys are free")
}

// Cancel: "a processing one gets a request ... and the handler's return decides".
func limitCancelRequest(e *env) {
	s := e.session()
	first := e.enqueue(atMost(1, "k"))
	s.take(first)
	second := e.enqueue(atMost(1, "k"))
	e.do(storage.Cancel, first)
	s.fetchNone("a run that was only asked to end still has its slot")
	s.end(first, storage.Delete)
	e.wantIDs(s.fetchIDs(10), []storage.ID{second}, "the handler returned, so the slot is free")
}

// doc.go, what broke the first version: "A slot of a limit was freed by the late end of a dead run."
func limitLateEnd(e *env) {
	dead, other := e.session(), e.session()
	first := e.enqueue(atMost(1, "k"))
	token := dead.take(first).Token
	second := e.enqueue(atMost(1, "k"))
	e.lose(dead, other)
	running := other.fetchIDs(10)
	e.check(len(running) == 1, "the slot of the dead run is free for one: got %d", len(running))
	dead.wantVerdict(storage.Refused, outcome(token, storage.Succeed), "the session was declared dead")
	other.fetchNone("a slot belongs to one run, and the late end of a dead run frees none")
	other.end(running[0], storage.Succeed)
	rest := []storage.ID{first, second}
	if running[0] == first {
		rest = rest[1:]
	} else {
		rest = rest[:1]
	}
	e.wantIDs(other.fetchIDs(10), rest, "the run that had the slot is over")
}

// Fetch: "a line is looked at again once what it waits for changed, and every such
// line is reached after boundedly many calls".
func limitManyLines(e *env) {
	const lines = 150
	key := func(i int) mod { return atMost(1, "user:"+string(rune('a'+i%26))+string(rune('a'+i/26))) }
	var first, second []storage.ID
	for i := range lines {
		first = append(first, e.enqueue(key(i)))
	}
	for i := range lines {
		second = append(second, e.enqueue(key(i)))
	}
	s := e.session()
	e.wantSet(s.fetchIDs(1000), first, "one job of each key runs")
	for _, i := range []int{lines - 1, 0, lines / 2} {
		s.end(first[i], storage.Succeed)
		e.wantIDs(s.fetchIDs(10), second[i:i+1], "the line whose slot became free is reached, among many that wait")
	}
}

func limitRacing(e *env) {
	const max = 3
	n := e.h.Rows / 5
	for range n {
		e.enqueue(atMost(max, "k"), withID(storage.NewID())) // in any lane
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	active, done := 0, 0
	for range 6 {
		s := e.session()
		wg.Go(func() {
			for range 50 * n {
				res, err := e.store.Fetch(e.ctx, s.request(2, 0))
				mu.Lock()
				active += len(res.Jobs)
				if err != nil || active > max {
					e.Errorf("at most %d jobs of the key run at once: got %d (%v)", max, active, err)
				}
				finished := done == n
				mu.Unlock()
				for _, f := range res.Jobs {
					mu.Lock()
					active--
					done++
					mu.Unlock()
					_, err = e.store.Settle(e.ctx, storage.SettleRequest{Session: s.info.ID, Outcomes: []storage.Outcome{outcome(f.Token, storage.Succeed)}})
				}
				if finished || err != nil || e.Failed() {
					return
				}
			}
		})
	}
	wg.Wait()
	e.check(done == n, "every job of the key runs in the end: want %d, got %d", n, done)
}

// FetchRequest.Ahead: "Never jobs with Limits".
func limitNeverAhead(e *env) {
	id := e.enqueue(atMost(5, "k"))
	plain := e.enqueue()
	s := e.session()
	res := s.send(s.request(0, 10))
	e.wantIDs(idsOf(res.Jobs), []storage.ID{plain}, "a job with limits is never given ahead")
	e.wantIDs(s.fetchIDs(10), []storage.ID{id}, "it is given to start")
}
