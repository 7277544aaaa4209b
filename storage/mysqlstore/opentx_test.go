package mysqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// quick runs what must not wait for the transaction that is open.
func quick(t *testing.T, what string, f func()) {
	t.Helper()
	began := time.Now()
	f()
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("beside an open transaction %s took %v", what, took)
	}
}

// Whatever size the tables have, no statement reads rows of an open transaction and waits.
func TestManyBesideOpenTx(t *testing.T) {
	s, db := fresh(t, "")
	w := newWorker(t, s, "q")
	insert(t, s, newJob("q", "k"))
	w.settle(t, w.fetch(t, 1))
	tx := begin(t, db)
	child := newJob("q", "k")
	parent := newJob("q", "k")
	insert(t, s, parent)
	child.Parents, child.On = []storage.ID{parent.ID}, storage.OnSuccess
	keyed := newJob("q", "k")
	keyed.Unique = &storage.Unique{Key: "one"}
	insert(t, s.Tx(tx), newJob("q", "k"), keyed, child)
	for _, n := range []int{1, 3, 16, 40, 300, 1000} {
		bulk(t, s, n)
		w2 := newWorker(t, s, "q") // its first fetch is the core's
		var jobs []storage.Fetched
		quick(t, fmt.Sprint("core fetch ", n), func() { jobs = w2.fetch(t, n) })
		quick(t, fmt.Sprint("settle ", n), func() { w2.settle(t, jobs) })
		bulk(t, s, n)
		quick(t, fmt.Sprint("hot fetch ", n), func() { jobs = w2.fetch(t, n+5) })
		quick(t, fmt.Sprint("settle ", n), func() { w2.settle(t, jobs) })
		quick(t, "tick", func() { w.tick(t) })
	}
	for range 3 {
		tx2 := begin(t, db)
		var kids []storage.NewJob
		for range 5 {
			c := newJob("q", "k")
			c.Parents, c.On = []storage.ID{parent.ID}, storage.OnSuccess
			kids = append(kids, c)
		}
		insert(t, s.Tx(tx2), kids...)
		if err := tx2.Commit(); err != nil {
			t.Fatal(err)
		}
		quick(t, "tick todos", func() { w.tick(t) })
	}
	var late []storage.NewJob
	for range 30 {
		c := newJob("q", "k")
		c.Due = storage.When{In: 50 * time.Millisecond}
		late = append(late, c)
	}
	insert(t, s, late...)
	time.Sleep(100 * time.Millisecond)
	quick(t, "tick promote", func() { w.tick(t) })
	for range 800 {
		if _, err := db.Exec("INSERT INTO jobgen_tally (shape, cls, n) VALUES (1, 4, 1)"); err != nil {
			t.Fatal(err)
		}
	}
	insert(t, s, late[0])
	c := newJob("q", "k")
	c.Due = storage.When{In: 10 * time.Millisecond}
	insert(t, s, c)
	time.Sleep(30 * time.Millisecond)
	quick(t, "tick fold", func() { w.tick(t) })
	if n := count(t, db, "jobgen_tally"); n > 500 {
		t.Errorf("%d tally rows", n)
	}
	if _, err := db.Exec("UPDATE jobgen_end SET retain = 1"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE jobgen_sweep SET at = 1"); err != nil {
		t.Fatal(err)
	}
	quick(t, "tick sweep", func() { w.tick(t) })
	quick(t, "tick sweep", func() { w.tick(t) })
	quick(t, "tick sweep", func() { w.tick(t) })
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// A caller's transaction sees an older moment; the key is taken as it is now.
func TestKeyBehindAnOldSnapshot(t *testing.T) {
	s, db := fresh(t, "?tx_isolation=%27REPEATABLE-READ%27")
	insert(t, s, newJob("q", "k"))
	tx := begin(t, db)
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM jobgen_job").Scan(&n); err != nil {
		t.Fatal(err)
	}
	holder, second := newJob("q", "k"), newJob("q", "k")
	holder.Unique, second.Unique = &storage.Unique{Key: "one"}, &storage.Unique{Key: "one"}
	insert(t, s, holder)
	got := insert(t, s.Tx(tx), second)
	if !got.Jobs[0].Duplicate || got.Jobs[0].ID != holder.ID {
		t.Errorf("%+v, want a duplicate of %v", got, holder.ID)
	}
}

// A recurring job whose key an open transaction has is not fired, and nobody waits.
func TestFireBesideOpenTx(t *testing.T) {
	s, db := fresh(t, "")
	w := newWorker(t, s, "q")
	insert(t, s, newJob("q", "k"))
	r := storage.Recurring{ID: "daily", Cron: "@daily", Job: storage.NewJob{Kind: "k", Queue: "q"}, Next: time.Now().Add(-time.Second)}
	if errs, err := s.PutRecurring(t.Context(), []storage.Recurring{r}); err != nil || errs[0] != nil {
		t.Fatal(err)
	}
	due := w.tick(t).Due
	if len(due) != 1 {
		t.Fatal(due)
	}
	tx := begin(t, db)
	first, second := newJob("q", "k"), newJob("q", "k")
	first.Unique, second.Unique = &storage.Unique{Key: "one"}, &storage.Unique{Key: "one"}
	insert(t, s.Tx(tx), first)
	done := make(chan error, 1)
	second.ID = storage.NewIDIn(storage.LaneOf("daily"))
	second.Recurring, second.Occurrence = "daily", due[0].Next
	go func() {
		fired, err := s.Fire(context.Background(), storage.Fire{ID: "daily", Expected: due[0].Next, Next: time.Now().Add(time.Hour), Jobs: []storage.NewJob{second}})
		if fired || err == nil {
			err = errors.New("it was fired")
		} else {
			err = nil
		}
		done <- err
	}()
	time.Sleep(100 * time.Millisecond) // it waits, or has failed
	quick(t, "tick", func() { w.tick(t) })
	quick(t, "core fetch", func() { newWorker(t, s, "q").fetch(t, 5) })
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Who stores an occurrence that is in an open transaction waits for it alone.
func TestOccurrenceOfOpenTx(t *testing.T) {
	s, db := fresh(t, "")
	w := newWorker(t, s, "q")
	insert(t, s, newJob("q", "k"))
	tx := begin(t, db)
	at := time.Now()
	first, second := newJob("q", "k"), newJob("q", "k")
	first.Recurring, first.Occurrence = "r", at
	second.Recurring, second.Occurrence = "r", at
	insert(t, s.Tx(tx), first)
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
		defer cancel()
		res, err := s.Insert(ctx, storage.Group{Jobs: []storage.NewJob{second}})
		if err == nil && (res[0].Err != nil || !res[0].Jobs[0].Duplicate || res[0].Jobs[0].ID != first.ID) {
			err = fmt.Errorf("%+v, want a duplicate of %v", res, first.ID)
		}
		done <- err
	}()
	time.Sleep(100 * time.Millisecond) // it waits, or has failed
	quick(t, "tick", func() { w.tick(t) })
	quick(t, "core fetch", func() { newWorker(t, s, "q").fetch(t, 5) })
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
