package storagetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// poll is surely less than what a store may find work by: a Wait that returns within it
// was woken, one that takes longer slept over the work.
const poll = 500 * time.Millisecond

// wakeTests makes a test of each cause of new work.
//
// Wait "returns when a Fetch of these queues may give more than it did when mark was
// taken, whatever the cause ... It never sleeps over what calls on this Store value did".
func wakeTests() []test {
	tests := []test{
		{"ends when its context does", waitContext},
		{"what came between fetch and wait is not slept over", waitBetween},
		{"no racing insert is slept over", waitRacing},
		{"many waiters are woken", waitMany},
	}
	type cause = func(e *env, s *session) func()
	causes := []struct {
		name  string
		setup cause
	}{
		{"an insert", func(e *env, _ *session) func() { return func() { e.enqueue() } }},
		{"an insert of a due job among scheduled ones", func(e *env, _ *session) func() {
			return func() { e.add(e.job(in(time.Hour)), e.job()) }
		}},
		{"a retry", func(e *env, s *session) func() {
			id := e.enqueue()
			s.take(id)
			return func() { s.end(id, storage.Retry) }
		}},
		{"a release", func(e *env, s *session) func() {
			id := e.enqueue()
			s.take(id)
			return func() { s.end(id, storage.Release) }
		}},
		{"the release of a continuation", func(e *env, s *session) func() {
			id := e.enqueue()
			e.enqueue(after(id))
			s.take(id)
			return func() { s.end(id, storage.Succeed) }
		}},
		{"a continuation of a parent that is final", func(e *env, s *session) func() {
			id := e.finished(s, storage.Succeed)
			return func() { e.enqueue(after(id)) }
		}},
		{"the free slot of a limit", func(e *env, s *session) func() {
			id := e.enqueue(atMost(1, "k"))
			s.take(id)
			e.enqueue(atMost(1, "k"))
			return func() { s.end(id, storage.Succeed) }
		}},
		{"the free slot of a limit by a failure", func(e *env, s *session) func() {
			id := e.enqueue(atMost(1, "k"))
			s.take(id)
			e.enqueue(atMost(1, "k"))
			return func() { s.end(id, storage.Retry, delay(time.Hour)) }
		}},
		{"the close of a session", func(e *env, _ *session) func() {
			other := e.session()
			other.take(e.enqueue())
			return other.close
		}},
		{"a promotion", func(e *env, s *session) func() {
			e.enqueue(in(2 * time.Second))
			e.sleep(3 * time.Second)
			return func() { s.tick() }
		}},
		{"a reclaim", func(e *env, s *session) func() {
			dead := e.session()
			dead.take(e.enqueue())
			return func() { e.lose(dead, e.session(serving())) }
		}},
		{"a requeue", func(e *env, s *session) func() {
			id := e.finished(s, storage.Fail)
			return func() { e.do(storage.Requeue, id) }
		}},
		{"run now", func(e *env, _ *session) func() {
			id := e.enqueue(in(time.Hour))
			return func() { e.do(storage.RunNow, id) }
		}},
		{"the resume of a queue", func(e *env, _ *session) func() {
			e.must(e.store.Pause(e.ctx, storage.PauseQueue, queue, true, ""), "Pause")
			e.enqueue()
			return func() { e.must(e.store.Pause(e.ctx, storage.PauseQueue, queue, false, ""), "Pause") }
		}},
		{"the resume of a kind", func(e *env, _ *session) func() {
			e.must(e.store.Pause(e.ctx, storage.PauseKind, kindA, true, ""), "Pause")
			e.enqueue()
			return func() { e.must(e.store.Pause(e.ctx, storage.PauseKind, kindA, false, ""), "Pause") }
		}},
		{"the firing of a recurring job", func(e *env, _ *session) func() {
			e.put(e.every("digest", 0))
			f := e.firing(e.recurring("digest"))
			return func() { e.fire(f, true, "the occurrence is due") }
		}},
		{"the end of a batch", func(e *env, s *session) func() {
			batch, ids := e.newBatch(storage.NewBatch{}, e.job())
			e.enqueue(after(batch))
			s.take(ids[0])
			return func() { s.end(ids[0], storage.Succeed) }
		}},
		{"the seal of a batch", func(e *env, _ *session) func() {
			batch, _ := e.newBatch(storage.NewBatch{Open: true})
			e.enqueue(after(batch))
			return func() { e.seal(batch) }
		}},
	}
	for _, c := range causes {
		tests = append(tests, test{"woken by " + c.name, func(e *env) {
			s := e.session(leased(storage.MaxLease))
			act := c.setup(e, s)
			mark := s.empty()
			done := e.waiting(s, mark)
			e.sleep(time.Millisecond)
			act()
			acted := time.Now() // how long that took is another matter
			<-done
			took := time.Since(acted)
			e.check(took <= poll, "Wait must be woken by %s: it slept %v over it", c.name, took)
			e.check(len(s.fetch(10)) > 0, "%s is new work", c.name)
		}})
	}
	return tests
}

// empty fetches until there is nothing more and gives the mark.
func (s *session) empty() uint64 {
	s.e.Helper()
	for range 1000 {
		res := s.send(s.request(10, 0))
		if len(res.Jobs) > 0 {
			s.e.Fatalf("nothing was to be fetched yet: got %d jobs", len(res.Jobs))
		}
		if !res.More {
			return res.Mark
		}
	}
	s.e.Fatal("Fetch says for ever that there is more, and gives nothing")
	return 0
}

// waiting waits in another goroutine and tells when that is over.
func (e *env) waiting(s *session, mark uint64) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := e.store.Wait(e.ctx, s.info.Queues, mark); err != nil {
			e.Errorf("Wait: %v", err)
		}
	}()
	return done
}

// "... or with ctx's error".
func waitContext(e *env) {
	s := e.session()
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	time.AfterFunc(100*time.Millisecond, cancel)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		mark := s.empty() // a Wait may have returned for what came after the last
		start := time.Now()
		err := e.store.Wait(ctx, s.info.Queues, mark)
		if err == nil {
			continue
		}
		e.check(errors.Is(err, context.Canceled), "Wait ends with the error of its context: got %v", err)
		e.check(time.Since(start) <= poll, "Wait ends when its context does: it took %v", time.Since(start))
		return
	}
	e.Fatal("Wait never ended with the error of its context")
}

func waitBetween(e *env) {
	s := e.session()
	mark := s.empty()
	e.enqueue()
	start := time.Now()
	e.must(e.store.Wait(e.ctx, s.info.Queues, mark), "Wait")
	e.check(time.Since(start) <= poll, "the job was stored after the mark was taken, so Wait returns at once: it slept %v", time.Since(start))
}

// A fetcher and an inserter race; whatever the order, no job waits for the poll.
func waitRacing(e *env) {
	s := e.session()
	rounds := e.h.Rows / 2
	inserted := make(chan struct{})
	next := make(chan struct{})
	var stored atomic.Int64 // when the last insert returned: how long it took is another matter
	go func() {
		defer close(inserted)
		for range rounds {
			if _, err := e.store.Insert(e.ctx, storage.Group{Jobs: []storage.NewJob{e.job()}}); err != nil {
				e.Errorf("Insert: %v", err)
				return
			}
			stored.Store(time.Now().UnixNano())
			select {
			case <-next:
			case <-e.ctx.Done():
				return
			}
		}
	}()
	for got := 0; got < rounds; {
		res := s.send(s.request(1, 0))
		if len(res.Jobs) > 0 {
			got++
			s.end(res.Jobs[0].Job.ID, storage.Succeed)
			next <- struct{}{}
			continue
		}
		start := time.Now()
		e.must(e.store.Wait(e.ctx, s.info.Queues, res.Mark), "Wait")
		end := time.Now()
		took := end.Sub(time.Unix(0, max(start.UnixNano(), stored.Load())))
		e.check(took <= poll, "an insert that races with a fetch must not be slept over: Wait took %v after %d jobs", took, got)
	}
	<-inserted
}

func waitMany(e *env) {
	var waits []<-chan struct{}
	for range 5 {
		s := e.session()
		waits = append(waits, e.waiting(s, s.empty()))
	}
	e.sleep(time.Millisecond)
	e.enqueueEach(5)
	acted := time.Now()
	for i, w := range waits {
		<-w
		took := time.Since(acted)
		e.check(took <= poll, "five jobs for five waiters: number %d slept %v", i, took)
	}
}
