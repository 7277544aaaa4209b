package pgstore_test

import (
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
)

// soon calls f until it succeeds, as the engine does, and says how long that took.
func (s *stage) soon(what string, f func() error) {
	s.t.Helper()
	start := time.Now()
	for {
		err := f()
		if err == nil {
			break
		}
		if time.Since(start) > 20*time.Second {
			s.t.Fatalf("%s: still %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if took := time.Since(start); took > 10*time.Second {
		s.t.Errorf("%s took %v to work again", what, took)
	}
}

// The server dies and comes back: what was acknowledged is there, every call works again
// soon, and the listener hears.
func TestRestart(t *testing.T) {
	pg := testservers.Postgres(t, testservers.PostgresOptions{Fsync: true})
	s := stageOn(t, connect(t, pg.URL("postgres")))
	s.heard(true)
	ids := s.add(10)
	done := s.fetch(3)
	s.settle(done)
	running := s.fetch(2)
	s.must(pg.Kill())
	if _, err := s.store.Insert(t.Context(), storage.Group{Jobs: []storage.NewJob{job()}}); err == nil {
		t.Fatal("a call succeeds while there is no server")
	}
	s.heard(false)
	s.must(pg.Start())
	s.soon("Tick", func() error {
		_, err := s.store.Tick(t.Context(), storage.TickRequest{Session: s.id})
		return err
	})
	s.soon("Insert", func() error {
		_, err := s.store.Insert(t.Context(), storage.Group{Jobs: []storage.NewJob{job()}})
		return err
	})
	s.soon("Count", func() error {
		_, err := s.store.Count(t.Context(), storage.Filter{}, 100)
		return err
	})
	s.heard(true)
	for _, j := range done {
		d, err := s.store.Job(t.Context(), j.Job.ID)
		s.must(err)
		if d.State != storage.Succeeded {
			t.Errorf("an outcome that was acknowledged is lost: %v", d.State)
		}
	}
	// The fetch was committed without waiting for the disk: the run is there, or none was.
	verdicts := s.settle(running)
	rest := s.fetch(20)
	lost := 0
	for _, v := range verdicts {
		if v == storage.Refused {
			lost++
		}
	}
	if want := len(ids) + 1 - len(done) - len(running) + lost; len(rest) != want {
		t.Errorf("want %d jobs to be left, got %d; verdicts %v", want, len(rest), verdicts)
	}
}
