package mysqlstore_test

import (
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
)

// Eight processes that start at once make the tables once.
func TestManyStartAtOnce(t *testing.T) {
	dsn := testservers.MariaDBShared(t).NewDatabase(t)
	if _, err := mysqlstore.New(pool(t, dsn), mysqlstore.Migrate(false)); err == nil || !strings.Contains(err.Error(), "jobctl migrate") {
		t.Fatalf("without tables: %v", err)
	}
	var all sync.WaitGroup
	for range 8 {
		db := pool(t, dsn)
		all.Go(func() {
			s, err := mysqlstore.New(db)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	db := pool(t, dsn)
	insert(t, open(t, db, mysqlstore.Migrate(false)), newJob("q", "k"))
	if _, err := db.Exec("INSERT INTO jobgen_step VALUES ('9999_later', 'x')"); err != nil {
		t.Fatal(err)
	}
	if _, err := mysqlstore.New(db); !errors.Is(err, mysqlstore.ErrNewer) {
		t.Errorf("with newer tables: %v", err)
	}
	// A migration that was cut short is run again.
	if _, err := db.Exec("DELETE FROM jobgen_step"); err != nil {
		t.Fatal(err)
	}
	open(t, db)
}

func TestNamespaces(t *testing.T) {
	db := common(t, "")
	one, other := open(t, db), open(t, db, mysqlstore.Namespace("other"))
	job := newJob("q", "k")
	insert(t, one, job)
	if got := state(t, other, job.ID); got != 0 {
		t.Errorf("a job of another namespace is %v", got)
	}
	if _, err := mysqlstore.New(db, mysqlstore.Namespace("No Good")); !errors.Is(err, storage.ErrInvalid) {
		t.Error(err)
	}
}

func TestSmallPool(t *testing.T) {
	db := common(t, "")
	db.SetMaxOpenConns(2)
	if _, err := mysqlstore.New(db); !errors.Is(err, storage.ErrInvalid) {
		t.Error(err)
	}
}

func TestWarnings(t *testing.T) {
	s, _ := fresh(t, "")
	if w := s.Warnings(); len(w) != 1 || !strings.Contains(w[0], "innodb_flush_log_at_trx_commit is 0") {
		t.Errorf("%q", w)
	}
}

// An idle server with twenty queues asks the database once for each tick, whatever its
// wait for work.
func TestIdleCost(t *testing.T) {
	server := testservers.MariaDB(t, testservers.MySQLOptions{Sync: true})
	dsn := server.NewDatabase(t)
	s, watch := open(t, pool(t, dsn)), pool(t, dsn)
	if w := s.Warnings(); len(w) != 0 {
		t.Errorf("%q", w)
	}
	var queues []string
	for i := range 20 {
		queues = append(queues, "queue"+string(rune('a'+i)))
		insert(t, s, newJob(queues[i], "k"))
	}
	w := newWorker(t, s, queues...)
	for {
		jobs := w.fetch(t, 100)
		if len(jobs) == 0 {
			break
		}
		w.settle(t, jobs)
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for t.Context().Err() == nil {
			if s.Wait(t.Context(), queues, w.mark) != nil {
				return
			}
		}
	}()
	const ticks = 4
	every := time.NewTicker(time.Second)
	defer every.Stop()
	var before int
	for i := range 4 + ticks {
		<-every.C
		w.tick(t)
		if i == 3 { // the polls of busier times have ended
			before = questions(t, watch)
		}
	}
	sent := questions(t, watch) - before
	t.Logf("%d statements in %d ticks", sent, ticks)
	if sent > 2*ticks+2 { // an update and its commit, and the question itself
		t.Errorf("%d statements in %d idle ticks", sent, ticks)
	}
}

// questions is how many statements the server was sent.
func questions(tb testing.TB, db *sql.DB) (n int) {
	tb.Helper()
	var name string
	if err := db.QueryRow("SHOW GLOBAL STATUS LIKE 'Questions'").Scan(&name, &n); err != nil {
		tb.Fatal(err)
	}
	return n
}
