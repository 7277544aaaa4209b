package sqlitestore_test

import (
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

// userDB opens a file as an application does that keeps its own tables in it.
func userDB(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: path, RawQuery: "_txlock=immediate&_pragma=busy_timeout(5000)"}).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func begin(t testing.TB, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback() })
	return tx
}

func insert(t testing.TB, in storage.Inserter, groups ...storage.Group) []storage.InsertResult {
	t.Helper()
	results, err := in.Insert(t.Context(), groups...)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func state(t testing.TB, s storage.Store, id storage.ID) storage.State {
	t.Helper()
	d, err := s.Job(t.Context(), id)
	if errors.Is(err, storage.ErrNotFound) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return d.State
}

func one(j storage.NewJob) storage.Group { return storage.Group{Jobs: []storage.NewJob{j}} }

func TestTxCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	s := open(t, path)
	db := userDB(t, path)
	if _, err := db.Exec("CREATE TABLE orders (id INTEGER PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	tx := begin(t, db)
	if _, err := tx.Exec("INSERT INTO orders VALUES (42)"); err != nil {
		t.Fatal(err)
	}
	job := newJob("new-queue", "k")
	insert(t, s.Tx(tx), one(job))
	if got := state(t, s, job.ID); got != 0 {
		t.Fatalf("before the commit nobody sees the job: got %v", got)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := state(t, s, job.ID); got != storage.Enqueued {
		t.Fatalf("after the commit the job is enqueued: got %v", got)
	}
	counts, err := s.Count(t.Context(), storage.Filter{Queue: "new-queue"}, 10)
	if err != nil || counts.By[storage.Enqueued] != 1 {
		t.Fatalf("the job is counted: got %+v, %v", counts, err)
	}
}

func TestTxRollback(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	s := open(t, path)
	tx := begin(t, userDB(t, path))
	job := newJob("q", "k")
	insert(t, s.Tx(tx), one(job))
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := state(t, s, job.ID); got != 0 {
		t.Fatalf("a job of a transaction that was rolled back never was: got %v", got)
	}
	again := newJob("q", "k")
	insert(t, s, one(again))
	if got := state(t, s, again.ID); got != storage.Enqueued {
		t.Fatalf("its queue and kind are named anew: got %v", got)
	}
}

func TestTxGroups(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	s := open(t, path)
	parent := newJob("q", "k")
	insert(t, s, one(parent))
	w := newWorker(t, s)
	w.process(t, 1)
	tx := begin(t, userDB(t, path))
	child, bad := newJob("q", "k"), newJob("q", "")
	child.Parents = []storage.ID{parent.ID}
	batch := storage.NewIDIn(1)
	member := newJob("q", "k")
	member.Batch, member.Unique = batch, &storage.Unique{Key: "key"}
	results := insert(t, s.Tx(tx), one(child), one(bad), storage.Group{Jobs: []storage.NewJob{member}, Batches: []storage.NewBatch{{ID: batch}}})
	if results[0].Err != nil || !errors.Is(results[1].Err, storage.ErrInvalid) || results[2].Err != nil {
		t.Fatalf("each group has its own answer: got %+v", results)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := state(t, s, child.ID); got != storage.Awaiting {
		t.Fatalf("a continuation of a final parent is left to Tick: got %v", got)
	}
	if _, err := s.Tick(t.Context(), storage.TickRequest{Session: w.id}); err != nil {
		t.Fatal(err)
	}
	if got := state(t, s, child.ID); got != storage.Enqueued {
		t.Fatalf("Tick judges it: got %v", got)
	}
	info, err := s.Batch(t.Context(), batch)
	if err != nil || info.Pending != 1 {
		t.Fatalf("the batch counts its job: got %+v, %v", info, err)
	}
}

// A transaction left open holds up writing, as SQLite has it; calls honour their
// context, reading goes on, and all is well when it ends.
func TestOpenTransactionHoldsUpWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	s := open(t, path)
	tx := begin(t, userDB(t, path))
	waiting, cancel := contextEnding(t)
	left := newJob("q", "k")
	failed := make(chan error)
	go func() {
		_, err := s.Insert(waiting, one(left))
		failed <- err
	}()
	cancel()
	if err := <-failed; !errors.Is(err, waiting.Err()) {
		t.Fatalf("a call that waits for the lock ends with its context: got %v", err)
	}
	if got := state(t, s, left.ID); got != 0 {
		t.Fatalf("reading goes on, and nothing was written: got %v", got)
	}
	done := make(chan error)
	late := newJob("q", "k")
	go func() {
		_, err := s.Insert(t.Context(), one(late))
		done <- err
	}()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := state(t, s, late.ID); got != storage.Enqueued {
		t.Fatalf("writing goes on when it ends: got %v", got)
	}
}

// What a caller's transaction stores is found by the poll.
func TestTxWakesWaiters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	s := open(t, path)
	w := newWorker(t, s)
	w.call++
	got, err := s.Fetch(t.Context(), storage.FetchRequest{Session: w.id, Call: w.call, Queues: []string{"q"}, Kinds: w.kinds, Max: 1})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	woken := make(chan error)
	go func() { woken <- s.Wait(t.Context(), []string{"q"}, got.Mark) }()
	tx := begin(t, userDB(t, path))
	insert(t, s.Tx(tx), one(newJob("q", "k")))
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-woken; err != nil {
		t.Fatal(err)
	}
	if n := w.process(t, 1); n != 1 {
		t.Fatalf("Wait returned after %v and there is no job", time.Since(begun))
	}
}

func TestTxOfClosedStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	s, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	tx := begin(t, userDB(t, path))
	s.Close()
	if _, err := s.Tx(tx).Insert(t.Context(), one(newJob("q", "k"))); !errors.Is(err, storage.ErrClosed) {
		t.Fatalf("want ErrClosed, got %v", err)
	}
}
