package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
)

// What was acknowledged survives the sudden end of a server that writes before it
// answers; and stores that were open go on when it is back. (With appendfsync everysec
// the last second or two may be gone.)
func TestServerKilled(t *testing.T) {
	server := testservers.Redis(t, testservers.RedisOptions{AOF: "always"})
	s, other := open(t, connect(t, server.Addr)), open(t, connect(t, server.Addr))
	w := newWorker(t, s, "q", "k")
	var ids []storage.ID
	for range 30 {
		ids = append(ids, storage.NewIDIn(1))
		mustInsert(t, s, storage.Group{Jobs: []storage.NewJob{{ID: ids[len(ids)-1], Kind: "k", Queue: "q", Payload: []byte(`{}`)}}})
	}
	w.succeed(t, w.fetch(t, 10)...)
	running := w.fetch(t, 10)
	crash(t, server)

	for i, id := range ids {
		want := [...]storage.State{storage.Succeeded, storage.Processing, storage.Enqueued}[i/10]
		if d, err := s.Job(t.Context(), id); err != nil || d.State != want {
			t.Fatalf("job %d: want it %v after the crash, got %v, %v", i, want, d.State, err)
		}
	}
	w.succeed(t, running...)
	w.succeed(t, w.fetch(t, 100)...)
	if left := w.fetch(t, 100); len(left) != 0 {
		t.Errorf("all jobs are done, got %d more", len(left))
	}
	w.wokenBy(t, other)
}

// crash kills the server and starts it again.
func crash(t *testing.T, server *testservers.RedisServer) {
	t.Helper()
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
}

// wokenBy ends the test unless an insert by another store ends a Wait long before it
// ends by itself.
func (w *worker) wokenBy(t *testing.T, other storage.Store) {
	t.Helper()
	for {
		if jobs := w.fetch(t, 1); len(jobs) != 0 {
			w.succeed(t, jobs...)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := w.s.Wait(ctx, w.queues, w.mark)
		cancel()
		if err != nil {
			break // it waits: nothing is told for nothing any more
		}
	}
	woken := make(chan time.Time, 1)
	go func() {
		_ = w.s.Wait(context.Background(), w.queues, w.mark)
		woken <- time.Now()
	}()
	began := time.Now()
	mustInsert(t, other, storage.Group{Jobs: []storage.NewJob{{ID: storage.NewIDIn(1), Kind: "k", Queue: "q"}}})
	if d := (<-woken).Sub(began); d > 2*time.Second {
		t.Errorf("an insert by another process wakes a Wait: it took %v", d)
	}
}
