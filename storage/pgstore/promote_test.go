package pgstore_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/pgstore"
)

// Many jobs that fall due together are enqueued by few ticks, in the order in which they
// were due.
func TestManyDue(t *testing.T) {
	clock := new(atomic.Int64)
	s := newStage(t, pgstore.Offset(clock))
	const jobs = 3000
	want := make(map[storage.ID]bool)
	due := time.Now().Add(time.Hour)
	for range jobs / 500 {
		var g storage.Group
		for range 500 {
			j := job()
			j.Due = storage.When{At: due}
			g.Jobs, want[j.ID] = append(g.Jobs, j), true
		}
		r, err := s.store.Insert(t.Context(), g)
		s.must(err)
		s.must(r[0].Err)
	}
	clock.Add(time.Hour.Microseconds())
	ticks, moved := 0, 0
	for more := true; more; {
		r, err := s.store.Tick(t.Context(), storage.TickRequest{Session: s.id, Budget: 1000})
		s.must(err)
		moved, more = moved+r.Moved, r.More
		ticks++
	}
	if moved != jobs || ticks > jobs/1000+1 {
		t.Errorf("%d of %d jobs were promoted by %d ticks", moved, jobs, ticks)
	}
	for len(want) > 0 {
		got := s.fetch(1000)
		if len(got) == 0 {
			t.Fatalf("%d jobs are missing", len(want))
		}
		for _, j := range got {
			delete(want, j.Job.ID)
		}
		s.settle(got)
	}
	counts, err := s.store.Count(t.Context(), storage.Filter{}, 10*jobs)
	s.must(err)
	if counts.By[storage.Succeeded] != jobs || len(counts.By) != 1 {
		t.Errorf("counters: got %v", counts.By)
	}
}
