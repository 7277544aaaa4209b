package pgstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/jackc/pgx/v5/stdlib"
)

// What a caller's transaction stores appears with its commit, and never without.
func TestTx(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close()
	for _, commit := range []bool{true, false} {
		tx, err := s.pool.Begin(ctx)
		s.must(err)
		s.inTx(s.store.Tx(tx))
		other, err := db.BeginTx(ctx, nil)
		s.must(err)
		s.inTx(s.store.SQLTx(other))
		if got := s.fetch(10); len(got) != 0 {
			t.Fatalf("jobs appear before the commit: %v", got)
		}
		want := 0
		if commit {
			s.must(tx.Commit(ctx))
			s.must(other.Commit())
			want = 2
		} else {
			s.must(tx.Rollback(ctx))
			s.must(other.Rollback())
		}
		if got := s.fetch(10); len(got) != want {
			t.Fatalf("commit %v: want %d jobs, got %d", commit, want, len(got))
		}
	}
}

func (s *stage) inTx(in storage.Inserter) {
	s.t.Helper()
	r, err := in.Insert(s.t.Context(), storage.Group{Jobs: []storage.NewJob{job()}})
	s.must(err)
	s.must(r[0].Err)
}

// A transaction that stays open stops nobody but an insert of the same unique key.
func TestOpenTx(t *testing.T) {
	s := newStage(t)
	s.add(1)
	ctx := t.Context()
	keyed := func(key string) storage.Group {
		j := job()
		j.Unique = &storage.Unique{Key: key}
		return storage.Group{Jobs: []storage.NewJob{j}}
	}
	tx, err := s.pool.Begin(ctx)
	s.must(err)
	defer tx.Rollback(context.Background())
	_, err = s.store.Tx(tx).Insert(ctx, keyed("a"))
	s.must(err)

	_, err = s.store.Insert(ctx, keyed("b"))
	s.must(err)
	s.settle(s.fetch(10))
	s.add(1)
	_, err = s.store.Tick(ctx, storage.TickRequest{Session: s.id})
	s.must(err)

	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	waited := make(chan error, 1)
	go func() {
		_, err := s.store.Insert(short, keyed("a"))
		waited <- err
	}()
	if err := <-waited; !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("an insert of the same key waits: got %v", err)
	}
	s.must(tx.Commit(ctx))
	r, err := s.store.Insert(ctx, keyed("a"))
	s.must(err)
	if !r[0].Jobs[0].Duplicate {
		t.Errorf("the key was taken by the transaction: got %+v", r[0])
	}
}
