package pgstore_test

import (
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/pgstore"
	"github.com/jackc/pgx/v5/pgxpool"
)

// newStageIn is a store in a namespace.
func newStageIn(t *testing.T, pool *pgxpool.Pool, namespace string) *pgstore.Store {
	t.Helper()
	s, err := pgstore.New(pool, pgstore.Namespace(namespace))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Behind PgBouncer in transaction mode everything works with notifications off.
func TestPgBouncer(t *testing.T) {
	pg := testservers.PostgresShared(t)
	bouncer := testservers.PgBouncer(t, pg)
	pool := connect(t, bouncer.URL(pg.CreateDatabase(t, ""))+"&default_query_exec_mode=exec")
	s := stageOn(t, pool, pgstore.Notifications(false))
	other := stageOn(t, pool, pgstore.Notifications(false))
	ids := s.add(20)
	got := s.fetch(10)
	if len(got) != 10 || got[0].Job.ID != ids[0] {
		t.Fatalf("got %d jobs", len(got))
	}
	s.settle(got)
	rest := other.fetch(20)
	if len(rest) != 10 {
		t.Fatalf("the other store got %d jobs", len(rest))
	}
	r := storage.SettleRequest{Session: other.id}
	for _, j := range rest {
		r.Outcomes = append(r.Outcomes, storage.Outcome{Token: j.Token, Kind: storage.Retry, Delay: time.Hour, Failure: &storage.Failure{Message: "boom"}})
	}
	_, err := other.store.Settle(t.Context(), r)
	s.must(err)
	tx, err := pool.Begin(t.Context())
	s.must(err)
	s.inTx(s.store.Tx(tx))
	s.must(tx.Commit(t.Context()))
	_, err = s.store.Tick(t.Context(), storage.TickRequest{Session: s.id})
	s.must(err)
	counts, err := s.store.Count(t.Context(), storage.Filter{}, 100)
	s.must(err)
	if counts.By[storage.Succeeded] != 10 || counts.By[storage.Scheduled] != 10 || counts.By[storage.Enqueued] != 1 {
		t.Errorf("got %v", counts.By)
	}
	if took := wakes2(s, other); took > 3*time.Second {
		t.Errorf("another process found work after %v", took)
	}
}

// wakes2 empties the queue before it measures.
func wakes2(s, other *stage) time.Duration {
	other.settle(other.fetch(100))
	return wakes(s, other)
}
