package pgstore_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/pgstore"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// stage is a store in a database of its own, with a session.
type stage struct {
	t     *testing.T
	pool  *pgxpool.Pool
	store *pgstore.Store
	id    storage.ID // of the session
	call  uint64
}

var kinds = []storage.KindInfo{{Kind: "k"}}

func newStage(t *testing.T, opts ...pgstore.Option) *stage {
	t.Helper()
	return stageOn(t, connect(t, testservers.PostgresShared(t).NewDatabase(t)), opts...)
}

// stageOn is another store on the same data.
func stageOn(t *testing.T, pool *pgxpool.Pool, opts ...pgstore.Option) *stage {
	t.Helper()
	store, err := pgstore.New(pool, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s := &stage{t: t, pool: pool, store: store, id: storage.NewID()}
	s.must(store.OpenSession(t.Context(), storage.Session{ID: s.id, Server: "test", Queues: []string{"q"}, Kinds: kinds}))
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func job() storage.NewJob {
	return storage.NewJob{ID: storage.NewIDIn(7), Kind: "k", Queue: "q", Payload: []byte(`{"a":1}`)}
}

// add stores n plain jobs.
func (s *stage) add(n int) []storage.ID {
	s.t.Helper()
	var g storage.Group
	var ids []storage.ID
	for range n {
		j := job()
		g.Jobs, ids = append(g.Jobs, j), append(ids, j.ID)
	}
	r, err := s.store.Insert(s.t.Context(), g)
	s.must(err)
	s.must(r[0].Err)
	return ids
}

func (s *stage) request(n int) storage.FetchRequest {
	s.call++
	return storage.FetchRequest{Session: s.id, Call: s.call, Queues: []string{"q"}, Kinds: storage.NewKindSet(kinds), Max: n}
}

func (s *stage) fetch(n int) []storage.Fetched {
	s.t.Helper()
	r, err := s.store.Fetch(s.t.Context(), s.request(n))
	s.must(err)
	return r.Jobs
}

func (s *stage) settle(jobs []storage.Fetched) []storage.Verdict {
	s.t.Helper()
	r := storage.SettleRequest{Session: s.id}
	for _, j := range jobs {
		r.Outcomes = append(r.Outcomes, storage.Outcome{Token: j.Token, Kind: storage.Succeed, Duration: time.Millisecond})
	}
	verdicts, err := s.store.Settle(s.t.Context(), r)
	s.must(err)
	return verdicts
}

// hotFetch is what a late or lost copy of a fetch does in the server.
func (s *stage) hotFetch(call uint64) (taken int) {
	s.t.Helper()
	var session, generation int64
	s.must(s.pool.QueryRow(s.t.Context(), "SELECT s.no, m.generation FROM jobgen_session s, jobgen_meta m WHERE s.id = $1", s.id[:]).Scan(&session, &generation))
	s.must(s.pool.QueryRow(s.t.Context(), `SELECT coalesce(cardinality(jobs), 0) FROM jobgen_hot_fetch(0, $1, $2, $3, $4, '{1}', '{-1}', '{9223372036854775807}', '{1}', 1, 0)`,
		pgstore.WriteLock(""), session, int64(call), generation).Scan(&taken))
	return taken
}

// The answer of a fetch is lost: the call is made again, gives the same job, and copies
// of it that arrive later take nothing.
func TestLostAnswer(t *testing.T) {
	s := newStage(t)
	ids := s.add(3)
	if got := s.fetch(1); len(got) != 1 || got[0].Job.ID != ids[0] {
		t.Fatalf("the first job: got %v", got)
	}
	if n := s.hotFetch(2); n != 1 {
		t.Fatalf("a call that was not made before takes a job: got %d", n)
	}
	again := &stage{t: t, pool: s.pool, id: s.id, call: 1}
	store, err := pgstore.New(s.pool)
	s.must(err)
	defer store.Close()
	again.store = store
	got := again.fetch(2)
	if len(got) != 1 || got[0].Job.ID != ids[1] {
		t.Fatalf("the repeated call gives what it took, and no more: got %v", got)
	}
	if n := s.hotFetch(2) + s.hotFetch(1); n != 0 {
		t.Fatalf("late copies took %d jobs that nobody knows of", n)
	}
	if v := again.settle(got); v[0] != storage.Accepted {
		t.Fatalf("the run is the session's: got %v", v)
	}
}

// Many fetchers on several stores get each job once, and each end is written once.
func TestManyFetchers(t *testing.T) {
	s := newStage(t)
	const jobs, stores = 2000, 3
	for range jobs / 500 {
		s.add(500)
	}
	var done atomic.Int64
	var seen sync.Map
	var wg sync.WaitGroup
	for range stores {
		other := stageOn(t, s.pool)
		wg.Go(func() {
			for {
				got := other.fetch(50)
				if len(got) == 0 {
					return
				}
				for _, j := range got {
					if _, twice := seen.LoadOrStore(j.Job.ID, true); twice {
						t.Errorf("job %v was given twice", j.Job.ID)
					}
				}
				for range 2 { // the answer of the first may have been lost
					for i, v := range other.settle(got) {
						if v != storage.Accepted {
							t.Errorf("job %v: verdict %v", got[i].Job.ID, v)
						}
					}
				}
				done.Add(int64(len(got)))
			}
		})
	}
	wg.Wait()
	if done.Load() != jobs {
		t.Errorf("%d of %d jobs were given", done.Load(), jobs)
	}
	counts, err := s.store.Count(t.Context(), storage.Filter{}, 10*jobs)
	s.must(err)
	if len(counts.By) != 1 || counts.By[storage.Succeeded] != jobs {
		t.Errorf("counters: got %v", counts.By)
	}
}

// An answer has room for so many bytes: what does not fit comes by further calls, which More
// asks for, each with as much as fits.
func TestAnswerIsBounded(t *testing.T) {
	s := newStage(t)
	const size, limit = 700, 131072 // larger ones lie elsewhere
	var g storage.Group
	for i := range 600 {
		j := job()
		j.Payload = fmt.Appendf(nil, `"%0*d"`, size-2, i)
		g.Jobs = append(g.Jobs, j)
	}
	r, err := s.store.Insert(t.Context(), g)
	s.must(err)
	s.must(r[0].Err)
	got := len(s.fetch(1)) + len(s.fetch(1)) // the core's
	for call := 1; got < len(g.Jobs); call++ {
		r, err := s.store.Fetch(t.Context(), s.request(300))
		s.must(err)
		n := len(r.Jobs)
		if most := limit / size; n > most || n < most*9/10 && got+n < len(g.Jobs) {
			t.Errorf("call %d gave %d jobs, an answer has room for %d at most", call, n, most)
		}
		if !r.More && got+n < len(g.Jobs) {
			t.Fatalf("after call %d nothing says that there is more", call)
		}
		for i := range r.Jobs {
			if want := g.Jobs[got+i]; r.Jobs[i].Job.ID != want.ID || string(r.Jobs[i].Job.Payload) != string(want.Payload) {
				t.Fatalf("job %d: got %+v", got+i, r.Jobs[i].Job)
			}
		}
		got += n
	}
}

// A client that is frozen while it holds the write lock frees everybody: the server ends
// its transaction.
func TestFrozenClient(t *testing.T) {
	s := newStage(t)
	s.add(1)
	ctx := context.Background()
	frozen, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	s.must(err)
	defer frozen.Close(ctx)
	for _, text := range []string{"BEGIN", s.store.Settings(), fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", pgstore.WriteLock(""))} {
		_, err := frozen.Exec(ctx, text)
		s.must(err)
	}
	start := time.Now()
	if got := s.fetch(1); len(got) != 1 {
		t.Fatalf("got %v", got)
	}
	if took := time.Since(start); took > 6*time.Second {
		t.Errorf("a frozen client held up a fetch for %v", took)
	}
}

// An insert needs no lock: it works while another client has the write lock.
func TestInsertBesideTheWriteLock(t *testing.T) {
	s := newStage(t)
	s.add(1) // the kind is known
	tx, err := s.pool.Begin(t.Context())
	s.must(err)
	defer tx.Rollback(context.Background())
	_, err = tx.Exec(t.Context(), "SELECT pg_advisory_xact_lock($1)", pgstore.WriteLock(""))
	s.must(err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := s.store.Insert(ctx, storage.Group{Jobs: []storage.NewJob{job()}})
	s.must(err)
	s.must(r[0].Err)
}

// A cancellation that comes between fetch and settle is seen by the settle, and a dead
// session's success is refused.
func TestOddSettles(t *testing.T) {
	s := newStage(t)
	s.add(3)
	got := s.fetch(3)
	_, err := s.store.Control(t.Context(), storage.Control{Action: storage.Cancel, IDs: []storage.ID{got[0].Job.ID}})
	s.must(err)
	if v := s.settle(got[:1]); v[0] != storage.Accepted {
		t.Errorf("a success stands though the job was cancelled: got %v", v)
	}
	stale := got[1]
	stale.Token.Fetch++
	if v := s.settle([]storage.Fetched{stale}); v[0] != storage.Refused {
		t.Errorf("another fetch's token: got %v", v)
	}
	_, err = s.pool.Exec(t.Context(), "UPDATE jobgen_session SET dead = 1")
	s.must(err)
	if v := s.settle(got[1:2]); v[0] != storage.Refused {
		t.Errorf("the token of a dead session: got %v", v)
	}
	s.add(1)
	if n := s.hotFetch(s.call + 1); n != 0 {
		t.Errorf("a dead session was given %d jobs, which nobody takes back", n)
	}
}
