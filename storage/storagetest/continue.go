package storagetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// doc.go, Continuations: "A child is awaiting until each parent is final."
var continueTests = append([]test{
	{"a child waits for its parent's end", childWaits},
	{"a retry is no end", retryIsNoEnd},
	{"fan-out", fanOut},
	{"fan-in waits for every parent", fanIn},
	{"fan-in is judged as soon as an edge is not met", fanInEarly},
	{"a chain runs one by one", chain},
	{"a diamond joins once", diamond},
	{"a parent that is final already is judged in the insert", parentFinal},
	{"a swept parent is unknown", parentSwept},
	{"a due time counts from the release", delayFromRelease},
	{"the input is the parent's result", inputIsResult},
	{"a success without a result gives JSON null", inputNull},
	{"the input is copied when its parent ends", inputCopiedEarly},
	{"the input of a parent that is final already", inputOfFinal},
	{"skipping goes down the chain", skipCascade},
	{"an end by skipping is an end like any other", skipReleases},
	{"the edges tell how the parents ended", edgesTell},
	{"more children than one page", manyEdges},
	{"children in the parent's group or later", childrenLater},
	{"a parent in another lane", parentInOtherLane},
	{"more children than one step may release", overMaxRelease},
	{"more children than one step may skip", overMaxSkip},
}, conditionTests()...)

var ends = []struct {
	kind  storage.OutcomeKind
	state storage.State
}{{storage.Succeed, storage.Succeeded}, {storage.Fail, storage.Failed}, {storage.Delete, storage.Deleted}}

var conditions = []storage.Condition{storage.OnSuccess, storage.OnFailure, storage.OnDeleted, storage.OnAny}

// conditionTests makes a test of each condition with each end of a parent.
func conditionTests() []test {
	var tests []test
	for _, c := range conditions {
		for _, end := range ends {
			tests = append(tests, test{fmt.Sprintf("on %v, parent %v", c, end.state), func(e *env) {
				s := e.session()
				parent := e.enqueue()
				child := e.enqueue(afterOn(c, parent))
				s.end(parent, end.kind)
				if c.Met(end.state) {
					e.wantState(child, storage.Enqueued, "the condition is met")
					s.end(child, storage.Succeed)
					return
				}
				d := e.wantState(child, storage.Deleted, "the condition is not met")
				e.wantSkippedBy(d, parent, 1)
				s.fetchNone("a skipped child is not given")
			}})
		}
	}
	return tests
}

// wantSkippedBy: `deleted with the reason "skipped by run N of <parent>"`.
func (e *env) wantSkippedBy(d storage.Details, parent storage.ID, run int) {
	e.Helper()
	want := fmt.Sprintf("skipped by run %d of %v", run, parent)
	e.check(strings.Contains(d.Reason, want), "a skipped child says by whom: want the reason %q, got %q", want, d.Reason)
}

func childWaits(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent))
	d := e.wantState(child, storage.Awaiting, "a job with a parent that is not final")
	e.wantIDs(d.Parents, []storage.ID{parent}, "Job.Parents")
	s.take(parent)
	s.fetchNone("the parent runs, so the child waits")
	s.end(parent, storage.Succeed)
	d = e.wantState(child, storage.Enqueued, "the parent succeeded")
	e.wantTime(d.EnqueuedAt, e.now(), "EnqueuedAt of a released child")
	s.end(child, storage.Succeed)
}

func retryIsNoEnd(e *env) {
	s := e.session()
	parent := e.enqueue()
	kids := []storage.ID{e.enqueue(after(parent)), e.enqueue(afterOn(storage.OnFailure, parent)), e.enqueue(afterOn(storage.OnAny, parent))}
	for _, k := range []storage.OutcomeKind{storage.Retry, storage.Snooze, storage.Release} {
		s.end(parent, k)
		for _, kid := range kids {
			e.wantState(kid, storage.Awaiting, "a "+k.String()+" is no end of the parent")
		}
	}
	s.end(parent, storage.Succeed)
	e.wantState(kids[0], storage.Enqueued, "now it ended")
}

func fanOut(e *env) {
	s := e.session()
	parent := e.enqueue()
	kids := e.enqueueEach(50, after(parent))
	s.end(parent, storage.Succeed)
	e.wantSet(s.fetchIDs(100), kids, "all children are released in one step with the parent's end")
}

// "A child is released when every edge is met".
func fanIn(e *env) {
	s := e.session()
	parents := e.enqueueEach(5)
	child := e.enqueue(after(parents...))
	for _, i := range []int{3, 0, 4, 1} {
		s.end(parents[i], storage.Succeed)
		e.wantState(child, storage.Awaiting, "not every parent has ended")
	}
	s.end(parents[2], storage.Succeed)
	e.wantState(child, storage.Enqueued, "every parent succeeded")
}

// "As soon as an edge is judged and not met, the child is deleted".
func fanInEarly(e *env) {
	s := e.session()
	parents := e.enqueueEach(3)
	child := e.enqueue(after(parents...))
	s.end(parents[1], storage.Fail)
	d := e.wantState(child, storage.Deleted, "one parent failed, so the child can never run, whatever the others do")
	e.wantSkippedBy(d, parents[1], 1)
	s.end(parents[0], storage.Succeed)
	s.end(parents[2], storage.Succeed)
	e.wantState(child, storage.Deleted, "the ends of the other parents change nothing")
}

func chain(e *env) {
	s := e.session()
	jobs := []storage.NewJob{e.job()}
	for i := range 9 {
		jobs = append(jobs, e.job(after(jobs[i].ID)))
	}
	for _, id := range e.add(jobs...) {
		e.wantIDs(s.fetchIDs(10), []storage.ID{id}, "the jobs of a chain come one after the other")
		s.end(id, storage.Succeed)
	}
}

func diamond(e *env) {
	s := e.session()
	root := e.job()
	left, right := e.job(after(root.ID)), e.job(after(root.ID))
	join := e.job(after(left.ID, right.ID))
	e.add(root, left, right, join)
	s.end(root.ID, storage.Succeed)
	s.end(right.ID, storage.Succeed)
	e.wantState(join.ID, storage.Awaiting, "one side is not through")
	s.end(left.ID, storage.Succeed)
	e.wantIDs(s.fetchIDs(10), []storage.ID{join.ID}, "both sides are through, and the join comes once")
}

// Insert: "A continuation of a parent that is final already is judged in the same step".
func parentFinal(e *env) {
	s := e.session()
	for _, end := range ends {
		parent := e.finished(s, end.kind)
		for _, c := range conditions {
			j := e.job(afterOn(c, parent))
			in := e.insert(storage.Group{Jobs: []storage.NewJob{j}})[0]
			want := storage.Deleted
			if c.Met(end.state) {
				want = storage.Enqueued
			}
			why := fmt.Sprintf("a continuation on %v of a parent that is %v already", c, end.state)
			d := e.wantState(j.ID, want, why)
			e.check(in.State == want, "%s: the answer tells the state, want %v, got %v", why, want, in.State)
			if want == storage.Deleted {
				e.wantSkippedBy(d, parent, 1)
			}
		}
	}
	done, open := e.finished(s, storage.Succeed), e.enqueue()
	e.wantState(e.enqueue(after(done, open)), storage.Awaiting, "one of two parents is final already")
}

func parentSwept(e *env) {
	s := e.session()
	parent := e.finished(s, storage.Succeed)
	e.sleep(storage.RetainSucceeded + time.Minute)
	s.ticks()
	e.refused(storage.Group{Jobs: []storage.NewJob{e.job(after(parent))}}, storage.ErrUnknownParent, "a continuation of a job that was swept")
}

// "it becomes enqueued, or scheduled when it has a Due, counted from then."
func delayFromRelease(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent), in(5*time.Second))
	d := e.wantState(child, storage.Awaiting, "a child with a due time waits for its parent first")
	e.check(d.Delay == 5*time.Second, "Delay is its due time as an offset from its release: got %v", d.Delay)
	e.sleep(10 * time.Second)
	s.ticks()
	e.wantState(child, storage.Awaiting, "its due time counts from the release, so it has not begun")
	s.end(parent, storage.Succeed)
	d = e.wantState(child, storage.Scheduled, "released, but not due")
	e.wantTime(d.DueAt, e.now().Add(5*time.Second), "DueAt counts from the release")
	e.sleep(6 * time.Second)
	s.ticks()
	s.end(child, storage.Succeed)
}

// "That is an end like any other: the child's own children are judged too."
func skipCascade(e *env) {
	s := e.session()
	jobs := []storage.NewJob{e.job()}
	for i := range 20 {
		jobs = append(jobs, e.job(after(jobs[i].ID)))
	}
	ids := e.add(jobs...)
	s.end(ids[0], storage.Fail)
	for i, id := range ids[1:] {
		d := e.wantState(id, storage.Deleted, fmt.Sprintf("the head of the chain failed, so job %d can never run", i+1))
		e.check(strings.Contains(d.Reason, "skipped by run"), "a skipped child says by whom: got %q", d.Reason)
		e.check(strings.Contains(d.Reason, ids[i].String()), "it is skipped by its own parent %v: got %q", ids[i], d.Reason)
	}
}

func skipReleases(e *env) {
	s := e.session()
	root := e.enqueue()
	skipped := e.enqueue(after(root))
	onDeleted, onAny := e.enqueue(afterOn(storage.OnDeleted, skipped)), e.enqueue(afterOn(storage.OnAny, skipped))
	onFailure := e.enqueue(afterOn(storage.OnFailure, skipped))
	s.end(root, storage.Fail)
	e.wantState(onDeleted, storage.Enqueued, "the skipped parent is deleted, which this one waits for")
	e.wantState(onAny, storage.Enqueued, "the skipped parent ended, which this one waits for")
	e.wantState(onFailure, storage.Deleted, "the skipped parent did not fail")
}

// Edge: "Ended: how the parent ended for this edge; Run: the parent's fetch number at that end".
func edgesTell(e *env) {
	s := e.session()
	a, b := e.enqueue(kind(kindB)), e.enqueue()
	child := e.enqueue(afterOn(storage.OnAny, a, b))
	s.end(a, storage.Retry)
	s.end(a, storage.Fail)
	edges := e.get(child).ParentsOf
	e.check(len(edges) == 2, "one edge for each parent: got %+v", edges)
	for _, edge := range edges {
		e.check(edge.On == storage.OnAny && !edge.Batch, "an edge tells its condition: got %+v", edge)
		if edge.Job == a {
			e.check(edge.Ended == storage.Failed && edge.Run == 2 && edge.State == storage.Failed && edge.Kind == kindB,
				"the edge of a parent that failed in its second run: got %+v", edge)
		} else {
			e.check(edge.Job == b && edge.Ended == 0 && edge.State == storage.Processing, "the edge of a parent that runs: got %+v", edge)
		}
	}
	kids := e.get(a).Children
	e.check(len(kids) == 1 && kids[0].Job == child && kids[0].State == storage.Awaiting && kids[0].Ended == storage.Failed,
		"the parent knows its child by the same edge: got %+v", kids)
}

// Details.Children: "at most MaxPage".
func manyEdges(e *env) {
	parent := e.enqueue()
	kids := e.enqueueEach(storage.MaxPage+10, after(parent))
	d := e.get(parent)
	e.check(len(d.Children) == storage.MaxPage && d.MoreKids, "Children are at most %d, and MoreKids tells of the rest: got %d, %v", storage.MaxPage, len(d.Children), d.MoreKids)
	e.wantSet(e.list(storage.Filter{Parent: parent}), kids, "Filter.Parent lists all continuations")
	e.check(!e.get(kids[0]).MoreKids, "a job without children has no more of them")
}

func childrenLater(e *env) {
	s := e.session()
	parent := e.job()
	together := e.job(after(parent.ID))
	e.add(parent, together)
	s.take(parent.ID)
	later := e.enqueue(after(parent.ID))
	s.end(parent.ID, storage.Succeed)
	e.wantSet(s.fetchIDs(10), []storage.ID{together.ID, later}, "children are released whenever they were stored")
}

// Group: "parents and batches named may be in other lanes".
func parentInOtherLane(e *env) {
	s := e.session()
	parent := e.enqueue(withID(storage.NewIDIn(1)))
	child := e.enqueue(withID(storage.NewIDIn(9999)), after(parent), inputFrom(parent, "x"))
	skipped := e.enqueue(withID(storage.NewIDIn(5000)), afterOn(storage.OnFailure, parent))
	s.end(parent, storage.Succeed, result(`1`))
	e.eventually(func() bool { return e.get(child).State == storage.Enqueued }, "a parent in another lane succeeded")
	e.eventually(func() bool { return e.get(skipped).State == storage.Deleted }, "a parent in another lane did not fail")
	e.check(string(s.take(child).Job.Input) == `1`, "the input crosses lanes: got %q", s.runs[child].Job.Input)
}

// doc.go: "up to MaxRelease jobs in the step itself and the rest, noted in that step, in
// bounded steps of Tick". Skip: "its last end still releases others".
func overMaxRelease(e *env) {
	s := e.session()
	parent := e.enqueue()
	const n = storage.MaxRelease + 200
	kids := e.enqueueEach(n, after(parent))
	s.end(parent, storage.Succeed)
	e.skipped(storage.Control{Action: storage.Requeue, IDs: []storage.ID{parent}}, "one step releases MaxRelease jobs at most, so the parent's end still releases others")
	s.ticks()
	var got []storage.ID
	for range 5 {
		got = append(got, s.fetchIDs(400)...)
	}
	e.wantSet(got, kids, "Tick releases the rest, and each child is given once")
	e.do(storage.Requeue, parent)
}

func overMaxSkip(e *env) {
	s := e.session()
	parent := e.enqueue()
	kids := e.enqueueEach(storage.MaxRelease+50, after(parent))
	last := e.enqueue(after(kids[len(kids)-1]))
	s.end(parent, storage.Fail)
	s.ticks()
	c, err := e.store.Count(e.ctx, storage.Filter{Parent: parent}, 2*storage.MaxRelease)
	e.must(err, "Count")
	e.check(c.By[storage.Deleted] == len(kids), "Tick skips what one step could not: want %d deleted, got %v", len(kids), c.By)
	e.wantState(last, storage.Deleted, "and goes down from there")
}
