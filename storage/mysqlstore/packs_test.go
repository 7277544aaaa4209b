package mysqlstore_test

import (
	"bytes"
	"database/sql"
	"slices"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
)

// packing is a store, with statements in one round trip or not, and a worker whose fetches
// are those of the hot path: the first one of a session is the core's.
type packing struct {
	t  *testing.T
	s  *mysqlstore.Store
	db *sql.DB
	w  *worker
}

func newPacking(t *testing.T, opts ...mysqlstore.Option) *packing {
	t.Helper()
	fresh(t, "")
	db := common(t, "")
	p := &packing{t: t, db: db, s: open(t, db, opts...)}
	p.w = newWorker(t, p.s, "q")
	p.w.fetch(t, 1)
	return p
}

// add stores n plain jobs in one call.
func (p *packing) add(n int) (ids []storage.ID) {
	p.t.Helper()
	var jobs []storage.NewJob
	for range n {
		jobs = append(jobs, newJob("q", "k"))
		ids = append(ids, jobs[len(jobs)-1].ID)
	}
	insert(p.t, p.s, jobs...)
	return ids
}

// lie says how many jobs lie in packs, and how many are rows of a line.
func (p *packing) lie() (inPacks, rows int) {
	p.t.Helper()
	err := p.db.QueryRow("SELECT (SELECT COALESCE(SUM(n - taken), 0) FROM jobgen_pack), (SELECT COUNT(*) FROM jobgen_ready)").Scan(&inPacks, &rows)
	if err != nil {
		p.t.Fatal(err)
	}
	return inPacks, rows
}

// want fetches n jobs at a time and ends them, until it has those wanted, in their order.
func (p *packing) want(n func(call int) int, want []storage.ID) {
	p.t.Helper()
	var got []storage.ID
	for call := 0; len(got) < len(want); call++ {
		jobs := p.w.fetch(p.t, n(call))
		if len(jobs) == 0 {
			p.t.Fatalf("%d of %d jobs were given", len(got), len(want))
		}
		got = append(got, idsOf(jobs)...)
		p.w.settle(p.t, jobs)
	}
	if !slices.Equal(got, want) {
		p.t.Errorf("got another order than that in which they were stored")
	}
	if packed, rows := p.lie(); packed != 0 || rows != 0 {
		p.t.Errorf("%d jobs in packs and %d rows are left", packed, rows)
	}
}

func (p *packing) cancel(ids ...storage.ID) {
	p.t.Helper()
	if _, err := p.s.Control(p.t.Context(), storage.Control{Action: storage.Cancel, IDs: ids}); err != nil {
		p.t.Fatal(err)
	}
}

func idsOf(jobs []storage.Fetched) (ids []storage.ID) {
	for _, j := range jobs {
		ids = append(ids, j.Job.ID)
	}
	return ids
}

// Jobs leave packs in their order, however many are asked for, those of each call before
// those of the next.
func TestPacksKeepTheOrder(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...mysqlstore.Option) {
		p := newPacking(t, opts...)
		want := slices.Concat(p.add(150), p.add(3), p.add(70))
		for range 30 {
			want = append(want, p.add(1)...)
		}
		if packed, rows := p.lie(); packed != len(want) || rows != 0 {
			t.Fatalf("%d jobs in packs and %d rows; want %d and none", packed, rows, len(want))
		}
		p.want(func(call int) int { return 1 + 7*call }, want)
	})
}

// Where packs and rows alternate, the core and the hot path both keep the order.
func TestRowsBetweenPacks(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...mysqlstore.Option) {
		p := newPacking(t, opts...)
		var want []storage.ID
		for i := range 4 {
			few := p.add(70)
			want = append(want, few...)
			if i%2 == 0 { // opens packs: their jobs have rows of their own then
				out := []storage.ID{few[3], few[40], few[63], few[69]}[:1+3*(i/2)]
				p.cancel(out...)
				want = slices.DeleteFunc(want, func(id storage.ID) bool { return slices.Contains(out, id) })
			}
		}
		if packed, rows := p.lie(); packed != 70+6+70 || rows != 63+66 {
			t.Fatalf("%d jobs in packs and %d rows", packed, rows)
		}
		first := newWorker(t, p.s, "q")
		jobs := first.fetch(t, 100) // by the core
		first.settle(t, jobs)
		if got := idsOf(jobs); !slices.Equal(got, want[:len(got)]) {
			t.Errorf("the core gave another order")
		}
		p.want(func(int) int { return 50 }, want[len(jobs):])
	})
}

// Others have the only pack: a fetch waits for nobody, and has the jobs once they are free.
func TestPackOfAnotherFetch(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...mysqlstore.Option) {
		p := newPacking(t, opts...)
		want := p.add(10)
		tx := begin(t, p.db)
		var n int
		if err := tx.QueryRow("SELECT n FROM jobgen_pack FOR UPDATE").Scan(&n); err != nil || n != len(want) {
			t.Fatal(n, err)
		}
		began := time.Now()
		if jobs := p.w.fetch(t, 5); len(jobs) != 0 || time.Since(began) > time.Second {
			t.Errorf("%d jobs after %v", len(jobs), time.Since(began))
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		p.want(func(int) int { return 5 }, want)
	})
}

// Ids far from each other in time, such as those of a caller's own, do not share a pack:
// lists find a pack by when its ids were made.
func TestPacksOfDistantIDs(t *testing.T) {
	p := newPacking(t)
	var jobs []storage.NewJob
	var want []storage.ID
	for i := range 20 {
		j := newJob("q", "k")
		ms := time.Now().Add(-time.Duration(i%2) * time.Hour).UnixMilli()
		for k := range 6 {
			j.ID[k] = byte(ms >> (40 - 8*k))
		}
		jobs, want = append(jobs, j), append(want, j.ID)
	}
	insert(t, p.s, jobs...)
	slices.SortFunc(want, func(a, b storage.ID) int { return bytes.Compare(a[:], b[:]) })
	for i, id := range want {
		page, err := p.s.Jobs(t.Context(), storage.Query{Filter: storage.Filter{States: []storage.State{storage.Enqueued}}, After: id, Oldest: true, Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		if rest := want[i+1:]; len(page.Jobs) != min(5, len(rest)) || len(rest) > 0 && page.Jobs[0].ID != rest[0] {
			t.Errorf("behind job %d: got %d jobs", i, len(page.Jobs))
		}
	}
}

// A tick and a poll know of jobs in packs.
func TestPacksAreNoticed(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...mysqlstore.Option) {
		p := newPacking(t, opts...)
		p.want(func(int) int { return 1 }, p.add(1)) // now there is a queue
		p.w.tick(t)
		if tick, poll := p.s.Notices(t); tick != 0 || poll {
			t.Fatalf("without jobs: tick %d, poll %v", tick, poll)
		}
		insert(t, open(t, common(t, ""), opts...), newJob("q", "k"))
		if packed, rows := p.lie(); packed != 1 || rows != 0 {
			t.Fatalf("%d jobs in packs and %d rows", packed, rows)
		}
		if tick, poll := p.s.Notices(t); tick != 1 || !poll {
			t.Errorf("with a job: tick %d, poll %v", tick, poll)
		}
	})
}
