package pgstore_test

import (
	"context"
	"testing"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/pgstore"
	"github.com/jackc/pgx/v5"
)

// A caller's transaction sees an older moment; the key is taken as it is now.
func TestKeyBehindAnOldSnapshot(t *testing.T) {
	s := newStage(t)
	s.add(1)
	tx, err := s.pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	s.must(err)
	defer tx.Rollback(context.Background())
	_, err = tx.Exec(t.Context(), "SELECT count(*) FROM jobgen_job")
	s.must(err)
	holder, second := job(), job()
	holder.Unique, second.Unique = &storage.Unique{Key: "one"}, &storage.Unique{Key: "one"}
	_, err = s.store.Insert(t.Context(), storage.Group{Jobs: []storage.NewJob{holder}})
	s.must(err)
	r, err := s.store.Tx(tx).Insert(t.Context(), storage.Group{Jobs: []storage.NewJob{second}})
	if err != nil || !r[0].Jobs[0].Duplicate || r[0].Jobs[0].ID != holder.ID {
		t.Error(r, err)
	}
}

// The store works whatever the default isolation of the database is.
func TestDefaultIsolation(t *testing.T) {
	url := testservers.PostgresShared(t).NewDatabase(t)
	pool := connect(t, url)
	var db string
	if err := pool.QueryRow(t.Context(), "SELECT current_database()").Scan(&db); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "ALTER DATABASE "+pgx.Identifier{db}.Sanitize()+" SET default_transaction_isolation = 'repeatable read'"); err != nil {
		t.Fatal(err)
	}
	pool.Reset()
	fails := make(chan error, 8)
	for range 8 {
		p := connect(t, url)
		go func() {
			st, err := pgstore.New(p)
			if err == nil {
				st.Close()
			}
			fails <- err
		}()
	}
	for range 8 {
		if err := <-fails; err != nil {
			t.Error("open:", err)
		}
	}
	s := stageOn(t, connect(t, url))
	for range 4 {
		s.add(500)
	}
	s.fetch(1)
	errs := make(chan error, 3)
	for range 3 {
		other := stageOn(t, connect(t, url))
		go func() {
			for range 60 {
				got, err := other.store.Fetch(context.Background(), other.request(10))
				if err != nil {
					errs <- err
					return
				}
				other.settle(got.Jobs)
			}
			errs <- nil
		}()
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Error("fetch:", err)
		}
	}
}
