package sqlitestore_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
	"github.com/gojobgen/jobgen/storage/storagetest"
)

func BenchmarkStore(b *testing.B) {
	storagetest.Bench(b, storagetest.Harness{OpenBench: func(b *testing.B) storage.Store {
		return open(b, filepath.Join(b.TempDir(), "jobs.db"), sqlitestore.Synchronous(sqlitestore.Normal))
	}})
}

var syncs = map[string]sqlitestore.Sync{"normal": sqlitestore.Normal, "full": sqlitestore.Full}

func newJob(queue, kind string) storage.NewJob {
	return storage.NewJob{ID: storage.NewIDIn(1), Kind: kind, Queue: queue, Priority: 1,
		Payload: []byte(`{"orderID":42,"customer":"a-customer-of-ours","note":"some text that makes it a hundred bytes long"}`)}
}

// BenchmarkInsert is one job in a call, from several callers at once.
func BenchmarkInsert(b *testing.B) {
	for name, sync1 := range syncs {
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d", name, callers), func(b *testing.B) {
				s := open(b, filepath.Join(b.TempDir(), "jobs.db"), sqlitestore.Synchronous(sync1))
				b.ReportAllocs()
				var left atomic.Int64
				left.Store(int64(b.N))
				var wg sync.WaitGroup
				b.ResetTimer()
				report := cpuTime(b)
				for range callers {
					wg.Go(func() {
						for left.Add(-1) >= 0 {
							if _, err := s.Insert(b.Context(), storage.Group{Jobs: []storage.NewJob{newJob("q", "k")}}); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				report()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
			})
		}
	}
}

// BenchmarkBulk is groups of a thousand jobs.
func BenchmarkBulk(b *testing.B) {
	for name, sync1 := range syncs {
		b.Run(name, func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "jobs.db"), sqlitestore.Synchronous(sync1))
			b.ReportAllocs()
			for b.Loop() {
				bulk(b, s, 1000)
			}
			b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}

func bulk(b testing.TB, s storage.Store, n int) {
	b.Helper()
	var g storage.Group
	for range n {
		g.Jobs = append(g.Jobs, newJob("q", "k"))
	}
	rs, err := s.Insert(b.Context(), g)
	if err != nil || rs[0].Err != nil {
		b.Fatal(err, rs)
	}
}

// worker is a session that fetches and settles.
type worker struct {
	s     storage.Store
	id    storage.ID
	kinds *storage.KindSet
	call  uint64
}

func newWorker(b testing.TB, s storage.Store) *worker {
	b.Helper()
	kinds := []storage.KindInfo{{Kind: "k"}}
	w := &worker{s: s, id: storage.NewID(), kinds: storage.NewKindSet(kinds)}
	session := storage.Session{ID: w.id, Server: "bench-1", Queues: []string{"q"}, Lease: storage.MaxLease, Kinds: kinds}
	if err := s.OpenSession(b.Context(), session); err != nil {
		b.Fatal(err)
	}
	return w
}

func (w *worker) process(b testing.TB, n int) int {
	w.call++
	got, err := w.s.Fetch(b.Context(), storage.FetchRequest{Session: w.id, Call: w.call, Queues: []string{"q"}, Kinds: w.kinds, Max: n})
	if err != nil {
		b.Fatal(err)
	}
	outcomes := make([]storage.Outcome, len(got.Jobs))
	for i, j := range got.Jobs {
		outcomes[i] = storage.Outcome{Token: j.Token, Kind: storage.Succeed, Result: []byte(`{"id":12345}`), Duration: 1e6}
	}
	verdicts, err := w.s.Settle(b.Context(), storage.SettleRequest{Session: w.id, Outcomes: outcomes})
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range verdicts {
		if v != storage.Accepted {
			b.Fatal(v)
		}
	}
	return len(got.Jobs)
}

// BenchmarkProcess is fetch and settle of a hundred jobs at a time; an operation is
// one job.
func BenchmarkProcess(b *testing.B) {
	for name, sync1 := range syncs {
		b.Run(name, func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "jobs.db"), sqlitestore.Synchronous(sync1))
			w := newWorker(b, s)
			for left := b.N; left > 0; left -= 5000 {
				bulk(b, s, min(left, 5000))
			}
			b.ReportAllocs()
			b.ResetTimer()
			report := cpuTime(b)
			for done := 0; done < b.N; {
				done += w.process(b, 100)
			}
			report()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}

// BenchmarkPromote is jobs that fall due together; an operation is one job.
func BenchmarkPromote(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "jobs.db"), sqlitestore.Synchronous(sqlitestore.Normal))
	w := newWorker(b, s)
	for left := b.N; left > 0; left -= 5000 {
		var g storage.Group
		for range min(left, 5000) {
			j := newJob("q", "k")
			j.Due = storage.When{In: time.Millisecond}
			g.Jobs = append(g.Jobs, j)
		}
		insert(b, s, g)
	}
	time.Sleep(2 * time.Millisecond)
	b.ReportAllocs()
	b.ResetTimer()
	report := cpuTime(b)
	for moved := 0; moved < b.N; {
		r, err := s.Tick(b.Context(), storage.TickRequest{Session: w.id})
		if err != nil {
			b.Fatal(err)
		}
		moved += r.Moved
	}
	report()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}
