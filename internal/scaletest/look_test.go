package scaletest

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
	"github.com/gojobgen/jobgen/storage/pgstore"
	"github.com/jackc/pgx/v5/pgxpool"
)

// looker is a session that serves queue q, of a Store value of its own.
type looker struct {
	t     *testing.T
	store storage.Store
	id    storage.ID
	kinds *storage.KindSet
	call  uint64
	mark  uint64
}

func newLooker(t *testing.T, store storage.Store, kind string) *looker {
	t.Helper()
	kinds := []storage.KindInfo{{Kind: kind}}
	l := &looker{t: t, store: store, id: storage.NewID(), kinds: storage.NewKindSet(kinds)}
	l.must(store.OpenSession(t.Context(), storage.Session{ID: l.id, Server: kind, Queues: []string{"q"}, Kinds: kinds}))
	return l
}

func (l *looker) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *looker) fetch() int {
	l.t.Helper()
	l.call++
	r, err := l.store.Fetch(l.t.Context(), storage.FetchRequest{Session: l.id, Call: l.call, Queues: []string{"q"}, Kinds: l.kinds, Max: 5})
	l.must(err)
	l.mark = r.Mark
	return len(r.Jobs)
}

func (l *looker) tick() time.Duration {
	l.t.Helper()
	r, err := l.store.Tick(l.t.Context(), storage.TickRequest{Session: l.id})
	l.must(err)
	return r.NextDue
}

func (l *looker) insert() {
	l.t.Helper()
	results, err := l.store.Insert(l.t.Context(), storage.Group{Jobs: []storage.NewJob{{ID: storage.NewID(), Queue: "q", Kind: "k", Payload: []byte("[]")}}})
	l.must(err)
	l.must(results[0].Err)
}

// looks wants the ticks of a server that nobody tells anything to look for what others
// store, each second.
func looks(t *testing.T, idle, other storage.Store) {
	w, o := newLooker(t, idle, "k"), newLooker(t, other, "other")
	o.insert()
	if n := w.fetch(); n != 1 {
		t.Fatalf("fetched %d jobs", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan error, 1)
	w.fetch()
	go func() { waited <- idle.Wait(ctx, []string{"q"}, w.mark) }()
	for next := w.tick(); next < 0 || next > time.Second; next = w.tick() { // until it waits
	}
	cancel()
	<-waited
	w.fetch()
	o.insert()
	if n := o.fetch(); n != 0 {
		t.Fatalf("fetched %d jobs of a kind that it does not know", n)
	}
	w.tick()
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w.must(idle.Wait(soon, []string{"q"}, w.mark))
	if n := w.fetch(); n != 1 {
		t.Errorf("fetched %d jobs that another server had held", n)
	}
}

func TestLooksPostgres(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(t.Context(), testservers.PostgresShared(t).NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	stores := make([]storage.Store, 2)
	for i := range stores {
		if stores[i], err = pgstore.New(pool, pgstore.Notifications(false)); err != nil {
			t.Fatal(err)
		}
		defer stores[i].Close()
	}
	looks(t, stores[0], stores[1])
}

func TestLooksMariaDB(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("mysql", testservers.MariaDBShared(t).NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	stores := make([]storage.Store, 2)
	for i := range stores {
		if stores[i], err = mysqlstore.New(db); err != nil {
			t.Fatal(err)
		}
		defer stores[i].Close()
	}
	looks(t, stores[0], stores[1])
}
