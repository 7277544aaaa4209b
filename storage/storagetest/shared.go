package storagetest

import (
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// doc.go, Durable: "what Insert and Settle acknowledged survives the end of every process of ours".
var sharedTests = []test{
	{"what was acknowledged survives the close", survivesClose},
	{"recurring jobs, pauses and batches survive the close", survivesCloseRest},
	{"a session goes on over another Store value", sessionGoesOn},
	{"what one stored the other gives", otherGives},
	{"a token is good on any Store value", tokenAnywhere},
	{"a request is told to the server elsewhere", cancelElsewhere},
	{"a lost server's jobs run elsewhere", lossElsewhere},
	{"a unique key is one key for all", uniqueElsewhere},
	{"a limit is one limit for all", limitElsewhere},
	{"a pause holds for all", pauseElsewhere},
	{"two stores fire an occurrence once", fireElsewhere},
	{"two stores give each job once", fetchElsewhere},
	{"work stored elsewhere is found", waitElsewhere},
	{"a close leaves the others open", closeElsewhere},
}

// reopen opens another Store value on the same data.
func (e *env) reopen() storage.Store { return e.h.Reopen(e.t, e.store) }

// restart closes the store and goes on with another one on the same data.
func (e *env) restart() {
	e.Helper()
	old := e.store
	e.must(old.Close(), "Close")
	e.store = e.h.Reopen(e.t, old)
}

func survivesClose(e *env) {
	s := e.session()
	waiting, scheduled := full(e), e.job(in(time.Hour))
	e.add(waiting, scheduled)
	done, failed, running := e.enqueue(), e.enqueue(), e.enqueue()
	s.end(done, storage.Succeed, result(`{"a":1}`))
	s.end(failed, storage.Fail, failure(storage.Failure{Message: "boom"}))
	s.reported(storage.Report{Token: s.take(running).Token, Number: 1, Checkpoint: []byte("page 7"), Logs: []storage.LogLine{line("a")}})
	child := e.enqueue(after(running))
	e.restart()
	sameAsStored(e, e.wantState(waiting.ID, storage.Enqueued, "an enqueued job").Job, waiting)
	e.wantState(scheduled.ID, storage.Scheduled, "a scheduled job")
	e.check(string(e.wantState(done, storage.Succeeded, "an outcome").Result) == `{"a":1}`, "the result survives")
	e.check(e.wantState(failed, storage.Failed, "an outcome").Failure.Message == "boom", "the failure survives")
	e.check(string(e.wantState(running, storage.Processing, "a running job").Checkpoint) == "page 7" && len(e.logs(running)) == 1, "checkpoint and log survive")
	e.wantState(child, storage.Awaiting, "a continuation")
	s.store = e.store
	s.end(running, storage.Succeed)
	e.wantState(child, storage.Enqueued, "the edges survive")
}

func survivesCloseRest(e *env) {
	r := e.every("digest", 0)
	e.put(r)
	f := e.firing(r)
	e.fire(f, true, "the occurrence was expected")
	e.must(e.store.Pause(e.ctx, storage.PauseKind, kindB, true, "anna"), "Pause")
	batch, ids := e.newBatch(storage.NewBatch{Name: "import"}, e.job(unique("k")))
	e.restart()
	got := e.recurring("digest")
	e.check(got.LastJob == f.Jobs[0].ID && got.Next.Equal(f.Next), "a recurring job survives as it was: got %+v", got)
	paused, err := e.store.PausedKinds(e.ctx)
	e.must(err, "PausedKinds")
	e.check(paused[kindB] == "anna", "a pause survives: got %v", paused)
	e.check(e.batch(batch).Pending == 1 && e.batch(batch).Name == "import", "a batch survives: got %+v", e.batch(batch))
	e.wantDuplicate(e.insertUnique(storage.Unique{Key: "k"}), ids[0], "a unique key survives")
}

func sessionGoesOn(e *env) {
	s := e.session()
	ids := e.enqueueEach(4)
	for i := range 3 { // stores may fetch by other means after the first call
		r := s.request(1, 0)
		e.wantIDs(idsOf(s.send(r).Jobs), ids[i:i+1], "the session goes on")
		if i == 1 {
			continue
		}
		e.restart()
		s.store = e.store
		s.tick()
		e.wantIDs(idsOf(s.send(r).Jobs), ids[i:i+1], "a repeated call gives the same jobs, also after the connection was made anew")
	}
	s.end(ids[0], storage.Succeed)
	e.wantIDs(s.fetchIDs(10), ids[3:], "the session goes on")
}

func otherGives(e *env) {
	b := e.session(from(e.reopen()))
	ids := e.enqueueEach(3)
	e.wantIDs(b.fetchIDs(10), ids, "a job that one Store value stored is given by another")
	for _, id := range ids {
		b.end(id, storage.Succeed)
		e.wantState(id, storage.Succeeded, "what one settled the other reads")
	}
}

func tokenAnywhere(e *env) {
	s := e.session()
	id := e.enqueue()
	s.take(id)
	s.store = e.reopen()
	token := s.end(id, storage.Succeed)
	s.store = e.store
	s.wantVerdict(storage.Accepted, outcome(token, storage.Succeed), "the same outcome again, through the first Store value")
	s.wantVerdict(storage.Refused, outcome(token, storage.Fail), "another outcome, through the first Store value")
}

func cancelElsewhere(e *env) {
	s := e.session(from(e.reopen()))
	id := e.enqueue()
	s.take(id)
	e.do(storage.Cancel, id)
	e.wantIDs(s.tick().Cancelled, []storage.ID{id}, "the request is told to the server that runs the job, on whatever Store value")
}

func lossElsewhere(e *env) {
	dead := e.session(from(e.reopen()))
	other := e.session()
	id := e.enqueue()
	token := dead.take(id).Token
	e.lose(dead, other)
	dead.wantVerdict(storage.Refused, outcome(token, storage.Succeed), "its session was declared dead through another Store value")
	other.end(id, storage.Succeed)
	_, err := dead.store.Fetch(e.ctx, dead.request(1, 0))
	e.wantErr(err, storage.ErrSessionLost, "Fetch of a session that was declared dead through another Store value")
}

func uniqueElsewhere(e *env) {
	holder := e.enqueue(unique("k"))
	rs, err := e.reopen().Insert(e.ctx, storage.Group{Jobs: []storage.NewJob{e.job(unique("k"))}})
	e.must(err, "Insert")
	e.wantDuplicate(rs[0].Jobs[0], holder, "the key is held through another Store value")
}

func limitElsewhere(e *env) {
	s, other := e.session(), e.session(from(e.reopen()))
	first := e.enqueue(atMost(1, "k"))
	second := e.enqueue(atMost(1, "k"))
	s.take(first)
	other.fetchNone("the slot is taken through another Store value")
	s.end(first, storage.Succeed)
	e.wantIDs(other.fetchIDs(10), []storage.ID{second}, "the slot was freed through another Store value")
}

func pauseElsewhere(e *env) {
	s := e.session(from(e.reopen()))
	id := e.enqueue()
	e.must(e.store.Pause(e.ctx, storage.PauseQueue, queue, true, ""), "Pause")
	s.fetchNone("the queue was paused through another Store value")
	e.must(e.store.Pause(e.ctx, storage.PauseQueue, queue, false, ""), "Pause")
	e.must(e.store.Pause(e.ctx, storage.PauseKind, kindA, true, ""), "Pause")
	s.fetchNone("the kind was paused through another Store value")
	e.must(e.store.Pause(e.ctx, storage.PauseKind, kindA, false, ""), "Pause")
	e.wantIDs(s.fetchIDs(10), []storage.ID{id}, "the kind was resumed through another Store value")
}

func fireElsewhere(e *env) {
	stores := []storage.Store{e.store, e.reopen()}
	e.put(e.every("digest", 0))
	for range 5 {
		r := e.recurring("digest")
		var mu sync.Mutex
		won := 0
		e.atOnce(6, func(i int) {
			moved, err := stores[i%2].Fire(e.ctx, e.firing(r))
			if err != nil {
				e.Errorf("Fire: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if moved {
				won++
			}
		})
		e.check(won == 1, "two stores fire an occurrence once: %d moved on", won)
	}
	e.check(len(e.list(storage.Filter{Recurring: "digest"})) == 5, "five occurrences are five jobs: got %d", len(e.list(storage.Filter{Recurring: "digest"})))
}

func fetchElsewhere(e *env) {
	stores := []storage.Store{e.store, e.reopen()}
	ids := e.enqueueEach(e.h.Rows / 2)
	got := make([][]storage.ID, 4)
	sessions := make([]*session, len(got))
	for i := range sessions {
		sessions[i] = e.session(from(stores[i%2]))
	}
	e.atOnce(len(got), func(i int) {
		for range 10 * len(ids) {
			res, err := sessions[i].store.Fetch(e.ctx, sessions[i].request(5, 0))
			if err != nil {
				e.Errorf("Fetch: %v", err)
				return
			}
			got[i] = append(got[i], idsOf(res.Jobs)...)
			if len(res.Jobs) == 0 && !res.More {
				return
			}
		}
	})
	var all []storage.ID
	for _, part := range got {
		all = append(all, part...)
	}
	e.wantSet(all, ids, "two stores on the same data give each job once")
}

// Wait: "what other processes ... did is found by notification or poll".
func waitElsewhere(e *env) {
	s := e.session(leased(storage.MaxLease), from(e.reopen()))
	for range 2 {
		mark := s.empty()
		id := e.enqueue()
		start := time.Now()
		for range 100 {
			e.must(s.store.Wait(e.ctx, s.info.Queues, mark), "Wait")
			res := s.send(s.request(1, 0))
			mark = res.Mark
			if len(res.Jobs) > 0 {
				break
			}
		}
		s.end(id, storage.Succeed)
		e.check(time.Since(start) <= time.Minute, "work stored through another Store value is found by notification or poll: it took %v", time.Since(start))
	}
}

func closeElsewhere(e *env) {
	other := e.reopen()
	e.must(other.Close(), "Close of the other Store value")
	id := e.enqueue()
	e.session().end(id, storage.Succeed)
}
