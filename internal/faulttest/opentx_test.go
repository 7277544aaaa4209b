package faulttest

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// TestSoakOpenTransaction leaves a caller's transaction open that has enqueued jobs: a
// plain one, one with a unique key and a continuation. Nobody else's work waits for
// it, but an insert of the very same key; when it commits at last, its jobs run.
func TestSoakOpenTransaction(t *testing.T) {
	openFor := 5 * time.Second
	if soak() {
		openFor = time.Minute
	}
	everyStore(t, func(t *testing.T, b *backend) {
		ctx := context.Background()
		dir := t.TempDir()
		store := b.open(t, b.url)
		if store.begin == nil {
			t.Log("this store has no transactions of a caller") // and no way to be held up by one
			return
		}
		client := runtime.NewClient(store)
		startWorker(t, workerConfig{URL: b.url, Dir: dir})
		key := &storage.Unique{Key: "held by a transaction"}
		tx, err := store.begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.rollback() }()
		parent := probe(t, client, 1)[0]
		plain, unique, child := storage.NewID(), storage.NewID(), storage.NewIDIn(parent.Lane())
		inTransaction(t, tx, storage.NewJob{ID: plain}, storage.NewJob{ID: unique, Unique: key}, storage.NewJob{ID: child, Parents: []storage.ID{parent}})

		var waits durations
		for begin := time.Now(); time.Since(begin) < openFor; {
			sent := time.Now()
			ids := probe(t, client, 20)
			// What waits for the transaction waits for ever here.
			waits = append(waits, waitEnds(t, dir, ids, 2*recoveryPromise).Sub(sent))
			contend(t, store, key)
		}
		t.Logf("20 jobs took %v, at most %v, while a caller's transaction was open", waits.at(50), waits.at(100))
		waitEvent(t, dir, parent, func(e event) bool { return e.what == "end" }, recoveryPromise)
		if err := tx.commit(); err != nil {
			t.Fatal(err)
		}
		for _, id := range []storage.ID{plain, unique, child} {
			waitEvent(t, dir, id, func(e event) bool { return e.what == "end" }, recoveryPromise)
		}
	})
}

// inTransaction stores each job by itself; ids of several lanes do not go together.
func inTransaction(t *testing.T, tx *userTx, jobs ...storage.NewJob) {
	t.Helper()
	for _, j := range jobs {
		full := mustJob(t, step(stepArgs{}))
		full.ID, full.Unique, full.Parents = j.ID, j.Unique, j.Parents
		if err := insert(context.Background(), tx, storage.Group{Jobs: []storage.NewJob{full}}); err != nil {
			t.Fatalf("enqueue in a transaction: %v", err)
		}
	}
}

// contend inserts a job with the key that the transaction holds, together with another
// one: the one may wait, the other may not.
func contend(t *testing.T, store storage.Store, key *storage.Unique) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), recoveryPromise)
	defer cancel()
	held, free := mustJob(t, step(stepArgs{})), mustJob(t, step(stepArgs{}))
	held.ID, held.Unique, free.ID = storage.NewID(), key, storage.NewID()
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		_ = insert(ctx, store, storage.Group{Jobs: []storage.NewJob{held}}) // it may wait until ctx ends
	}()
	begin := time.Now()
	if err := insert(context.Background(), store, storage.Group{Jobs: []storage.NewJob{free}}); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > recoveryPromise/2 {
		t.Errorf("an insert took %v while another waited for a key that a transaction holds", took)
	}
	cancel()
	<-waiting
}
