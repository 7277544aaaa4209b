package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// NewBatch: "One that starts again, because a job or batch in it was requeued or added,
// makes those around it start again and restores what their last end skipped, as a
// requeued parent does."
var batchAgainTests = []test{
	{"a requeued job starts its batch again", againByRequeue},
	{"a batch that starts again restores its callbacks", againRestores},
	{"an added job restores the callbacks", againByAttach},
	{"a callback that ran does not run again", againFiredOnce},
	{"the batches around start again too", againAround},
	{"an added nested batch starts the one around it again", againByNested},
	{"a restored job starts its batch again", againByRestore},
	{"cancelling deletes what is not final", cancelBatchDeletes},
	{"cancelling marks and seals before it ends", cancelBatchSeals},
	{"cancelling reaches nested batches", cancelBatchNested},
	{"a cancelled batch takes no job", cancelledTakesNone},
	{"a job returned to a cancelled batch is deleted", cancelledReturned},
	{"a job released in a cancelled batch is deleted", cancelledReleased},
	{"a running job that adds to its cancelled batch ends", cancelledGrowing},
	{"requeueing a job clears the mark of its batch and those around", cancelledRequeue},
	{"cancelling goes in bounded steps", cancelBatchSteps},
}

// cancelBatch cancels until nothing is left.
func (e *env) cancelBatch(id storage.ID) {
	e.Helper()
	for range 1000 {
		more, err := e.store.CancelBatch(e.ctx, id, "anna")
		e.must(err, "CancelBatch")
		if !more {
			return
		}
	}
	e.Fatal("CancelBatch has more left for ever: a batch that is marked cancelled cannot grow")
}

func againByRequeue(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job(), e.job())
	s.end(ids[0], storage.Succeed)
	s.end(ids[1], storage.Fail)
	e.wantBatch(batch, storage.Failed, "one job failed")
	e.do(storage.Requeue, ids[1])
	b := e.wantBatch(batch, storage.Processing, "a job of it was requeued")
	e.check(b.Pending == 1 && b.Failed == 0 && b.Succeeded == 1 && b.Total == 2, "the counters go back: got %+v", b)
	s.end(ids[1], storage.Succeed)
	b = e.wantBatch(batch, storage.Succeeded, "both succeeded")
	e.check(b.Ends == 2, "it became final twice: got %d", b.Ends)
}

func againRestores(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job(), e.job())
	callback, undo := e.enqueue(after(batch)), e.enqueue(afterOn(storage.OnFailure, batch))
	below := e.enqueue(after(callback))
	s.end(ids[0], storage.Succeed)
	s.end(ids[1], storage.Fail)
	e.wantState(callback, storage.Deleted, "the batch failed")
	e.do(storage.Requeue, ids[1])
	e.wantState(callback, storage.Awaiting, "a batch that starts again restores what its last end skipped")
	e.wantState(below, storage.Awaiting, "and what was skipped below")
	e.wantState(undo, storage.Enqueued, "what fired stays fired")
	s.end(ids[1], storage.Succeed)
	e.wantState(callback, storage.Enqueued, "the batch succeeded this time")
}

func againByAttach(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job())
	callback := e.enqueue(afterOn(storage.OnFailure, batch))
	s.end(ids[0], storage.Succeed)
	e.wantState(callback, storage.Deleted, "the batch succeeded")
	added := e.enqueue(inBatch(batch))
	e.wantState(callback, storage.Awaiting, "a job was added, so the batch starts again and restores what its end skipped")
	s.end(added, storage.Fail)
	e.wantState(callback, storage.Enqueued, "the batch failed this time")
}

func againFiredOnce(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job())
	callback := e.enqueue(after(batch))
	s.end(ids[0], storage.Succeed)
	s.end(callback, storage.Succeed)
	e.do(storage.Requeue, ids[0])
	s.end(ids[0], storage.Succeed)
	e.wantState(callback, storage.Succeeded, "a callback that ran does not run again when its batch ends again")
	s.fetchNone("nothing is released a second time")
}

func againAround(e *env) {
	s := e.session()
	outer, _ := e.newBatch(storage.NewBatch{Name: "outer", Open: true})
	_, ids := e.newBatch(storage.NewBatch{Parent: outer}, e.job())
	callback := e.enqueue(afterOn(storage.OnDeleted, outer))
	e.seal(outer)
	s.end(ids[0], storage.Succeed)
	e.wantBatch(outer, storage.Succeeded, "its nested batch succeeded")
	e.wantState(callback, storage.Deleted, "the outer batch was not deleted")
	e.do(storage.Requeue, ids[0])
	b := e.wantBatch(outer, storage.Processing, "a batch in it started again")
	e.check(b.NestedOpen == 1 && b.Ends == 1, "the nested batch is open again: got %+v", b)
	e.wantState(callback, storage.Awaiting, "the outer batch started again, so its callback is restored")
	s.end(ids[0], storage.Succeed)
	e.check(e.wantBatch(outer, storage.Succeeded, "its nested batch ended again").Ends == 2, "it became final twice")
}

func againByNested(e *env) {
	s := e.session()
	outer, ids := e.newBatch(storage.NewBatch{}, e.job())
	s.end(ids[0], storage.Succeed)
	e.wantBatch(outer, storage.Succeeded, "its job succeeded")
	_, nested := e.newBatch(storage.NewBatch{Parent: outer}, e.job())
	e.wantBatch(outer, storage.Processing, "a batch was added to it")
	s.end(nested[0], storage.Succeed)
	e.wantBatch(outer, storage.Succeeded, "the added batch succeeded")
}

func againByRestore(e *env) {
	s := e.session()
	parent := e.enqueue()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job(after(parent)))
	s.end(parent, storage.Fail)
	e.wantBatch(batch, storage.Deleted, "its only job was skipped")
	e.do(storage.Requeue, parent)
	b := e.wantBatch(batch, storage.Processing, "its job waits again, so the batch has started again")
	e.check(b.Pending == 1 && b.Deleted == 0, "the counters go back: got %+v", b)
	s.end(parent, storage.Succeed)
	s.end(ids[0], storage.Succeed)
	e.wantBatch(batch, storage.Succeeded, "its job succeeded")
}

// CancelBatch "cancels their jobs that are not final".
func cancelBatchDeletes(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job(), e.job(), e.job(in(time.Hour)), e.job())
	undo := e.enqueue(afterOn(storage.OnDeleted, batch))
	runs := s.fetch(2)
	e.check(len(runs) == 2, "two jobs run")
	s.end(ids[0], storage.Succeed)
	e.cancelBatch(batch)
	e.wantState(ids[0], storage.Succeeded, "a final job stays")
	e.check(e.wantState(ids[1], storage.Processing, "a running job is asked").CancelRequested, "its cancellation is requested")
	e.wantState(ids[2], storage.Deleted, "a scheduled job of a cancelled batch")
	e.wantState(ids[3], storage.Deleted, "an enqueued job of a cancelled batch")
	b := e.wantBatch(batch, storage.Processing, "a job still runs")
	e.check(b.Cancelled && b.Pending == 1, "it is marked cancelled: got %+v", b)
	s.end(ids[1], storage.Delete)
	e.wantBatch(batch, storage.Deleted, "none failed and some were deleted")
	e.wantState(undo, storage.Enqueued, "the batch was deleted, which this one waits for")
}

// CancelBatch "marks the batch ... as cancelled and sealed".
func cancelBatchSeals(e *env) {
	batch, _ := e.newBatch(storage.NewBatch{Open: true}, e.job())
	e.cancelBatch(batch)
	b := e.wantBatch(batch, storage.Deleted, "cancelling an open batch seals it, so it can end")
	e.check(b.Sealed && b.Cancelled, "it is sealed and cancelled: got %+v", b)
	empty, _ := e.newBatch(storage.NewBatch{Open: true})
	e.cancelBatch(empty)
	e.check(e.batch(empty).State.Final(), "an open batch without jobs is final when it is cancelled: got %+v", e.batch(empty))
}

func cancelBatchNested(e *env) {
	outer, own := e.newBatch(storage.NewBatch{}, e.job())
	inner, nested := e.newBatch(storage.NewBatch{Parent: outer}, e.job())
	innermost, deep := e.newBatch(storage.NewBatch{Parent: inner, Open: true}, e.job())
	e.cancelBatch(outer)
	for _, id := range []storage.ID{own[0], nested[0], deep[0]} {
		e.wantState(id, storage.Deleted, "a job in a cancelled batch or one nested in it")
	}
	for _, id := range []storage.ID{outer, inner, innermost} {
		e.check(e.wantBatch(id, storage.Deleted, "cancelling reaches the nested batches").Cancelled, "it is marked cancelled")
	}
}

// "A job inserted into ... a cancelled batch is deleted in the same step."
func cancelledTakesNone(e *env) {
	batch, _ := e.newBatch(storage.NewBatch{}, e.job())
	e.cancelBatch(batch)
	j := e.job(inBatch(batch))
	in := e.insert(storage.Group{Jobs: []storage.NewJob{j}})[0]
	e.check(in.State == storage.Deleted, "a job inserted into a cancelled batch is deleted at once: answered %v", in.State)
	e.wantState(j.ID, storage.Deleted, "a job inserted into a cancelled batch")
	e.session().fetchNone("the batch was cancelled")
	e.wantBatch(batch, storage.Deleted, "the batch stays final, or is so again at once")
}

// "... or returned to a cancelled batch".
func cancelledReturned(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job(), e.job(), e.job())
	s.fetch(3)
	e.cancelBatch(batch)
	s.end(ids[0], storage.Retry)
	s.end(ids[1], storage.Release)
	s.close()
	for _, id := range ids {
		e.wantState(id, storage.Deleted, "a job that returns to its cancelled batch")
	}
	e.wantBatch(batch, storage.Deleted, "nothing of it is left")
}

// "... released in ... a cancelled batch".
func cancelledReleased(e *env) {
	s := e.session()
	parent := e.enqueue()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job(after(parent)), e.job())
	s.take(ids[1])
	late := e.job(afterOn(storage.OnAny, ids[1]), inBatch(batch))
	e.insert(storage.Group{Jobs: []storage.NewJob{late}})
	e.cancelBatch(batch)
	e.wantState(late.ID, storage.Deleted, "an awaiting job of a cancelled batch")
	s.end(ids[1], storage.Delete)
	s.end(parent, storage.Succeed)
	for _, id := range append(ids, late.ID) {
		e.wantState(id, storage.Deleted, "no continuation is released in a cancelled batch")
	}
	s.fetchNone("the batch was cancelled")
}

// doc.go, what broke the first version: "A batch that cancelled jobs kept adding to never ended."
func cancelledGrowing(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job(), e.job())
	s.fetch(2)
	_, err := e.store.CancelBatch(e.ctx, batch, "anna")
	e.must(err, "CancelBatch")
	for _, id := range ids {
		e.enqueue(inBatch(batch))
		s.end(id, storage.Delete)
	}
	e.cancelBatch(batch)
	b := e.wantBatch(batch, storage.Deleted, "what cancelled jobs add is deleted, so the batch ends")
	e.check(b.Total == 4 && b.Pending == 0, "the added jobs are counted: got %+v", b)
}

// "Requeueing one of its jobs clears the mark of its batch and of those around it."
func cancelledRequeue(e *env) {
	s := e.session()
	outer, own := e.newBatch(storage.NewBatch{}, e.job())
	inner, nested := e.newBatch(storage.NewBatch{Parent: outer}, e.job())
	e.cancelBatch(outer)
	e.do(storage.Requeue, nested[0])
	e.wantState(nested[0], storage.Enqueued, "a requeued job runs, though its batch was cancelled")
	for _, id := range []storage.ID{inner, outer} {
		e.check(!e.wantBatch(id, storage.Processing, "a job in it was requeued").Cancelled, "requeueing a job clears the mark")
	}
	e.wantState(own[0], storage.Deleted, "the other jobs stay as they are")
	s.end(nested[0], storage.Retry)
	e.wantState(nested[0], storage.Enqueued, "the batch is not cancelled any more, so a retry is a retry")
	e.wantState(e.enqueue(inBatch(inner)), storage.Enqueued, "and jobs may be added")
}

// "in bounded steps; it reports whether more are left: call again".
func cancelBatchSteps(e *env) {
	jobs := make([]storage.NewJob, e.h.Rows+storage.MaxRelease)
	for i := range jobs {
		jobs[i] = e.job()
	}
	batch, ids := e.newBatch(storage.NewBatch{}, jobs...)
	e.cancelBatch(batch)
	b := e.wantBatch(batch, storage.Deleted, "CancelBatch says that nothing is left")
	e.check(b.Deleted == len(ids), "every job was cancelled: want %d, got %+v", len(ids), b)
}
