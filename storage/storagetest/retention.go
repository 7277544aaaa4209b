package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Tick: "sweeps what is past its retention: but no job or batch that a committed
// awaiting job waits for."
var retentionTests = []test{
	{"a final job is swept when its retention is over", sweepFinal},
	{"the outcome's own retention", sweepOwn},
	{"a job that is not final is never swept", sweepNotFinal},
	{"a requeued job is not swept", sweepRequeued},
	{"a parent that an awaiting job waits for is kept", sweepKeepsParent},
	{"a batch that an awaiting job waits for is kept", sweepKeepsBatch},
	{"a batch is swept with its last job", sweepBatch},
	{"sweeping keeps to its budget", sweepBudget},
	{"a swept job leaves no log and no place in lists", sweepLeavesNothing},
	{"a child outlives its swept parent", sweepParentOfDone},
}

func sweepFinal(e *env) {
	s := e.session()
	ok, failed, deleted := e.finished(s, storage.Succeed), e.finished(s, storage.Fail), e.finished(s, storage.Delete)
	e.sleep(storage.RetainSucceeded - time.Hour)
	s.ticks()
	e.wantState(ok, storage.Succeeded, "RetainSucceeded is not over")
	e.wantState(deleted, storage.Deleted, "RetainDeleted is not over")
	e.sleep(2 * time.Hour)
	s.ticks()
	e.wantGone(ok, "RetainSucceeded is over")
	e.wantGone(deleted, "RetainDeleted is over")
	e.wantState(failed, storage.Failed, "RetainFailed is not over")
	e.sleep(storage.RetainFailed)
	s.ticks()
	e.wantGone(failed, "RetainFailed is over")
}

func sweepOwn(e *env) {
	s := e.session()
	short, long := e.enqueue(), e.enqueue()
	s.end(short, storage.Fail, retain(time.Hour))
	s.end(long, storage.Succeed, retain(100*24*time.Hour))
	e.sleep(time.Hour + time.Minute)
	s.ticks()
	e.wantGone(short, "its own retention is over")
	e.sleep(50 * 24 * time.Hour)
	s.ticks()
	e.wantState(long, storage.Succeeded, "its own retention is not over")
}

func sweepNotFinal(e *env) {
	s := e.session()
	running, parent := e.enqueue(), e.enqueue()
	s.fetch(2)
	awaiting := e.enqueue(after(parent))
	waiting, later := e.enqueue(), e.enqueue(in(1000*24*time.Hour))
	e.sleep(100 * 24 * time.Hour)
	s.ticks()
	e.wantState(running, storage.Processing, "a running job is never swept")
	e.wantState(awaiting, storage.Awaiting, "nor one that awaits its parent")
	e.wantState(waiting, storage.Enqueued, "nor one that waits for a worker")
	e.wantState(later, storage.Scheduled, "nor one that waits for its time")
}

func sweepRequeued(e *env) {
	s := e.session()
	id := e.finished(s, storage.Succeed)
	e.sleep(storage.RetainSucceeded - time.Hour)
	e.do(storage.Requeue, id)
	e.sleep(2 * time.Hour)
	s.ticks()
	s.end(id, storage.Succeed)
	e.sleep(storage.RetainSucceeded - time.Hour)
	s.ticks()
	e.wantState(id, storage.Succeeded, "the retention counts from its last end")
}

// doc.go, what broke the first version: "A parent was swept while ... a slow second parent, needed it."
func sweepKeepsParent(e *env) {
	s := e.session()
	quick, slow := e.enqueue(), e.enqueue()
	child := e.enqueue(after(quick, slow), inputFrom(quick, "x"))
	s.end(quick, storage.Succeed, result(`1`))
	e.sleep(10 * storage.RetainSucceeded)
	s.ticks()
	e.wantState(quick, storage.Succeeded, "an awaiting job waits for it, so it is kept though its retention is over")
	s.end(slow, storage.Succeed)
	e.wantState(child, storage.Enqueued, "both parents succeeded")
	s.ticks()
	e.wantGone(quick, "nothing waits for it any more")
	e.check(string(s.take(child).Job.Input) == `1`, "the child has its input: got %q", s.runs[child].Job.Input)
}

func sweepKeepsBatch(e *env) {
	s := e.session()
	slow := e.enqueue()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job())
	child := e.enqueue(after(batch, slow))
	s.end(ids[0], storage.Succeed)
	e.sleep(10 * storage.RetainSucceeded)
	s.ticks()
	e.wantBatch(batch, storage.Succeeded, "an awaiting job waits for it, so it is kept")
	s.end(slow, storage.Succeed)
	e.wantState(child, storage.Enqueued, "both parents succeeded")
	s.ticks()
	e.sleep(storage.RetainSucceeded + time.Hour)
	s.ticks()
	_, err := e.store.Batch(e.ctx, batch)
	e.wantErr(err, storage.ErrNotFound, "nothing waits for the batch any more, and its job was swept")
}

// NewBatch: "It is swept when it is final, its last job is swept and RetainSucceeded has passed."
func sweepBatch(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job(), e.job())
	empty, _ := e.newBatch(storage.NewBatch{})
	open, _ := e.newBatch(storage.NewBatch{Open: true})
	s.end(ids[0], storage.Succeed, retain(time.Hour))
	s.end(ids[1], storage.Fail)
	e.sleep(2 * time.Hour)
	s.ticks()
	e.wantGone(ids[0], "its retention is over")
	e.wantBatch(empty, storage.Succeeded, "RetainSucceeded has not passed")
	e.sleep(storage.RetainSucceeded)
	s.ticks()
	b := e.wantBatch(batch, storage.Failed, "a job of it is still kept")
	e.check(b.Total == 2 && b.Succeeded == 1 && b.Failed == 1, "its counters do not change when a job is swept: got %+v", b)
	_, err := e.store.Batch(e.ctx, empty)
	e.wantErr(err, storage.ErrNotFound, "an empty batch is swept after RetainSucceeded")
	e.sleep(storage.RetainFailed)
	s.ticks()
	_, err = e.store.Batch(e.ctx, batch)
	e.wantErr(err, storage.ErrNotFound, "its last job is swept")
	e.wantBatch(open, storage.Processing, "a batch that is not final is never swept")
}

func sweepBudget(e *env) {
	s := e.session()
	ids := e.enqueueEach(25)
	for _, f := range s.fetch(25) {
		s.end(f.Job.ID, storage.Succeed)
	}
	e.sleep(storage.RetainSucceeded + time.Hour)
	for range 20 {
		r, err := e.store.Tick(e.ctx, storage.TickRequest{Session: s.info.ID, Budget: 4})
		e.must(err, "Tick")
		e.check(r.Moved <= 4, "a Tick moves at most its budget: want 4 at most, got %d", r.Moved)
		if r.Moved == 0 && !r.More {
			break
		}
	}
	for _, id := range ids {
		e.wantGone(id, "Ticks with small budgets sweep all in the end")
	}
}

func sweepLeavesNothing(e *env) {
	s := e.session()
	id := e.enqueue()
	s.reported(storage.Report{Token: s.take(id).Token, Number: 1, Logs: []storage.LogLine{line("a")}})
	s.end(id, storage.Succeed)
	e.sleep(storage.RetainSucceeded + time.Hour)
	s.ticks()
	lines, err := e.store.Logs(e.ctx, storage.LogQuery{Job: id, Limit: 10})
	e.check(err != nil || len(lines) == 0, "the log of a swept job is gone: got %d lines", len(lines))
	e.check(len(e.list(storage.Filter{})) == 0, "a swept job is in no list: got %v", e.list(storage.Filter{}))
	c, err := e.store.Count(e.ctx, storage.Filter{}, 10)
	e.must(err, "Count")
	e.check(c.By[storage.Succeeded] == 0, "a swept job is not counted: got %v", c.By)
	e.skipped(storage.Control{Action: storage.Requeue, IDs: []storage.ID{id}}, "a swept job is gone")
}

func sweepParentOfDone(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent))
	s.end(parent, storage.Succeed)
	s.end(child, storage.Fail)
	e.sleep(storage.RetainSucceeded + time.Hour)
	s.ticks()
	e.wantGone(parent, "nothing waits for it")
	e.wantState(child, storage.Failed, "the child has its own retention")
	e.do(storage.Requeue, child)
	s.end(child, storage.Succeed)
}
