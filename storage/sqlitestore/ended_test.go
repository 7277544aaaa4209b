package sqlitestore_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

// server is a session of a server that runs kinds k0 to k2 of queues q0 and q1.
type server struct {
	s    storage.Store
	id   storage.ID
	set  *storage.KindSet
	call uint64
}

var endedQueues = []string{"q0", "q1"}

func newServer(t *testing.T, s storage.Store, name string) *server {
	t.Helper()
	kinds := []storage.KindInfo{{Kind: "k0"}, {Kind: "k1"}, {Kind: "k2"}}
	v := &server{s: s, id: storage.NewID(), set: storage.NewKindSet(kinds)}
	if err := s.OpenSession(t.Context(), storage.Session{ID: v.id, Server: name, Lease: storage.MaxLease, Kinds: kinds}); err != nil {
		t.Fatal(err)
	}
	return v
}

// run runs up to n jobs and ends each as kind says.
func (v *server) run(t *testing.T, n int, retain time.Duration, kind func(i int) storage.OutcomeKind) int {
	t.Helper()
	v.call++
	got, err := v.s.Fetch(t.Context(), storage.FetchRequest{Session: v.id, Call: v.call, Queues: endedQueues, Kinds: v.set, Max: n})
	if err != nil {
		t.Fatal(err)
	}
	r := storage.SettleRequest{Session: v.id}
	for i, j := range got.Jobs {
		r.Outcomes = append(r.Outcomes, storage.Outcome{Token: j.Token, Kind: kind(i), Retain: retain})
	}
	if _, err := v.s.Settle(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return len(got.Jobs)
}

func succeed(int) storage.OutcomeKind { return storage.Succeed }

// Lists by server give what the jobs themselves say, whatever sessions ran them, in
// both directions and page by page.
func TestListByServer(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlitestore.Synchronous(sqlitestore.Normal))
	random := rand.New(rand.NewPCG(1, 2))
	servers := []*server{newServer(t, s, "a"), newServer(t, s, "a"), newServer(t, s, "b")}
	var g storage.Group
	for i := range 400 {
		g.Jobs = append(g.Jobs, newJob(endedQueues[i%2], fmt.Sprint("k", i%3)))
	}
	random.Shuffle(len(g.Jobs), func(i, k int) { g.Jobs[i], g.Jobs[k] = g.Jobs[k], g.Jobs[i] })
	insert(t, s, g)
	mixed := func(i int) storage.OutcomeKind {
		return []storage.OutcomeKind{storage.Succeed, storage.Succeed, storage.Fail, storage.Succeed, storage.Retry}[i%5]
	}
	for range 30 {
		servers[random.IntN(3)].run(t, 1+random.IntN(20), 0, mixed)
		again := storage.Control{Action: storage.Requeue}
		for range 5 {
			again.IDs = append(again.IDs, g.Jobs[random.IntN(len(g.Jobs))].ID)
		}
		if _, err := s.Control(t.Context(), again); err != nil {
			t.Fatal(err)
		}
	}
	all := listAll(t, s, storage.Query{Limit: storage.MaxPage})
	if len(all) != len(g.Jobs) {
		t.Fatal(len(all))
	}
	for _, name := range []string{"a", "b"} {
		for _, kind := range []string{"", "k1"} {
			for _, states := range [][]storage.State{nil, {storage.Succeeded}, {storage.Failed, storage.Succeeded}, {storage.Enqueued}} {
				var want []storage.ID
				for _, j := range all {
					if j.Server == name && (kind == "" || j.Kind == kind) && (states == nil || slices.Contains(states, j.State)) {
						want = append(want, j.ID)
					}
				}
				for _, oldest := range []bool{false, true} {
					q := storage.Query{Filter: storage.Filter{Server: name, Kind: kind, States: states}, Oldest: oldest, Limit: 7}
					var got []storage.ID
					for _, j := range listAll(t, s, q) {
						got = append(got, j.ID)
					}
					if oldest {
						slices.Reverse(got)
					}
					if !slices.Equal(got, want) {
						t.Errorf("server %s, kind %q, states %v, oldest %v: %d jobs, want %d", name, kind, states, oldest, len(got), len(want))
					}
				}
			}
		}
	}
}

func listAll(t *testing.T, s storage.Store, q storage.Query) (all []storage.Job) {
	t.Helper()
	for {
		page, err := s.Jobs(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Jobs...)
		if !page.More {
			return all
		}
		q.After = page.Jobs[len(page.Jobs)-1].ID
	}
}

// What ended is swept with the name of its session; a job that is still needed keeps
// what it knew.
func TestSweepEnded(t *testing.T) {
	var shift atomic.Int64
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path, sqlitestore.Clock(func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }))
	first := newServer(t, s, "first")
	var g storage.Group
	for range 50 {
		g.Jobs = append(g.Jobs, newJob("q0", "k0"))
	}
	kept, other := newJob("q0", "k1"), newJob("elsewhere", "k2")
	child := newJob("q0", "k2")
	child.Parents = []storage.ID{kept.ID, other.ID}
	g.Jobs = append(g.Jobs, kept, other, child)
	insert(t, s, g)
	if n := first.run(t, 100, storage.MinRetain, succeed); n != 51 {
		t.Fatal(n)
	}
	if err := s.CloseSession(t.Context(), first.id); err != nil {
		t.Fatal(err)
	}
	second := newServer(t, s, "second")
	for range 3 {
		shift.Add(int64(storage.MinRetain + 2*time.Minute))
		if _, err := s.Tick(t.Context(), storage.TickRequest{Session: second.id}); err != nil {
			t.Fatal(err)
		}
	}
	if all := listAll(t, s, storage.Query{}); len(all) != 3 {
		t.Errorf("%d jobs are left, want 3", len(all))
	}
	d, err := s.Job(t.Context(), kept.ID)
	if err != nil {
		t.Fatal(err)
	}
	last := d.History[len(d.History)-1]
	if d.State != storage.Succeeded || d.Server != "first" || len(d.History) != 3 || last.Session != first.id || last.Server != "first" {
		t.Errorf("the parent that is still needed: %+v", d)
	}
	db := userDB(t, path)
	for table, want := range map[string]int{"end": 0, "ran": 1, "sweep": 1} {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM jobgen_" + table).Scan(&n); err != nil || n != want {
			t.Errorf("jobgen_%s has %d rows, want %d: %v", table, n, want, err)
		}
	}
}
