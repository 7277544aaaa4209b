package mysqlstore_test

import (
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

func TestTxCommitAndRollback(t *testing.T) {
	s, db := fresh(t, "")
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS orders (id INT PRIMARY KEY) ENGINE = InnoDB"); err != nil {
		t.Fatal(err)
	}
	for id, commit := range map[int]bool{1: true, 2: false} {
		tx := begin(t, db)
		if _, err := tx.Exec("INSERT INTO orders VALUES (?)", id); err != nil {
			t.Fatal(err)
		}
		job := newJob("q", "k")
		insert(t, s.Tx(tx), job)
		if got := state(t, s, job.ID); got != 0 {
			t.Fatalf("before the commit the job is %v", got)
		}
		end, want := tx.Rollback, storage.State(0)
		if commit {
			end, want = tx.Commit, storage.Enqueued
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if got := state(t, s, job.ID); got != want {
			t.Fatalf("commit %v: the job is %v, want %v", commit, got, want)
		}
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM orders").Scan(&n); err != nil || n != 1 {
		t.Fatal(n, err)
	}
}

// A caller's transaction that stays open holds up nobody, whatever it has inserted.
func TestOpenTxHoldsUpNobody(t *testing.T) {
	s, db := fresh(t, "?tx_isolation=%27REPEATABLE-READ%27")
	w := newWorker(t, s, "q")
	parent := newJob("q", "k")
	insert(t, s, parent)
	tx := begin(t, db)
	child, keyed := newJob("q", "k"), newJob("q", "k")
	child.Parents, child.On = []storage.ID{parent.ID}, storage.OnSuccess
	keyed.Unique = &storage.Unique{Key: "one"}
	insert(t, s.Tx(tx), child, keyed, newJob("q", "k"), newJob("new queue", "new kind"))

	began := time.Now()
	later := newJob("q", "k")
	insert(t, s, later)
	other := newJob("q", "k")
	other.Unique = &storage.Unique{Key: "two"}
	insert(t, s, other)
	jobs := w.fetch(t, 10)
	if len(jobs) != 3 {
		t.Fatalf("%d jobs, want the 3 that are committed", len(jobs))
	}
	w.settle(t, jobs)
	w.tick(t)
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("beside an open transaction it took %v", took)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	w.tick(t) // judges the child, whose parent has ended
	if jobs = w.fetch(t, 10); len(jobs) != 3 {
		t.Errorf("%d jobs after the commit, want 3: the child and two others", len(jobs))
	}
}

// Who inserts a job with a unique key waits for the transaction that has the key.
func TestUniqueKeyOfOpenTx(t *testing.T) {
	s, db := fresh(t, "")
	tx := begin(t, db)
	first, second := newJob("q", "k"), newJob("q", "k")
	first.Unique, second.Unique = &storage.Unique{Key: "one"}, &storage.Unique{Key: "one"}
	insert(t, s.Tx(tx), first)
	answer := make(chan storage.InsertResult)
	go func() {
		results, err := s.Insert(t.Context(), storage.Group{Jobs: []storage.NewJob{second}})
		if err != nil {
			results = []storage.InsertResult{{Err: err}}
		}
		answer <- results[0]
	}()
	select {
	case got := <-answer:
		t.Fatalf("%+v while the key is in a transaction", got)
	case <-time.After(100 * time.Millisecond):
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	got := <-answer
	if got.Err != nil || !got.Jobs[0].Duplicate || got.Jobs[0].ID != first.ID {
		t.Fatalf("%+v, want a duplicate of %v", got, first.ID)
	}
}

// A worker of another process hears of what a transaction stored, within a second.
func TestTxWakes(t *testing.T) {
	s, db := fresh(t, "")
	w := newWorker(t, s, "q")
	bulk(t, s, 1)
	for len(w.fetch(t, 1)) > 0 { // until nothing is left
	}
	woken := make(chan time.Time)
	go func() {
		if err := s.Wait(t.Context(), []string{"q"}, w.mark); err != nil {
			t.Error(err)
		}
		woken <- time.Now()
	}()
	tx := begin(t, db)
	insert(t, s.Tx(tx), newJob("q", "k"))
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	committed := time.Now()
	if took := (<-woken).Sub(committed); took > 1500*time.Millisecond {
		t.Errorf("woken after %v", took)
	}
	if jobs := w.fetch(t, 1); len(jobs) != 1 {
		t.Errorf("%d jobs", len(jobs))
	}
}
