package runtime_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// BenchmarkEngine is what a job that does nothing costs on a store that costs nothing.
// A trip is what each call to the store takes.
func BenchmarkEngine(b *testing.B) {
	for _, workers := range []int{10, 100, 1000} {
		for _, trip := range []time.Duration{0, 500 * time.Microsecond} {
			b.Run(fmt.Sprintf("workers=%d/trip=%v", workers, trip), func(b *testing.B) {
				j := define[empty, none]("bench.job")
				store := &void{job: storage.Job{Kind: "bench.job", Queue: "default", Payload: []byte("{}"), Attempt: 1}, trip: trip}
				store.left.Store(int64(b.N))
				work(b, store, j, workers)
				b.ReportMetric(float64(b.N)/float64(store.fetches.Load()), "jobs/fetch")
				b.ReportMetric(float64(b.N)/float64(store.settles.Load()), "jobs/settle")
			})
		}
	}
}

// BenchmarkWork is the same on a store in memory, with all jobs there before.
func BenchmarkWork(b *testing.B) {
	for _, workers := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			store := memstore.New()
			defer store.Close()
			j := define[empty, none]("bench.job")
			client := runtime.NewClient(store)
			for n := b.N; n > 0; n -= 10_000 {
				if _, err := client.EnqueueAll(b.Context(), many(min(n, 10_000), j.call(empty{}))...); err != nil {
					b.Fatal(err)
				}
			}
			work(b, store, j, workers)
		})
	}
}

// work runs b.N jobs of kind j, which store holds.
func work(b *testing.B, store storage.Store, j job[empty, none], workers int) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var left atomic.Int64
	left.Store(int64(b.N))
	d := runtime.NewDispatcher()
	j.handle(d, func(context.Context, *empty) (none, error) {
		if left.Add(-1) == 0 {
			cancel()
		}
		return none{}, nil
	})
	b.ReportAllocs()
	b.ResetTimer()
	done := measureCPU(b)
	if err := runtime.NewServer(store, d, runtime.ServerOptions{Concurrency: workers}).Run(ctx); err != nil {
		b.Fatal(err)
	}
	done()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}

// BenchmarkEnqueue is single enqueues by a number of callers at once, whose inserts are
// shared; on a store that costs nothing and on one in memory.
func BenchmarkEnqueue(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		for _, name := range []string{"void", "memstore"} {
			b.Run(fmt.Sprintf("%s/callers=%d", name, callers), func(b *testing.B) {
				var store storage.Store = &void{}
				if name == "memstore" {
					store = memstore.New()
				}
				enqueueTogether(b, runtime.NewClient(store), callers)
			})
		}
	}
}

func enqueueTogether(b *testing.B, client *runtime.Client, callers int) {
	b.Helper()
	call := define[number, none]("bench.job").call(number{1}) // the JSON of the arguments is not what is measured
	b.ReportAllocs()
	b.ResetTimer()
	done := measureCPU(b)
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := client.EnqueueAll(b.Context(), call); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	done()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}
