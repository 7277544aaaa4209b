package runtime_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// BenchmarkWork is how fast a server takes jobs that do nothing through its loops. A
// trip is what one call to the store takes in addition.
func BenchmarkWork(b *testing.B) {
	for _, workers := range []int{10, 100} {
		for _, trip := range []time.Duration{0, 200 * time.Microsecond} {
			b.Run(fmt.Sprintf("workers=%d/trip=%v", workers, trip), func(b *testing.B) {
				store := memstore.New()
				defer store.Close()
				d := runtime.NewDispatcher()
				j := define[empty, none]("bench.job")
				ctx, cancel := context.WithCancel(b.Context())
				defer cancel()
				var left atomic.Int64
				left.Store(int64(b.N))
				j.handle(d, func(context.Context, *empty) (none, error) {
					if left.Add(-1) == 0 {
						cancel()
					}
					return none{}, nil
				})
				client := runtime.NewClient(store)
				for n := b.N; n > 0; n -= 10_000 {
					if _, err := client.EnqueueAll(ctx, many(min(n, 10_000), j.call(empty{}))...); err != nil {
						b.Fatal(err)
					}
				}
				far := newFlaky(store)
				if trip > 0 {
					far.set(func(context.Context, string) error { time.Sleep(trip); return nil }, nil)
				}
				b.ReportAllocs()
				b.ResetTimer()
				var on storage.Store = far
				if trip == 0 {
					on = store
				}
				if err := runtime.NewServer(on, d, runtime.ServerOptions{Concurrency: workers}).Run(ctx); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
			})
		}
	}
}

// BenchmarkEnqueue is one caller, and many whose inserts are shared.
func BenchmarkEnqueue(b *testing.B) {
	j := define[number, none]("bench.job")
	b.Run("alone", func(b *testing.B) {
		client := runtime.NewClient(memstore.New())
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.EnqueueAll(b.Context(), j.call(number{1})); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("together", func(b *testing.B) {
		client := runtime.NewClient(memstore.New())
		b.ReportAllocs()
		b.SetParallelism(64)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := client.EnqueueAll(b.Context(), j.call(number{1})); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}
