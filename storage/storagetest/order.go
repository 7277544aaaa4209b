package storagetest

import (
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Fetch takes jobs "in order of queue, then priority, then the sequence given when
// each became enqueued".
var orderTests = []test{
	{"first in, first out", func(e *env) {
		ids := e.enqueueEach(20)
		e.wantIDs(e.session().fetchIDs(20), ids, "jobs of one queue and priority come in the order in which they became enqueued")
	}},
	{"in a group as it lists them", func(e *env) {
		ids := e.add(e.job(), e.job(), e.job(), e.job())
		e.wantIDs(e.session().fetchIDs(4), ids, "jobs of one group come in its order")
	}},
	{"never by id", func(e *env) {
		old, young := e.job(), e.job()
		e.add(young)
		e.add(old)
		e.wantIDs(e.session().fetchIDs(2), []storage.ID{young.ID, old.ID}, "a queue is never ordered by id: the older id was stored later")
	}},
	{"by priority, 0 first", func(e *env) {
		var want []storage.ID
		for p := 3; p >= 0; p-- {
			want = append(want, e.enqueue(priority(p)))
		}
		slices.Reverse(want)
		e.wantIDs(e.session().fetchIDs(4), want, "priority 0 goes first and 3 last, whenever they came")
	}},
	{"by queue, in the order of the request", func(e *env) {
		low := e.enqueue(on("low"), priority(0))
		high := []storage.ID{e.enqueue(on("high"), priority(3)), e.enqueue(on("high"), priority(3))}
		got := e.session(serving("high", "low")).fetchIDs(3)
		e.wantIDs(got, append(high, low), "the first queue is emptied first, whatever the priorities")
	}},
	{"priorities in several queues", manyOrdered},
	{"a promoted job goes behind those enqueued before", func(e *env) {
		first := e.enqueue(in(2 * time.Second))
		second := e.enqueue()
		e.sleep(3 * time.Second)
		e.keep()
		e.wantIDs(e.session().fetchIDs(2), []storage.ID{second, first}, "the sequence is given when a job becomes enqueued, not when it is stored")
	}},
	{"a retried job goes behind those enqueued before", func(e *env) {
		s := e.session()
		retried := e.enqueue()
		s.take(retried)
		waiting := e.enqueue()
		s.end(retried, storage.Retry)
		e.wantIDs(s.fetchIDs(2), []storage.ID{waiting, retried}, "a retry without delay becomes enqueued anew")
	}},
	{"a released job keeps its place", func(e *env) {
		s := e.session()
		released := e.enqueue()
		s.take(released)
		waiting := e.enqueue()
		s.end(released, storage.Release)
		e.wantIDs(s.fetchIDs(2), []storage.ID{released, waiting}, "what comes back by release keeps its place")
	}},
	{"a job of a closed session keeps its place", func(e *env) {
		s := e.session()
		back := e.enqueue()
		s.take(back)
		waiting := e.enqueue()
		s.close()
		e.wantIDs(e.session().fetchIDs(2), []storage.ID{back, waiting}, "what comes back by the end of its session keeps its place")
	}},
	{"a reclaimed job keeps its place", func(e *env) {
		dead, s := e.session(), e.session()
		lost := e.enqueue()
		dead.take(lost)
		waiting := e.enqueue()
		e.live(2*lease, s)
		e.wantIDs(s.fetchIDs(2), []storage.ID{lost, waiting}, "recovery does not wait for the backlog: what comes back by reclaim keeps its place")
	}},
	{"a requeued job goes behind those enqueued before", func(e *env) {
		s := e.session()
		failed := e.finished(s, storage.Fail)
		waiting := e.enqueue()
		e.do(storage.Requeue, failed)
		e.wantIDs(s.fetchIDs(2), []storage.ID{waiting, failed}, "a requeued job becomes enqueued anew")
	}},
	{"a released continuation goes behind those enqueued before", func(e *env) {
		s := e.session()
		parent := e.enqueue()
		child := e.enqueue(after(parent))
		s.take(parent)
		waiting := e.enqueue()
		s.end(parent, storage.Succeed)
		e.wantIDs(s.fetchIDs(2), []storage.ID{waiting, child}, "a continuation becomes enqueued when its parent ends")
	}},
}

func manyOrdered(e *env) {
	queues := []string{"a", "b", "c"}
	want := map[string][4][]storage.ID{}
	for i := range 120 {
		q, p := queues[i%3], (i*7)%4
		lines := want[q]
		lines[p] = append(lines[p], e.enqueue(on(q), priority(p)))
		want[q] = lines
	}
	var ids []storage.ID
	order := []string{"b", "c", "a"}
	for _, q := range order {
		for _, line := range want[q] {
			ids = append(ids, line...)
		}
	}
	s := e.session(serving(order...))
	var got []storage.ID
	for range 12 {
		got = append(got, s.fetchIDs(10)...)
	}
	e.wantIDs(got, ids, "order of queue, then priority, then sequence, over many calls")
}
