package faulttest

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// TestSoakFreeze stops a worker process with SIGSTOP while it runs a job and lets it
// go on later. Meanwhile the job ran elsewhere: the frozen worker's result is
// refused, and its handler's context ends.
func TestSoakFreeze(t *testing.T) {
	frozenFor := 3 * time.Second
	if soak() {
		frozenFor = 30 * time.Second
	}
	everyStore(t, func(t *testing.T, b *backend) {
		dir := t.TempDir()
		store := b.open(t, b.direct)
		client := runtime.NewClient(store)
		worker := workerConfig{URL: b.url, Dir: dir}
		frozen := startWorker(t, worker)
		ids, err := client.EnqueueAll(context.Background(), step(stepArgs{Millis: 4000}))
		if err != nil {
			t.Fatal(err)
		}
		waitEvent(t, dir, ids[0], func(e event) bool { return e.what == "start" }, 20*time.Second)

		// Between its first tick and its second: a process that is frozen while it writes
		// holds SQLite's one write lock, which is no server's fault to mend.
		time.Sleep(400 * time.Millisecond)
		frozen.signal(t, syscall.SIGSTOP)
		other := startWorker(t, worker)
		waitEvent(t, dir, ids[0], func(e event) bool { return e.what == "end" && e.pid == other.pid() }, 30*time.Second)
		time.Sleep(frozenFor) // the fault under test is that time passes
		frozen.signal(t, syscall.SIGCONT)

		waitEvent(t, dir, ids[0], func(e event) bool {
			return e.pid == frozen.pid() && strings.HasPrefix(e.what, "ended-by:") && strings.Contains(e.what, "session lost")
		}, 10*time.Second)
		judgeFrozen(t, store, ids[0])

		// The frozen worker goes on with a new session.
		other.stop(t)
		more, err := client.EnqueueAll(context.Background(), step(stepArgs{}))
		if err != nil {
			t.Fatal(err)
		}
		waitEvent(t, dir, more[0], func(e event) bool { return e.what == "end" }, 20*time.Second)
		frozen.stop(t)
	})
}

// judgeFrozen: the run of the frozen worker is lost, and the other one counts.
func judgeFrozen(t *testing.T, store storage.Store, id storage.ID) {
	t.Helper()
	d, err := store.Job(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	if d.State != storage.Succeeded || d.Fetches != 2 || d.Lost != 1 {
		t.Errorf("job is %v after %d fetches and %d losses; want succeeded, 2, 1", d.State, d.Fetches, d.Lost)
	}
	for _, h := range d.History {
		if h.State == storage.Succeeded && h.Fetch != 2 {
			t.Errorf("the frozen worker's run %d was recorded: %+v", h.Fetch, h)
		}
	}
}

// waitEvent waits until the ledgers hold an event of the job that matches.
func waitEvent(t *testing.T, dir string, job storage.ID, match func(event) bool, limit time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		events := readLedgers(t, dir)[job]
		for _, e := range events {
			if match(e) {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("job %v: no such event within %v; there are %+v", job, limit, events)
		}
	}
}

// waitEnds waits until each of the jobs has ended, and says when the last of them did by
// the ledgers: what reading them takes is not counted.
func waitEnds(t *testing.T, dir string, jobs []storage.ID, limit time.Duration) (last time.Time) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		events, missing := readLedgers(t, dir), 0
		for _, job := range jobs {
			end := slices.IndexFunc(events[job], func(e event) bool { return e.what == "end" })
			if end < 0 {
				missing++
			} else if at := events[job][end].at; at.After(last) {
				last = at
			}
		}
		if missing == 0 {
			return last
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d jobs have not ended within %v", missing, len(jobs), limit)
		}
	}
}
