package mysqlstore_test

import (
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
)

// benchStore is a store on a server that writes each commit through to the disk.
func benchStore(b *testing.B) (*mysqlstore.Store, *sql.DB) {
	b.Helper()
	server := testservers.MariaDB(b, testservers.MySQLOptions{Sync: true})
	db := pool(b, server.NewDatabase(b))
	return open(b, db), db
}

// measure begins what is measured; the function ends it.
func measure(b *testing.B, db *sql.DB) func() {
	b.ReportAllocs()
	b.ResetTimer()
	report := cpuTime(b, db)
	return func() {
		report()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	}
}

// BenchmarkInsert is one job in a call, from several callers at once.
func BenchmarkInsert(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s, db := benchStore(b)
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			end := measure(b, db)
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
			end()
		})
	}
}

// BenchmarkBulk is groups of a thousand jobs; an operation is one job.
func BenchmarkBulk(b *testing.B) {
	s, db := benchStore(b)
	end := measure(b, db)
	bulk(b, s, b.N)
	end()
}

// BenchmarkProcess is fetch and settle of a hundred jobs at a time, one settle beside the
// next fetch; an operation is one job.
func BenchmarkProcess(b *testing.B) {
	s, db := benchStore(b)
	w := newWorker(b, s, "q")
	bulk(b, s, b.N)
	end := measure(b, db)
	var wg sync.WaitGroup
	for done := 0; done < b.N; {
		jobs := w.fetch(b, 100)
		done += len(jobs)
		wg.Wait()
		wg.Go(func() { w.settle(b, jobs) })
	}
	wg.Wait()
	end()
}

// BenchmarkPromote is jobs that fall due at once; an operation is one job.
func BenchmarkPromote(b *testing.B) {
	s, db := benchStore(b)
	w := newWorker(b, s, "q")
	for left := b.N; left > 0; left -= 5000 {
		var jobs []storage.NewJob
		for range min(left, 5000) {
			j := newJob("q", "k")
			j.Due = storage.When{In: time.Millisecond}
			jobs = append(jobs, j)
		}
		insert(b, s, jobs...)
	}
	end := measure(b, db)
	for more := true; more; {
		more = w.tick(b).More
	}
	end()
}
