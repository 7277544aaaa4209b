package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Fetch: "A job it cannot run, of a paused kind or with an exhausted key moves to a
// held line." A held job is not lost: it stays enqueued and keeps its place.
var heldTests = []test{
	{"a kind that nobody reads is held", heldKind},
	{"a fingerprint that nobody reads is held", heldFingerprint},
	{"a job without fingerprint runs wherever its kind is known", heldWithoutFingerprint},
	{"further fingerprints are read", heldReads},
	{"aliases are read", heldAliases},
	{"a kind published without fingerprint reads only jobs without one", heldPlainKind},
	{"held jobs come in their original order", heldOrder},
	{"a paused kind is held until resumed", heldPausedKind},
	{"a paused kind keeps no other from running", heldPausedOthers},
	{"held jobs are listed and counted by cause", heldViews},
	{"being held counts nothing", heldCountsNothing},
	{"a held job can be cancelled", heldCancelled},
	{"a held job can be rescheduled", heldRescheduled},
	{"a held job expires", heldExpires},
	{"two sessions of a rolling deploy share a queue", heldRolling},
}

func (e *env) wantHeld(id storage.ID, want, why string) {
	e.Helper()
	d := e.wantState(id, storage.Enqueued, why)
	e.check(d.Held == want, "%s: want Held %q, got %q", why, want, d.Held)
}

// Job.Held is HeldKind: "kind:NAME@FINGERPRINT: no asking server reads it".
func heldKind(e *env) {
	id := e.enqueue(kind("new.Kind"), schema("f9"))
	e.check(e.get(id).Held == "", "a job is not held before a session asked for it: got %q", e.get(id).Held)
	e.session().fetchNone("the session does not know this kind")
	e.wantHeld(id, "kind:new.Kind@f9", "a kind that no asking server reads")
	s := e.session(running(storage.KindInfo{Kind: "new.Kind", Fingerprint: "f9"}))
	f := s.take(id)
	e.check(f.Job.Held == "", "a job that runs is not held: got %q", f.Job.Held)
}

func heldFingerprint(e *env) {
	id := e.enqueue(schema("new"))
	old := e.session(running(storage.KindInfo{Kind: kindA, Fingerprint: "old"}))
	old.fetchNone("the session reads another fingerprint")
	e.wantHeld(id, "kind:"+kindA+"@new", "arguments of a schema that the asking server does not read")
	e.session(running(storage.KindInfo{Kind: kindA, Fingerprint: "new"})).take(id)
}

// NewJob.Fingerprint: "empty: any server that knows the kind reads it".
func heldWithoutFingerprint(e *env) {
	id := e.enqueue()
	e.session(running(storage.KindInfo{Kind: kindA, Fingerprint: "f1"})).take(id)
}

// KindInfo.Reads: "further fingerprints it can read".
func heldReads(e *env) {
	s := e.session(running(storage.KindInfo{Kind: kindA, Fingerprint: "f3", Reads: []string{"f2", "f1"}}))
	ids := []storage.ID{e.enqueue(schema("f1")), e.enqueue(schema("f2")), e.enqueue(schema("f3"))}
	e.enqueue(schema("f0"))
	e.wantIDs(s.fetchIDs(10), ids, "a session gets the fingerprints that its kind reads and no other")
}

// KindInfo.Aliases: "older names, accepted too".
func heldAliases(e *env) {
	id := e.enqueue(kind("old.Name"), schema("f1"))
	s := e.session(running(storage.KindInfo{Kind: "new.Name", Aliases: []string{"old.Name"}, Fingerprint: "f1"}))
	e.check(s.take(id).Job.Kind == "old.Name", "the kind of a stored job does not change")
}

// KindSet.Reads: "A kind that was published without a fingerprint reads only jobs without one."
func heldPlainKind(e *env) {
	e.enqueue(schema("f1"))
	id := e.enqueue()
	e.wantIDs(e.session(running(storage.KindInfo{Kind: kindA})).fetchIDs(10), []storage.ID{id}, "only the job without fingerprint")
}

// Fetch: "Held jobs that this session can run come in their original order."
func heldOrder(e *env) {
	var want []storage.ID
	for i := range 12 {
		k := []string{"x.One", "x.Two", kindA}[i%3]
		id := e.enqueue(kind(k))
		if k != kindA {
			want = append(want, id)
		}
	}
	e.session().fetch(100)
	for range 4 {
		want = append(want, e.enqueue(kind("x.Two")))
	}
	s := e.session(running(storage.KindInfo{Kind: "x.One"}, storage.KindInfo{Kind: "x.Two"}))
	e.wantIDs(s.fetchIDs(100), want, "held jobs of two lines and newer ones come in the order in which they became enqueued")
}

// "jobs of a paused kind wait on a held line": "paused-kind:NAME".
func heldPausedKind(e *env) {
	e.must(e.store.Pause(e.ctx, storage.PauseKind, kindA, true, "anna"), "Pause of a kind that does not exist yet")
	ids := e.enqueueEach(3)
	s := e.session()
	s.fetchNone("the kind is paused")
	e.wantHeld(ids[0], "paused-kind:"+kindA, "a job of a paused kind")
	e.must(e.store.Pause(e.ctx, storage.PauseKind, kindA, false, "anna"), "Pause")
	ids = append(ids, e.enqueue())
	e.wantIDs(s.fetchIDs(10), ids, "a resumed kind gives its jobs in their original order")
}

func heldPausedOthers(e *env) {
	e.must(e.store.Pause(e.ctx, storage.PauseKind, kindA, true, ""), "Pause")
	e.enqueueEach(5)
	id := e.enqueue(kind(kindB))
	e.wantIDs(e.session().fetchIDs(10), []storage.ID{id}, "a paused kind does not hold up the others behind it")
}

// QueueInfo.Held is "by cause"; Filter.Held lists held jobs.
func heldViews(e *env) {
	unread := e.enqueue(kind("x"))
	e.must(e.store.Pause(e.ctx, storage.PauseKind, kindB, true, ""), "Pause")
	paused := []storage.ID{e.enqueue(kind(kindB)), e.enqueue(kind(kindB))}
	one := e.enqueue(atMost(1, "k"))
	second := e.enqueue(atMost(1, "k"))
	rated := e.enqueue(rate(1, time.Hour))
	third := e.enqueue(rate(1, time.Hour))
	s := e.session()
	e.wantIDs(s.fetchIDs(100), []storage.ID{one, rated}, "the others are held")
	e.wantHeld(second, "limit:k", "a job whose limit is exhausted")
	e.wantHeld(third, "rate:r", "a job whose rate is exhausted")
	q := e.queue(queue)
	want := map[string]int{storage.HeldKind: 1, storage.HeldPausedKind: 2, storage.HeldLimit: 1, storage.HeldRate: 1}
	for cause, n := range want {
		e.check(q.Held[cause] == n, "Queues counts held jobs by cause: want %v, got %v", want, q.Held)
	}
	e.check(q.Enqueued == 5, "Enqueued includes held jobs: want 5, got %d", q.Enqueued)
	held := e.list(storage.Filter{Held: true})
	e.wantSet(held, append(paused, unread, second, third), "Filter.Held lists the held jobs and no other")
}

func heldCountsNothing(e *env) {
	id := e.enqueue(kind("x"))
	before := e.get(id)
	for range 3 {
		e.session().fetchNone("nobody reads this kind")
	}
	d := e.get(id)
	e.check(d.Attempt == 1 && d.Retries+d.Lost+d.Fetches == 0, "being held burns no attempt: got %+v", d.Job)
	e.check(d.EnqueuedAt.Equal(before.EnqueuedAt), "being held does not make the job enqueued anew: EnqueuedAt moved to %v", d.EnqueuedAt)
}

func heldCancelled(e *env) {
	id := e.enqueue(kind("x"))
	e.session().fetchNone("nobody reads this kind")
	e.do(storage.Cancel, id)
	d := e.wantState(id, storage.Deleted, "a held job is enqueued, and Cancel deletes it")
	e.check(d.Held == "", "a final job is not held: got %q", d.Held)
	e.session(running(storage.KindInfo{Kind: "x"})).fetchNone("a cancelled job must leave its held line")
}

func heldRescheduled(e *env) {
	id := e.enqueue(kind("x"))
	e.session().fetchNone("nobody reads this kind")
	e.control(storage.Control{Action: storage.Reschedule, IDs: []storage.ID{id}, Due: storage.When{In: time.Hour}})
	d := e.wantState(id, storage.Scheduled, "a held job is enqueued, and Reschedule moves it")
	e.check(d.Held == "", "a scheduled job is not held: got %q", d.Held)
	e.session(running(storage.KindInfo{Kind: "x"})).fetchNone("a rescheduled job must leave its held line")
}

func heldExpires(e *env) {
	id := e.enqueue(kind("x"), expires(2*time.Second))
	e.session().fetchNone("nobody reads this kind")
	e.sleep(3 * time.Second)
	e.keep()
	e.wantState(id, storage.Deleted, "a held job that was not started in time is deleted by Tick")
}

// A rolling deploy: old and new servers ask one queue, each gets what it reads.
func heldRolling(e *env) {
	old := e.session(running(storage.KindInfo{Kind: kindA, Fingerprint: "f1"}))
	fresh := e.session(running(storage.KindInfo{Kind: kindA, Fingerprint: "f2", Reads: []string{"f1"}}))
	var f1, f2 []storage.ID
	for range 5 {
		f1 = append(f1, e.enqueue(schema("f1")))
		f2 = append(f2, e.enqueue(schema("f2")))
	}
	e.wantIDs(old.fetchIDs(2), f1[:2], "the old server gets what it reads")
	e.wantIDs(fresh.fetchIDs(3), []storage.ID{f2[0], f2[1], f1[2]}, "the new server gets what the old one passed over, and the rest in order")
	e.wantIDs(old.fetchIDs(10), f1[3:], "the old server gets the rest that it reads")
	e.wantIDs(fresh.fetchIDs(10), f2[2:], "the new server gets the rest")
}
