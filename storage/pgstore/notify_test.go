package pgstore_test

import (
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage/pgstore"
)

// wakes stores a job on one store and says how long another one slept over it.
func wakes(s, other *stage) time.Duration {
	s.t.Helper()
	r, err := other.store.Fetch(s.t.Context(), other.request(1))
	s.must(err)
	if len(r.Jobs) > 0 {
		s.t.Fatal("there should be no work yet")
	}
	start := time.Now()
	s.add(1)
	for {
		s.must(other.store.Wait(s.t.Context(), []string{"q"}, r.Mark))
		r, err = other.store.Fetch(s.t.Context(), other.request(1))
		s.must(err)
		if len(r.Jobs) > 0 {
			other.settle(r.Jobs)
			return time.Since(start)
		}
	}
}

// heard waits until the store's listener is connected.
func (s *stage) heard(want bool) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); s.store.Hears() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("the listener: want %v", want)
		}
	}
}

// Work that another process stored is told; also after the connection that listens was
// cut.
func TestNotifications(t *testing.T) {
	s := newStage(t)
	other := stageOn(t, s.pool)
	other.heard(true)
	for range 3 {
		if took := wakes(s, other); took > time.Second {
			t.Errorf("another process heard of work after %v", took)
		}
	}
	_, err := s.pool.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
	s.must(err)
	other.heard(false)
	other.heard(true)
	if took := wakes(s, other); took > time.Second {
		t.Errorf("another process heard of work after %v, on a new connection", took)
	}
}

// Without notifications polls find the work.
func TestPolls(t *testing.T) {
	s := newStage(t, pgstore.Notifications(false))
	other := stageOn(t, s.pool, pgstore.Notifications(false))
	for range 3 {
		if took := wakes(s, other); took > 2*time.Second {
			t.Errorf("another process found work after %v", took)
		}
	}
}
