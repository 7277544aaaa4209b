package faulttest

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

func soak() bool { return os.Getenv("JOBGEN_SOAK") != "" }

// TestSoakKill kills one of two worker processes at random moments while they work
// and starts it again. Then no job is lost, none has two outcomes, each
// continuation ran for its parent, and what a dead process ran came back quickly.
func TestSoakKill(t *testing.T) {
	jobs, kills, pause := 500, 4, 1500*time.Millisecond
	if soak() {
		jobs, kills, pause = 10_000, 100, 2*time.Second
	}
	if testing.Short() {
		t.Skip("the short form runs without -short; it takes its time under the race detector")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))

	dir := t.TempDir()
	store, err := sqlitestore.Open(filepath.Join(dir, "jobs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	client := runtime.NewClient(store)

	workers := []*process{startWorker(t, dir), startWorker(t, dir)}
	deaths := make(map[int]time.Time)
	parents := make(map[storage.ID]storage.ID) // parent to child
	var ids []storage.ID
	for n := range jobs {
		ids = append(ids, enqueueStep(t, client, n, parents)...)
	}
	for range kills {
		time.Sleep(time.Duration(random.Int64N(int64(pause)))) // a random moment
		i := random.IntN(len(workers))
		workers[i].kill()
		deaths[workers[i].pid()] = workers[i].dead
		workers[i] = startWorker(t, dir)
	}
	waitFinal(t, store, ids, 3*time.Minute)
	for _, w := range workers {
		w.stop(t)
	}
	events := readLedgers(t, dir)
	reconcile(t, store, ids, events)
	for parent, child := range parents {
		checkOrder(t, events, parent, child)
	}
	checkRecovery(t, events, deaths)
}

// enqueueStep stores one job; every fifth with a continuation.
func enqueueStep(t *testing.T, client *runtime.Client, n int, parents map[storage.ID]storage.ID) []storage.ID {
	t.Helper()
	ctx := context.Background()
	if n%5 != 0 {
		ids, err := client.EnqueueAll(ctx, stepJob(n))
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	parent := storage.NewID()
	ids, err := client.EnqueueAll(ctx, stepJob(n, runtime.WithID(parent)),
		afterJob(n, runtime.Following(runtime.HandleFor[runtime.None](parent))))
	if err != nil {
		t.Fatal(err)
	}
	parents[parent] = ids[1]
	return ids
}

// waitFinal waits until every job is final.
func waitFinal(t *testing.T, store storage.Store, ids []storage.ID, limit time.Duration) {
	t.Helper()
	deadline := time.Now().Add(limit)
	open := storage.Filter{States: []storage.State{storage.Scheduled, storage.Awaiting, storage.Enqueued, storage.Processing}}
	for {
		c, err := store.Count(context.Background(), open, len(ids)+1)
		if err != nil {
			t.Fatal(err)
		}
		left := 0
		for _, n := range c.By {
			left += n
		}
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d jobs are not final after %v: %v", left, len(ids), limit, c.By)
		}
		time.Sleep(50 * time.Millisecond) // other processes work; there is nothing to wait on
	}
}

// reconcile compares what the store recorded with what the handlers did.
func reconcile(t *testing.T, store storage.Store, ids []storage.ID, events map[storage.ID][]event) {
	t.Helper()
	executions := 0
	for _, id := range ids {
		d, err := store.Job(context.Background(), id)
		if err != nil {
			t.Fatalf("job %v was acknowledged and is lost: %v", id, err)
		}
		if d.State != storage.Succeeded {
			t.Errorf("job %v is %v (%s)", id, d.State, d.Reason)
		}
		outcomes := 0
		for _, h := range d.History {
			if h.State.Final() {
				outcomes++
			}
		}
		if outcomes != 1 {
			t.Errorf("job %v has %d recorded outcomes: %+v", id, outcomes, d.History)
		}
		starts := 0
		for _, e := range events[id] {
			if e.what == "start" {
				starts++
			}
		}
		if starts == 0 {
			t.Errorf("job %v succeeded and never ran", id)
		}
		executions += starts
	}
	t.Logf("%d jobs, %.4f executions per job", len(ids), float64(executions)/float64(len(ids)))
}

// checkOrder: a continuation starts only after a run of its parent ended.
func checkOrder(t *testing.T, events map[storage.ID][]event, parent, child storage.ID) {
	t.Helper()
	ended := slices.IndexFunc(events[parent], func(e event) bool { return e.what == "end" })
	if ended < 0 || len(events[child]) == 0 {
		t.Errorf("continuation %v of %v: parent ended %v, child has %d events", child, parent, ended >= 0, len(events[child]))
		return
	}
	if first := events[child][0]; first.at.Before(events[parent][ended].at) {
		t.Errorf("continuation %v started before its parent %v had ended", child, parent)
	}
}

// checkRecovery measures how long the jobs of a killed process waited for their next run.
func checkRecovery(t *testing.T, events map[storage.ID][]event, deaths map[int]time.Time) {
	t.Helper()
	var waits []time.Duration
	for _, es := range events {
		for i, e := range es {
			died, killed := deaths[e.pid]
			if e.what != "start" || !killed {
				continue
			}
			if i+1 < len(es) && es[i+1].what == "start" && es[i+1].pid != e.pid {
				waits = append(waits, es[i+1].at.Sub(died))
			}
		}
	}
	if len(waits) == 0 {
		t.Log("no kill met a running job")
		return
	}
	slices.Sort(waits)
	p99 := waits[(len(waits)*99+99)/100-1]
	t.Logf("%d runs were cut off; recovery p50 %v, p99 %v, longest %v",
		len(waits), waits[len(waits)/2], p99, waits[len(waits)-1])
	if p99 > 10*time.Second {
		t.Errorf("recovery p99 is %v; the promise is 10 s", p99)
	}
}
