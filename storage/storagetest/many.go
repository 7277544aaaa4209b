package storagetest

import (
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Stores keep jobs alike together where they can. Nobody may see that: each has its place,
// can be taken out by itself, and is listed by itself.
var manyTests = []test{
	{"each keeps its place", manyInOrder},
	{"one is taken out of the middle", manyWithout},
	{"others stand between them", manyBetween},
	{"all are listed", manyListed},
}

// many adds n jobs alike in one call.
func (e *env) many(n int) []storage.ID {
	e.Helper()
	jobs := make([]storage.NewJob, n)
	for i := range jobs {
		jobs[i] = e.job()
	}
	return e.add(jobs...)
}

// without is ids without those.
func without(ids []storage.ID, gone ...storage.ID) []storage.ID {
	return slices.DeleteFunc(slices.Clone(ids), func(id storage.ID) bool { return slices.Contains(gone, id) })
}

// drain fetches as many at a time as size says, and ends them, until it has those wanted.
func (s *session) drain(want []storage.ID, size func(call int) int) {
	s.e.Helper()
	var got []storage.ID
	for call := 0; len(got) < len(want); call++ {
		jobs := s.fetch(size(call))
		if len(jobs) == 0 {
			break
		}
		var ends []storage.Outcome
		for _, j := range jobs {
			got = append(got, j.Job.ID)
			ends = append(ends, storage.Outcome{Token: j.Token, Kind: storage.Succeed})
		}
		s.settle(ends...)
	}
	s.e.wantIDs(got, want, "jobs of one queue and priority come in the order in which they became enqueued, however many are fetched at a time")
	s.fetchNone("all were given")
}

func manyInOrder(e *env) {
	want := slices.Concat(e.many(150), e.many(3), e.many(70))
	for range 10 {
		want = append(want, e.enqueue())
	}
	s := e.session()
	s.drain(want, func(call int) int { return 1 + 7*call })
	s.drain(e.many(65), func(int) int { return 13 })
}

func manyWithout(e *env) {
	ids := e.many(40)
	s := e.session()
	e.wantIDs(s.fetchIDs(1), ids[:1], "the first")
	e.wantIDs(s.fetchIDs(9), ids[1:10], "those behind it")
	e.do(storage.Cancel, ids[20], ids[39])
	e.wantState(ids[20], storage.Deleted, "Cancel of a job among many")
	e.wantState(ids[21], storage.Enqueued, "its neighbour")
	want := append(without(ids[10:], ids[20], ids[39]), e.many(30)...)
	s.drain(want, func(int) int { return 6 })
}

func manyBetween(e *env) {
	var want []storage.ID
	for i := range 4 {
		few := e.many(70)
		odd := e.enqueue(expires(time.Hour))
		if i%2 == 0 {
			e.do(storage.Cancel, few[3], few[40], few[69])
			few = without(few, few[3], few[40], few[69])
		}
		want = append(append(want, few...), odd)
	}
	e.session().drain(want, func(call int) int { return 100 - 20*(call%4) })
}

func manyListed(e *env) {
	var want []storage.ID
	for i := range 12 {
		want = append(want, e.many(1+7*i)...)
	}
	s := e.session()
	want = without(want, s.fetchIDs(30)...)
	e.do(storage.Cancel, want[200])
	want = without(want, want[200])
	e.wantPages(storage.Filter{States: []storage.State{storage.Enqueued}}, 37, sorted(want))
	q := e.queue(e.job().Queue)
	e.check(q.Enqueued == len(want) && !q.Oldest.IsZero(), "Queues: want %d jobs that wait, got %+v", len(want), q)
}
