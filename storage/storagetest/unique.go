package storagetest

import (
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Unique is "the key of a job that must not exist twice".
var uniqueTests = append([]test{
	{"a second job stores nothing and names the holder", uniqueDuplicate},
	{"a key is held whatever the job waits for", uniqueHeldWhileWaiting},
	{"a key is free after its time, counted from the insert", uniqueFor},
	{"only the holder's own end frees the key", uniqueOwnEnd},
	{"until started, a key is free before any fetch gives the job", uniqueUntilStarted},
	{"until started, a job fetched ahead has no key", uniqueUntilStartedAhead},
	{"until started, a retry takes the key not again", uniqueRetryTakesNot},
	{"of two jobs in one group the first is stored", uniqueInGroup},
	{"a parent that is a duplicate means its holder", uniqueParent},
	{"a parent that is a duplicate in its own group means the first", uniqueParentInGroup},
	{"a batch does not count a duplicate", uniqueBatch},
	{"requeue takes the key again", uniqueRequeueTakes},
	{"requeue skips a job whose key is taken", uniqueRequeueSkips},
	{"a skipped child whose key is taken stays deleted", uniqueRestore},
	{"a key is one key for all kinds and queues", uniqueScope},
	{"of many inserts at once one is stored", uniqueRacing},
	{"a bad group takes no key", uniqueBadGroup},
}, freeKeyTests()...)

// insertUnique stores a job with the key and says what was answered.
func (e *env) insertUnique(u storage.Unique, mods ...mod) storage.Inserted {
	e.Helper()
	return e.insert(storage.Group{Jobs: []storage.NewJob{e.job(append(mods, uniqueBy(u))...)}})[0]
}

func (e *env) wantDuplicate(in storage.Inserted, holder storage.ID, why string) {
	e.Helper()
	e.check(in.Duplicate && in.ID == holder, "%s: want a duplicate of %v, got %+v", why, holder, in)
}

func (e *env) wantStored(in storage.Inserted, why string) storage.ID {
	e.Helper()
	e.check(!in.Duplicate, "%s: want it stored, got a duplicate of %v", why, in.ID)
	return in.ID
}

// freeKeyTests makes a test of each end that frees a key: "A key is held until its job is final".
func freeKeyTests() []test {
	ends := map[string]func(e *env, id storage.ID){
		"success": func(e *env, id storage.ID) { e.session().end(id, storage.Succeed) },
		"failure": func(e *env, id storage.ID) { e.session().end(id, storage.Fail) },
		"delete":  func(e *env, id storage.ID) { e.session().end(id, storage.Delete) },
		"cancel":  func(e *env, id storage.ID) { e.do(storage.Cancel, id) },
		"remove":  func(e *env, id storage.ID) { e.do(storage.Remove, id) },
		"expiry": func(e *env, _ storage.ID) {
			e.sleep(4 * time.Second)
			e.keep()
		},
		"losing it too often": func(e *env, id storage.ID) {
			other := e.session(serving())
			for range 2 {
				s := e.session(maxLost(1))
				s.take(id)
				e.lose(s, other)
			}
			e.wantState(id, storage.Failed, "lost more often than MaxLost")
		},
	}
	var tests []test
	for name, end := range ends {
		tests = append(tests, test{"a key is free after " + name, func(e *env) {
			id := e.enqueue(unique("k"), func(j *storage.NewJob) {
				if name == "expiry" {
					j.Expires = 3 * time.Second
				}
			})
			end(e, id)
			fresh := e.wantStored(e.insertUnique(storage.Unique{Key: "k"}), "the holder ended by "+name)
			e.wantState(fresh, storage.Enqueued, "the new holder of the key")
		}})
	}
	return byName(tests)
}

func uniqueDuplicate(e *env) {
	holder := e.enqueue(unique("k"))
	second := e.job(unique("k"))
	in := e.insert(storage.Group{Jobs: []storage.NewJob{second}})[0]
	e.wantDuplicate(in, holder, "another job holds the key")
	e.wantGone(second.ID, "a duplicate is not stored")
	e.wantIDs(e.session().fetchIDs(10), []storage.ID{holder}, "only the holder runs")
}

func uniqueHeldWhileWaiting(e *env) {
	s := e.session()
	u := storage.Unique{Key: "k"}
	parent := e.enqueue()
	holder := e.enqueue(unique("k"), after(parent))
	e.wantDuplicate(e.insertUnique(u), holder, "the holder awaits its parent")
	s.end(parent, storage.Succeed)
	e.wantDuplicate(e.insertUnique(u), holder, "the holder is enqueued")
	s.take(holder)
	e.wantDuplicate(e.insertUnique(u), holder, "the holder runs")
	s.end(holder, storage.Retry, delay(2*time.Second))
	e.wantDuplicate(e.insertUnique(u), holder, "the holder waits for a retry")
	e.sleep(3 * time.Second)
	s.ticks()
	s.end(holder, storage.Snooze, delay(time.Hour))
	e.wantDuplicate(e.insertUnique(u), holder, "the holder is snoozed")
	e.do(storage.RunNow, holder)
	s.end(holder, storage.Succeed)
	e.wantStored(e.insertUnique(u), "the holder is final")
}

// Unique.For: "from the insert: the key is free after this even if the job is not final".
func uniqueFor(e *env) {
	u := storage.Unique{Key: "k", For: 5 * time.Second}
	first := e.wantStored(e.insertUnique(u, in(time.Hour)), "a fresh key")
	e.sleep(2 * time.Second)
	e.wantDuplicate(e.insertUnique(u), first, "two of five seconds are over")
	e.sleep(4 * time.Second)
	e.wantStored(e.insertUnique(u), "five seconds from the insert are over, though the job is not final")
	e.wantState(first, storage.Scheduled, "the job stays when its key is free")
}

// "Only the holder's own end frees a key."
func uniqueOwnEnd(e *env) {
	s := e.session()
	u := storage.Unique{Key: "k", For: 2 * time.Second}
	first := e.wantStored(e.insertUnique(u), "a fresh key")
	s.take(first)
	e.sleep(3 * time.Second)
	second := e.wantStored(e.insertUnique(storage.Unique{Key: "k"}), "the first one's time is over")
	s.end(first, storage.Succeed)
	e.wantDuplicate(e.insertUnique(storage.Unique{Key: "k"}), second, "the end of a job that lost its key must not free it for its new holder")
}

// "A key freed at the start is free before any Fetch gives the job".
func uniqueUntilStarted(e *env) {
	s := e.session()
	u := storage.Unique{Key: "k", Until: storage.UntilStarted}
	first := e.wantStored(e.insertUnique(u), "a fresh key")
	e.wantDuplicate(e.insertUnique(u), first, "the holder has not been given to a session")
	s.take(first)
	e.wantStored(e.insertUnique(u), "a session has the holder, so its key is free")
}

// doc.go, what broke the first version: "A key free at the start covered a change made
// after a job fetched ahead had started."
func uniqueUntilStartedAhead(e *env) {
	s := e.session()
	u := storage.Unique{Key: "k", Until: storage.UntilStarted}
	first := e.wantStored(e.insertUnique(u), "a fresh key")
	res := s.send(s.request(0, 1))
	e.wantIDs(idsOf(res.Jobs), []storage.ID{first}, "the job is given ahead")
	e.wantStored(e.insertUnique(u), "the job may have started by now, though nobody said so yet")
}

// "... and a retry, release or reclaim does not take it again."
func uniqueRetryTakesNot(e *env) {
	for _, k := range []storage.OutcomeKind{storage.Retry, storage.Release} {
		s := e.session()
		u := storage.Unique{Key: "k" + k.String(), Until: storage.UntilStarted}
		first := e.wantStored(e.insertUnique(u), "a fresh key")
		s.end(first, k)
		second := e.wantStored(e.insertUnique(u), "a "+k.String()+" does not take the key again")
		s.end(first, storage.Succeed)
		s.end(second, storage.Succeed)
	}
}

// "Of two jobs of one group with one key the first is stored."
func uniqueInGroup(e *env) {
	a, b, c := e.job(unique("k")), e.job(unique("k")), e.job()
	in := e.insert(storage.Group{Jobs: []storage.NewJob{a, b, c}})
	e.wantStored(in[0], "the first job of the group with the key")
	e.wantDuplicate(in[1], a.ID, "the second job of the group with the key")
	e.wantStored(in[2], "a job without the key")
	e.wantGone(b.ID, "a duplicate is not stored")
}

// "in its group, Parents and InputFrom that name the duplicate mean the holder".
func uniqueParent(e *env) {
	s := e.session()
	holder := e.enqueue(unique("k"))
	dup := e.job(unique("k"))
	child := e.job(after(dup.ID), inputFrom(dup.ID, "x"))
	in := e.insert(storage.Group{Jobs: []storage.NewJob{dup, child}})
	e.wantDuplicate(in[0], holder, "another job holds the key")
	d := e.wantState(child.ID, storage.Awaiting, "the continuation of a duplicate waits for the holder")
	e.wantIDs(d.Parents, []storage.ID{holder}, "its parent is the holder")
	s.end(holder, storage.Succeed, result(`{"a":1}`))
	e.wantState(child.ID, storage.Enqueued, "the holder succeeded, so the continuation runs")
	e.check(string(e.get(child.ID).Input) == `{"a":1}`, "its input is the holder's result: got %q", e.get(child.ID).Input)
}

// doc.go, what broke the first version: "A continuation of a duplicate in its own group
// waited for a job that was never stored."
func uniqueParentInGroup(e *env) {
	first, dup := e.job(unique("k")), e.job(unique("k"))
	child := e.job(after(dup.ID))
	e.insert(storage.Group{Jobs: []storage.NewJob{first, dup, child}})
	e.wantState(child.ID, storage.Awaiting, "it waits for the first job of the group with the key")
	e.session().end(first.ID, storage.Succeed)
	e.wantState(child.ID, storage.Enqueued, "the job that the duplicate means succeeded")
}

// "... and its Batch does not count it."
func uniqueBatch(e *env) {
	e.enqueue(unique("k"))
	batch := e.id()
	e.insert(storage.Group{
		Jobs:    []storage.NewJob{e.job(unique("k"), inBatch(batch)), e.job(inBatch(batch))},
		Batches: []storage.NewBatch{{ID: batch}},
	})
	b := e.batch(batch)
	e.check(b.Total == 1 && b.Pending == 1, "a duplicate is not stored, so its batch does not count it: got %+v", b)
}

// "A requeued or restored job takes its key again".
func uniqueRequeueTakes(e *env) {
	s := e.session()
	id := e.finished(s, storage.Fail, unique("k"))
	e.do(storage.Requeue, id)
	e.wantDuplicate(e.insertUnique(storage.Unique{Key: "k"}), id, "a requeued job holds its key again")
	s.end(id, storage.Succeed)
	e.wantStored(e.insertUnique(storage.Unique{Key: "k"}), "the requeued job ended")
}

// "where another job holds it, it stays as it is".
func uniqueRequeueSkips(e *env) {
	s := e.session()
	id := e.finished(s, storage.Fail, unique("k"))
	holder := e.enqueue(unique("k"))
	e.skipped(storage.Control{Action: storage.Requeue, IDs: []storage.ID{id}}, "another job holds the unique key")
	e.wantState(id, storage.Failed, "a requeue that was skipped changes nothing")
	s.end(holder, storage.Succeed)
	e.do(storage.Requeue, id)
}

func uniqueRestore(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent), unique("k"))
	s.end(parent, storage.Fail)
	e.wantState(child, storage.Deleted, "the parent failed")
	holder := e.enqueue(unique("k"))
	e.do(storage.Requeue, parent)
	e.wantState(child, storage.Deleted, "a skipped child that cannot take its key again stays as it is")
	e.wantDuplicate(e.insertUnique(storage.Unique{Key: "k"}), holder, "the key's holder has not changed")
}

// Unique.Key is "scoped to the namespace".
func uniqueScope(e *env) {
	holder := e.enqueue(unique("k"))
	e.wantDuplicate(e.insertUnique(storage.Unique{Key: "k"}, kind(kindB), on("other")), holder, "a key is one key for all kinds and queues")
	e.wantStored(e.insertUnique(storage.Unique{Key: "K"}), "keys differ by letter case")
}

func uniqueRacing(e *env) {
	const callers = 24
	var wg sync.WaitGroup
	answers := make([]storage.Inserted, callers)
	for i := range callers {
		j := e.job(unique("k"), withID(storage.NewID())) // in any lane
		wg.Go(func() {
			rs, err := e.store.Insert(e.ctx, storage.Group{Jobs: []storage.NewJob{j}})
			if err != nil || rs[0].Err != nil {
				e.Errorf("Insert: %v %+v", err, rs)
				return
			}
			answers[i] = rs[0].Jobs[0]
		})
	}
	wg.Wait()
	stored := 0
	for _, in := range answers {
		if !in.Duplicate {
			stored++
		}
		e.check(in.ID == answers[0].ID, "every caller gets the id of the one holder: got %v and %v", in.ID, answers[0].ID)
	}
	e.check(stored == 1, "of %d inserts with one key exactly one is stored: got %d", callers, stored)
	e.wantIDs(e.session().fetchIDs(100), []storage.ID{answers[0].ID}, "only the holder runs")
}

func uniqueBadGroup(e *env) {
	e.refused(storage.Group{Jobs: []storage.NewJob{e.job(unique("k")), e.job(after(e.id()))}}, storage.ErrUnknownParent, "a group with an unknown parent")
	e.wantStored(e.insertUnique(storage.Unique{Key: "k"}), "a group that was not stored must not leave its key taken")
}
