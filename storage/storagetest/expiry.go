package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// NewJob.Expires: "deleted(expired) when not started this long after it became enqueued first".
var expiryTests = []test{
	{"Tick deletes what expired", func(e *env) {
		id, lasting := e.enqueue(expires(5*time.Second)), e.enqueue(expires(time.Hour))
		s := e.session()
		e.sleep(2 * time.Second)
		s.ticks()
		e.wantState(id, storage.Enqueued, "its time is not over")
		e.sleep(4 * time.Second)
		s.ticks()
		d := e.wantState(id, storage.Deleted, "it was not started in time")
		e.check(d.Reason != "", "a job that expired says so")
		e.wantTime(d.RetainedTo, e.now().Add(storage.RetainDeleted), "RetainedTo")
		e.wantState(lasting, storage.Enqueued, "its time is not over")
	}},
	{"Fetch does not give what expired", func(e *env) {
		s := e.session()
		id, other := e.enqueue(expires(2*time.Second)), e.enqueue()
		e.sleep(3 * time.Second)
		e.wantIDs(s.fetchIDs(10), []storage.ID{other}, "an expired job that never started is deleted, not given")
		s.ticks()
		e.wantState(id, storage.Deleted, "it expired")
	}},
	{"a job that started does not expire", func(e *env) {
		s := e.session()
		id := e.enqueue(expires(2 * time.Second))
		s.take(id)
		e.check(e.get(id).ExpiresAt.IsZero(), "ExpiresAt is cleared when the job is first given to a session to start: got %v", e.get(id).ExpiresAt)
		e.sleep(3 * time.Second)
		s.ticks()
		s.end(id, storage.Retry)
		s.ticks()
		s.end(id, storage.Succeed)
		e.wantState(id, storage.Succeeded, "it started in time, so its retry is not dropped, however late")
	}},
	{"the time counts from when the job became enqueued", func(e *env) {
		s := e.session()
		parent := e.enqueue(priority(0))
		scheduled, child := e.enqueue(in(5*time.Second), expires(4*time.Second)), e.enqueue(after(parent), expires(4*time.Second))
		e.check(e.get(child).ExpiresAt.IsZero(), "a job that is not enqueued yet has no ExpiresAt: got %v", e.get(child).ExpiresAt)
		s.take(parent)
		e.sleep(6 * time.Second)
		s.end(parent, storage.Succeed)
		s.ticks()
		e.wantTime(e.wantState(scheduled, storage.Enqueued, "promoted").ExpiresAt, e.now().Add(4*time.Second), "ExpiresAt counts from the promotion")
		e.wantTime(e.wantState(child, storage.Enqueued, "released").ExpiresAt, e.now().Add(4*time.Second), "ExpiresAt counts from the release")
		e.sleep(5 * time.Second)
		s.ticks()
		e.wantState(scheduled, storage.Deleted, "not started in time")
		e.wantState(child, storage.Deleted, "not started in time")
	}},
	{"expiry is an end like any other", func(e *env) {
		s := e.session()
		batch, ids := e.newBatch(storage.NewBatch{}, e.job(expires(2*time.Second)))
		next, undo := e.enqueue(after(ids[0])), e.enqueue(afterOn(storage.OnDeleted, ids[0]))
		e.sleep(3 * time.Second)
		s.ticks()
		e.wantState(next, storage.Deleted, "its parent expired")
		e.wantState(undo, storage.Enqueued, "its parent was deleted, which this one waits for")
		e.wantBatch(batch, storage.Deleted, "its only job expired")
	}},
	{"a paused queue's jobs expire", func(e *env) {
		e.must(e.store.Pause(e.ctx, storage.PauseQueue, queue, true, ""), "Pause")
		id := e.enqueue(expires(2 * time.Second))
		e.sleep(3 * time.Second)
		e.keep()
		e.wantState(id, storage.Deleted, "a job that waits in a paused queue expires as any other")
	}},
	{"many expire at once", func(e *env) {
		ids := e.enqueueEach(e.h.Rows, expires(2*time.Second))
		e.sleep(3 * time.Second)
		e.keep()
		c, err := e.store.Count(e.ctx, storage.Filter{}, 2*len(ids))
		e.must(err, "Count")
		e.check(c.By[storage.Deleted] == len(ids), "Ticks delete all that expired: want %d, got %v", len(ids), c.By)
	}},
}
