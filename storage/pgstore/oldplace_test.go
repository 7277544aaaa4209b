package pgstore_test

import (
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// A job that another process gives back to its old place is found soon, though the line
// is never empty and a second server of this process looks at its own queue all the time.
func TestOldPlaceIsFoundBesideOtherServers(t *testing.T) {
	s := newStage(t)
	for range 4 {
		s.add(1000)
	}
	other := stageOn(t, s.pool)
	first := other.fetch(1)
	idle := &stage{t: t, pool: s.pool, store: s.store, id: storage.NewID()}
	s.must(s.store.OpenSession(t.Context(), storage.Session{ID: idle.id, Server: "idle", Queues: []string{"empty"}, Kinds: kinds}))
	look := func() {
		r := idle.request(1)
		r.Queues = []string{"q2"}
		_, err := s.store.Fetch(t.Context(), r)
		s.must(err)
	}
	j := job()
	j.Queue = "q2"
	_, err := s.store.Insert(t.Context(), storage.Group{Jobs: []storage.NewJob{j}})
	s.must(err)
	time.Sleep(300 * time.Millisecond) // what is younger is looked at anyway
	for range 10 {
		look()
		s.fetch(1)
	}
	_, err = other.store.Settle(t.Context(), storage.SettleRequest{Session: other.id,
		Outcomes: []storage.Outcome{{Token: first[0].Token, Kind: storage.Release}}})
	s.must(err)
	for start := time.Now(); ; {
		look()
		got := s.fetch(1)
		if len(got) == 1 && got[0].Job.ID == first[0].Job.ID {
			return
		}
		if took := time.Since(start); len(got) != 1 || took > 3*time.Second {
			t.Fatalf("the job was not given within %v; %d jobs", took, len(got))
		}
		time.Sleep(2 * time.Millisecond)
	}
}
