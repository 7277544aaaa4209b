package mysqlstore_test

import (
	"database/sql"
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
)

// claimed is a store, statement by statement or not, with n jobs that a hot fetch has
// given to a worker.
func claimed(t *testing.T, n int, opts ...mysqlstore.Option) (*mysqlstore.Store, *sql.DB, *worker, []storage.Fetched) {
	t.Helper()
	fresh(t, "")
	db := common(t, "")
	s := open(t, db, opts...)
	w := newWorker(t, s, "q")
	bulk(t, s, n+1)
	w.settle(t, w.fetch(t, 1)) // the first fetch is the core's
	jobs := w.fetch(t, n)
	if len(jobs) != n || count(t, db, "jobgen_claim") != 1 || count(t, db, "jobgen_run") != 0 {
		t.Fatalf("%d jobs in %d claims, and %d runs", len(jobs), count(t, db, "jobgen_claim"), count(t, db, "jobgen_run"))
	}
	return s, db, w, jobs
}

// bothWays runs a test with statements in one round trip, and one by one as for MySQL.
func bothWays(t *testing.T, f func(t *testing.T, opts ...mysqlstore.Option)) {
	t.Run("together", func(t *testing.T) { f(t) })
	t.Run("one by one", func(t *testing.T) { f(t, mysqlstore.Separate) })
}

// What a claim holds is seen by readers as what it is.
func TestClaimIsRead(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...mysqlstore.Option) {
		s, _, w, jobs := claimed(t, 5, opts...)
		w.settle(t, jobs[1:2])
		for i, j := range jobs {
			want := storage.Processing
			if i == 1 {
				want = storage.Succeeded
			}
			d, err := s.Job(t.Context(), j.Job.ID)
			if err != nil || d.State != want || want == storage.Processing && (d.Session != w.id || d.Fetches != j.Token.Fetch || d.StartedAt != j.Job.StartedAt) {
				t.Errorf("job %d: %v %+v, want %v", i, err, d.Job, want)
			}
		}
		page, err := s.Jobs(t.Context(), storage.Query{Filter: storage.Filter{States: []storage.State{storage.Processing}}, Limit: 3})
		if err != nil || len(page.Jobs) != 3 || !page.More || page.Jobs[0].ID != jobs[4].Job.ID || page.Jobs[2].ID != jobs[2].Job.ID {
			t.Errorf("%v %+v", err, page)
		}
		counts, err := s.Count(t.Context(), storage.Filter{}, 10)
		if err != nil || counts.By[storage.Processing] != 4 || counts.By[storage.Succeeded] != 2 {
			t.Errorf("%v %+v", err, counts)
		}
		servers, err := s.Servers(t.Context())
		if err != nil || len(servers) != 1 || servers[0].Running != 4 {
			t.Errorf("%v %+v", err, servers)
		}
	})
}

// A transaction of the core makes runs of what is in claims and not over; outcomes are
// taken then as before, each once.
func TestClaimBecomesRuns(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...mysqlstore.Option) {
		s, db, w, jobs := claimed(t, 5, opts...)
		w.settle(t, jobs[:2])
		newWorker(t, s, "q")
		if claims, runs := count(t, db, "jobgen_claim"), count(t, db, "jobgen_run"); claims != 0 || runs != 3 {
			t.Fatalf("%d claims and %d runs, want none and 3", claims, runs)
		}
		w.settle(t, jobs) // the first two again
		bulk(t, s, 3)
		w.settle(t, w.fetch(t, 3))
		if n := running(t, db); n != 0 {
			t.Errorf("%d jobs run", n)
		}
		counts, err := s.Count(t.Context(), storage.Filter{}, 10)
		if err != nil || counts.By[storage.Succeeded] != 9 || len(counts.By) != 1 {
			t.Errorf("%v %+v, want 9 succeeded", err, counts)
		}
	})
}

// Of two settles of a run that found its claim at the same time one writes its end.
func TestClaimSettledTwiceAtOnce(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...mysqlstore.Option) {
		s, _, w, jobs := claimed(t, 2, opts...)
		if s.SettleAcross(t, jobs[0].Token, func() { w.settle(t, jobs[:1]) }) {
			t.Error("the end of a run was written twice")
		}
		w.settle(t, jobs)
		counts, err := s.Count(t.Context(), storage.Filter{}, 10)
		if err != nil || counts.By[storage.Succeeded] != 3 || len(counts.By) != 1 {
			t.Errorf("%v %+v, want 3 succeeded", err, counts)
		}
	})
}

// Another store knows nothing of a claim; what it settles is settled, and the store that
// made the claim and its slot harms nobody.
func TestClaimOfAnotherStore(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...mysqlstore.Option) {
		s, db, w, jobs := claimed(t, 4, opts...)
		other := *w
		other.s = open(t, common(t, ""), opts...)
		other.settle(t, jobs[:2])
		bulk(t, s, 8)
		var more []storage.Fetched
		for range 4 { // both use the slots from 0 on
			more = append(more, other.fetch(t, 1)...)
			w.call = other.call
			more = append(more, w.fetch(t, 1)...)
			other.call = w.call
		}
		if len(more) != 8 {
			t.Fatalf("%d jobs, want 8", len(more))
		}
		w.settle(t, more)
		w.settle(t, jobs)
		other.settle(t, more)
		if n := running(t, db); n != 0 {
			t.Errorf("%d jobs run", n)
		}
		counts, err := s.Count(t.Context(), storage.Filter{}, 20)
		if err != nil || counts.By[storage.Succeeded] != 13 || len(counts.By) != 1 {
			t.Errorf("%v %+v, want 13 succeeded", err, counts)
		}
	})
}

// Jobs that were held ready and have begun become runs.
func TestClaimBegins(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...mysqlstore.Option) {
		s, db, w, _ := claimed(t, 1, opts...)
		bulk(t, s, 6)
		w.call++
		got, err := s.Fetch(t.Context(), storage.FetchRequest{Session: w.id, Call: w.call, Queues: w.queues, Kinds: w.kinds, Max: 2, Ahead: 3})
		if err != nil || len(got.Jobs) != 5 || !got.Jobs[4].Ahead || got.Jobs[1].Ahead {
			t.Fatal(err, got.Jobs)
		}
		started := []storage.Token{got.Jobs[1].Token, got.Jobs[2].Token, got.Jobs[4].Token}
		if _, err := s.Settle(t.Context(), storage.SettleRequest{Session: w.id, Started: started}); err != nil {
			t.Fatal(err)
		}
		if runs := count(t, db, "jobgen_run"); runs != 2 {
			t.Errorf("%d runs, want the 2 that were held ready and began", runs)
		}
		for i, j := range got.Jobs {
			d, err := s.Job(t.Context(), j.Job.ID)
			if err != nil || d.State != storage.Processing || d.StartedAt.IsZero() != (i == 3) {
				t.Errorf("job %d: %v, started %v", i, err, d.StartedAt)
			}
		}
		w.settle(t, got.Jobs)
	})
}
