package faulttest

import (
	"context"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// TestSoakFrozenClaim freezes a process that does nothing but claim and release: so it
// is frozen inside a claim. Nobody else's work may wait for it. Only on SQLite, which
// has one writer, everything does until the process goes on or dies.
func TestSoakFrozenClaim(t *testing.T) {
	freezes := 3
	if soak() {
		freezes = 40
	}
	everyStore(t, func(t *testing.T, b *backend) {
		random := newRandom(t)
		dir := t.TempDir()
		store := b.open(t, b.direct)
		client := runtime.NewClient(store)
		startWorker(t, workerConfig{URL: b.url, Dir: dir})
		var waits durations
		for range freezes {
			claimer := startWorker(t, workerConfig{URL: b.url, Dir: dir, Claim: true})
			keepBusy(t, client, dir)
			time.Sleep(time.Duration(random.Int64N(int64(300 * time.Millisecond)))) // a random moment
			claimer.signal(t, syscall.SIGSTOP)
			if b.proxy == nil {
				time.Sleep(time.Second)
				claimer.kill()
			}
			begin := time.Now()
			ids := probe(t, client, 20)
			waits = append(waits, waitEnds(t, dir, ids, recoveryPromise+10*time.Second).Sub(begin))
			claimer.kill()
		}
		t.Logf("%d claimers frozen; 20 jobs enqueued after that were done within p50 %v, at most %v", freezes, waits.at(50), waits.at(100))
		if waits.at(100) > recoveryPromise {
			t.Errorf("work waited %v for a frozen claimer; promised are %v", waits.at(100), recoveryPromise)
		}
	})
}

// probe enqueues jobs as a caller does who tries again.
func probe(t *testing.T, client *runtime.Client, n int) []storage.ID {
	t.Helper()
	var ids []storage.ID
	var calls []runtime.AnyCall
	first := storage.NewID()
	for i := range n {
		id := first
		if i > 0 {
			id = storage.NewIDIn(first.Lane())
		}
		ids, calls = append(ids, id), append(calls, step(stepArgs{}, runtime.WithID(id)))
	}
	var err error
	for deadline := time.Now().Add(2 * recoveryPromise); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(context.Background(), callLimit)
		_, err = client.EnqueueAll(ctx, calls...)
		cancel()
		if err == nil {
			return ids
		}
	}
	t.Fatalf("enqueue: %v", err)
	return nil
}

// keepBusy gives the claimer something to claim and waits until work flows.
func keepBusy(t *testing.T, client *runtime.Client, dir string) {
	t.Helper()
	probe(t, client, 50)
	ids := probe(t, client, 1+rand.IntN(3))
	waitEvent(t, dir, ids[0], func(e event) bool { return e.what == "end" }, 20*time.Second)
	probe(t, client, 200) // for the claims that follow
}
