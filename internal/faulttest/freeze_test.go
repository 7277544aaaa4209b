package faulttest

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

// TestSoakFreeze stops a worker process with SIGSTOP while it runs a job and lets it
// go on later. Meanwhile the job ran elsewhere: the frozen worker's result is
// refused, and its handler's context ends.
func TestSoakFreeze(t *testing.T) {
	frozenFor := 8 * time.Second
	if soak() {
		frozenFor = 30 * time.Second
	}
	if testing.Short() {
		t.Skip("real processes and real time: runs without -short")
	}
	dir := t.TempDir()
	store, err := sqlitestore.Open(filepath.Join(dir, "jobs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	client := runtime.NewClient(store)
	frozen := startWorker(t, dir)
	ids, err := client.EnqueueAll(context.Background(), sleepJob(4*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	waitEvent(t, dir, ids[0], func(e event) bool { return e.what == "start" }, 20*time.Second)

	// Between its first tick and its second: a process that is frozen while it writes
	// holds SQLite's one write lock, which is no server's fault to mend.
	time.Sleep(400 * time.Millisecond)
	send(t, frozen, syscall.SIGSTOP)
	other := startWorker(t, dir)
	waitEvent(t, dir, ids[0], func(e event) bool { return e.what == "end" && e.pid == other.pid() }, 30*time.Second)
	time.Sleep(frozenFor) // the fault under test is that time passes
	send(t, frozen, syscall.SIGCONT)

	waitEvent(t, dir, ids[0], func(e event) bool {
		return e.pid == frozen.pid() && strings.HasPrefix(e.what, "ended-by:") && strings.Contains(e.what, "session lost")
	}, 10*time.Second)
	d, err := store.Job(context.Background(), ids[0])
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
	// The frozen worker goes on with a new session.
	more, err := client.EnqueueAll(context.Background(), stepJob(1))
	if err != nil {
		t.Fatal(err)
	}
	other.stop(t)
	waitEvent(t, dir, more[0], func(e event) bool { return e.what == "end" }, 20*time.Second)
	frozen.stop(t)
}

func send(t *testing.T, p *process, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
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
