package storagetest

import (
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// doc.go, Continuations: "Only the parent's end sets it, once per run and only by a
// higher run, also while the child is skipped. An edge whose condition was met stays so,
// whatever a requeued parent does later. ... Requeueing the parent makes it, and what was
// skipped below it, awaiting again, and each is judged anew at once from its edges."
var restoreTests = []test{
	{"what a requeued parent skipped waits again", restored},
	{"what was skipped below waits again too", restoredBelow},
	{"what fired stays fired", firedStays},
	{"a child does not run twice", firedOnce},
	{"a parent that ends twice is one parent", endsTwiceIsOne},
	{"an end while the child is skipped is kept", endWhileSkipped},
	{"a failed parent skips again at once", skippedAnew},
	{"an edge not met is judged by the higher run", higherRun},
	{"a cancelled child is not restored", cancelledNotRestored},
	{"a child requeued before its parents waits for them", requeuedChildWaits},
	{"a requeued child whose parents succeeded runs", requeuedChildRuns},
	{"a skipped child requeued by itself waits for its parent", requeuedSkipped},
	{"a skipped child is kept as long as its parent", skippedKept},
	{"a skipped child with a due time counts anew", restoredDelay},
	{"the skip of a second run names it", skippedBySecondRun},
	{"a restored chain runs through", restoredChain},
	{"more children than one step may restore", overMaxRestore},
}

func restored(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent))
	s.end(parent, storage.Fail)
	e.wantState(child, storage.Deleted, "the parent failed")
	e.do(storage.Requeue, parent)
	d := e.wantState(child, storage.Awaiting, "the requeued parent has what its end skipped wait again")
	e.check(d.FinishedAt.IsZero() && d.RetainedTo.IsZero(), "an awaiting job is not final: got %v, %v", d.FinishedAt, d.RetainedTo)
	s.end(parent, storage.Succeed)
	e.wantState(child, storage.Enqueued, "this time the parent succeeded")
}

func restoredBelow(e *env) {
	s := e.session()
	a := e.job()
	b := e.job(after(a.ID))
	c := e.job(after(b.ID))
	undo := e.job(afterOn(storage.OnFailure, c.ID))
	e.add(a, b, c, undo)
	s.end(a.ID, storage.Delete)
	for _, id := range []storage.ID{b.ID, c.ID, undo.ID} {
		e.wantState(id, storage.Deleted, "skipped with its parent")
	}
	e.do(storage.Requeue, a.ID)
	for _, id := range []storage.ID{b.ID, c.ID, undo.ID} {
		e.wantState(id, storage.Awaiting, "what was skipped below a requeued job waits again")
	}
}

func restoredChain(e *env) {
	s := e.session()
	jobs := []storage.NewJob{e.job()}
	for i := range 5 {
		jobs = append(jobs, e.job(after(jobs[i].ID)))
	}
	ids := e.add(jobs...)
	for range 2 {
		s.end(ids[0], storage.Fail)
		e.wantState(ids[5], storage.Deleted, "the head of the chain failed")
		e.do(storage.Requeue, ids[0])
		e.wantState(ids[5], storage.Awaiting, "the head of the chain was requeued")
	}
	for _, id := range ids {
		s.end(id, storage.Succeed)
	}
	e.wantState(ids[5], storage.Succeeded, "the chain ran through")
}

func firedStays(e *env) {
	s := e.session()
	parent := e.enqueue()
	child, undo := e.enqueue(after(parent)), e.enqueue(afterOn(storage.OnFailure, parent))
	s.end(parent, storage.Succeed)
	e.do(storage.Requeue, parent)
	e.wantState(child, storage.Enqueued, "what fired stays fired when its parent is requeued")
	e.wantState(undo, storage.Awaiting, "what was skipped waits again")
	s.end(parent, storage.Fail)
	s.end(child, storage.Succeed)
	e.wantState(child, storage.Succeeded, "what fired stays fired, whatever the requeued parent does")
	e.wantState(undo, storage.Enqueued, "the requeued parent failed, which this one waits for")
}

func firedOnce(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent))
	s.end(parent, storage.Succeed)
	s.end(child, storage.Succeed)
	e.do(storage.Requeue, parent)
	s.end(parent, storage.Succeed)
	e.wantState(child, storage.Succeeded, "a child that ran does not run again when its parent does")
	s.fetchNone("nothing is released a second time")
}

// doc.go, what broke the first version: "A child of two parents was released by a
// parent that ended, was requeued and ended again, while the other ran."
func endsTwiceIsOne(e *env) {
	s := e.session()
	a, b := e.enqueue(), e.enqueue()
	child := e.enqueue(after(a, b))
	s.take(b)
	s.end(a, storage.Succeed)
	e.do(storage.Requeue, a)
	s.end(a, storage.Succeed)
	e.wantState(child, storage.Awaiting, "nothing counts ends: one parent that ended twice is not two parents")
	s.end(b, storage.Succeed)
	e.wantState(child, storage.Enqueued, "both parents succeeded")
}

// "... also while the child is skipped."
func endWhileSkipped(e *env) {
	s := e.session()
	a, b := e.enqueue(), e.enqueue()
	child := e.enqueue(after(a, b))
	s.end(a, storage.Fail)
	s.end(b, storage.Succeed)
	e.wantState(child, storage.Deleted, "skipped by the parent that failed")
	e.do(storage.Requeue, a)
	e.wantState(child, storage.Awaiting, "it waits for the requeued parent")
	s.end(a, storage.Succeed)
	e.wantState(child, storage.Enqueued, "the other parent succeeded while the child was skipped, and its edge kept that")
}

// "each is judged anew at once from its edges".
func skippedAnew(e *env) {
	s := e.session()
	a, b := e.enqueue(), e.enqueue()
	child := e.enqueue(after(a, b))
	s.end(a, storage.Fail)
	s.end(b, storage.Fail)
	e.do(storage.Requeue, a)
	d := e.wantState(child, storage.Deleted, "the other parent failed while the child was skipped, so it is skipped by that one now")
	e.wantSkippedBy(d, b, 1)
	e.do(storage.Requeue, b)
	e.wantState(child, storage.Awaiting, "both parents run again")
	s.end(a, storage.Succeed)
	s.end(b, storage.Succeed)
	e.wantState(child, storage.Enqueued, "both parents succeeded")
}

func higherRun(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(afterOn(storage.OnFailure, parent))
	s.end(parent, storage.Succeed)
	e.do(storage.Requeue, parent)
	s.end(parent, storage.Retry)
	s.end(parent, storage.Fail)
	e.wantState(child, storage.Enqueued, "the parent's third run failed, which the child waits for")
	edge := e.get(child).ParentsOf[0]
	e.check(edge.Ended == storage.Failed && edge.Run == 3, "the edge keeps the end of the higher run: got %+v", edge)
}

func skippedBySecondRun(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent))
	s.end(parent, storage.Fail)
	e.do(storage.Requeue, parent)
	s.end(parent, storage.Fail)
	e.wantSkippedBy(e.wantState(child, storage.Deleted, "the parent failed again"), parent, 2)
}

// Requeue: "What was skipped by its last end ... becomes awaiting again": a cancelled job was not skipped.
func cancelledNotRestored(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent))
	e.do(storage.Cancel, child)
	s.end(parent, storage.Fail)
	e.do(storage.Requeue, parent)
	e.wantState(child, storage.Deleted, "a child that somebody cancelled was not skipped by its parent, so it is not restored")
}

// Requeue: "A job with an edge that is not satisfied becomes awaiting itself."
func requeuedChildWaits(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent))
	e.do(storage.Cancel, child)
	e.do(storage.Requeue, child)
	e.wantState(child, storage.Awaiting, "its parent has not ended, so it waits again")
	s.end(parent, storage.Succeed)
	s.end(child, storage.Succeed)
}

func requeuedChildRuns(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent), inputFrom(parent, "x"))
	s.end(parent, storage.Succeed, result(`5`))
	s.end(child, storage.Fail)
	e.do(storage.Remove, parent)
	e.do(storage.Requeue, child)
	e.check(string(s.take(child).Job.Input) == `5`, "a requeued child keeps its input: got %q", s.runs[child].Job.Input)
}

func requeuedSkipped(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent))
	s.end(parent, storage.Fail)
	e.control(storage.Control{Action: storage.Requeue, IDs: []storage.ID{child}})
	st := e.get(child).State
	e.check(st == storage.Awaiting || st == storage.Deleted, "its parent failed, so it must not run: got %v", st)
	s.fetchNone("the edge of the child is not met")
	e.do(storage.Requeue, parent)
	e.wantState(child, storage.Awaiting, "its parent runs again")
	s.end(parent, storage.Succeed)
	e.wantState(child, storage.Enqueued, "its parent succeeded")
}

// "It is kept as long as that parent."
func skippedKept(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent))
	grandchild := e.enqueue(after(child))
	s.end(parent, storage.Fail)
	e.sleep(storage.RetainDeleted + 24*time.Hour)
	s.ticks()
	e.wantState(parent, storage.Failed, "a failed job is kept for RetainFailed")
	e.wantState(child, storage.Deleted, "a skipped child is kept as long as the parent that skipped it")
	e.do(storage.Requeue, parent)
	e.wantState(child, storage.Awaiting, "so that a requeue can restore it")
	e.wantState(grandchild, storage.Awaiting, "and what was skipped below it")
}

// Job.Delay: "awaiting: its Due as an offset from its release".
func restoredDelay(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent), in(5*time.Second))
	s.end(parent, storage.Fail)
	e.sleep(time.Minute)
	e.do(storage.Requeue, parent)
	s.end(parent, storage.Succeed)
	d := e.wantState(child, storage.Scheduled, "a restored child has its due time still")
	e.wantTime(d.DueAt, e.now().Add(5*time.Second), "counted from its release")
	e.check(!strings.Contains(d.Reason, "skipped"), "Reason is why it is in its state now: got %q", d.Reason)
}

// MaxRelease: "jobs released, skipped or restored within one step; Tick does the rest".
func overMaxRestore(e *env) {
	s := e.session()
	parent := e.enqueue()
	kids := e.enqueueEach(storage.MaxRelease+50, after(parent))
	s.end(parent, storage.Fail)
	s.ticks()
	e.do(storage.Requeue, parent)
	s.ticks()
	c, err := e.store.Count(e.ctx, storage.Filter{Parent: parent}, 2*storage.MaxRelease)
	e.must(err, "Count")
	e.check(c.By[storage.Awaiting] == len(kids), "Tick restores what one step could not: want %d awaiting, got %v", len(kids), c.By)
	s.end(parent, storage.Succeed)
	s.ticks()
	c, err = e.store.Count(e.ctx, storage.Filter{Parent: parent}, 2*storage.MaxRelease)
	e.must(err, "Count")
	e.check(c.By[storage.Enqueued] == len(kids), "and all are released by the parent's success: want %d enqueued, got %v", len(kids), c.By)
}
