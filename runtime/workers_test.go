package runtime_test

import (
	"context"
	"errors"
	goruntime "runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/storage"
)

// A handler that ends its goroutine costs no worker, also while further jobs wait in
// the server.
func TestWorkersOutliveTheirGoroutines(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.exit", func(context.Context) error { goruntime.Goexit(); return nil }, retries())
		_, err := w.client.EnqueueAll(w.ctx, many(500, j.call(empty{}))...)
		w.must(err)
		w.idle(runtime.ServerOptions{Concurrency: 2})
		if n := w.count(storage.Filter{States: []storage.State{storage.Failed}}); n != 500 {
			t.Errorf("%d jobs failed, want all", n)
		}
	})
}

// However short or long the jobs are, no more run at once than there are workers, and
// as many as there are where there is work for them.
func TestConcurrencyIsKept(t *testing.T) {
	for name, long := range map[string]time.Duration{"short": time.Microsecond, "few ms": 2 * time.Millisecond, "long": time.Second} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				const workers = 7
				var now, most, done atomic.Int64
				j := simple(w, "test.job", func(context.Context) error {
					if n := now.Add(1); n > most.Load() {
						most.Store(n)
					}
					time.Sleep(long)
					now.Add(-1)
					done.Add(1)
					return nil
				})
				_, err := w.client.EnqueueAll(w.ctx, many(3000, j.call(empty{}))...)
				w.must(err)
				start := time.Now()
				w.idle(runtime.ServerOptions{Concurrency: workers})
				if most.Load() != workers || done.Load() != 3000 {
					t.Errorf("%d at once, want %d; %d done", most.Load(), workers, done.Load())
				}
				if least := 3000 / workers * long; time.Since(start) > least+least/10+time.Second {
					t.Errorf("took %v, with all workers busy it takes %v", time.Since(start), least)
				}
			})
		})
	}
}

// stubborn fails every insert that carries one group.
type stubborn struct {
	storage.Store
	bad storage.ID
}

func (s *stubborn) Insert(ctx context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	time.Sleep(10 * time.Millisecond)
	for i := range groups {
		if groups[i].Jobs[0].ID == s.bad {
			return nil, errors.New("packet too large")
		}
	}
	return s.Store.Insert(ctx, groups...)
}

// One job that the store fails on for ever does not fail those that share its insert.
func TestOneInsertDoesNotFailOthers(t *testing.T) {
	bubble(t, func(w *world) {
		bad := storage.NewID()
		client := runtime.NewClient(&stubborn{w.store, bad})
		j := define[number, none]("test.job")
		type answer struct {
			n   int
			err error
		}
		answers := make(chan answer)
		start := time.Now()
		for i := range 100 {
			go func() {
				call := j.call(number{i})
				if i == 50 {
					call = call.With(runtime.WithID(bad))
				}
				_, err := generated.Enqueue(w.ctx, client, call)
				answers <- answer{i, err}
			}()
		}
		for range 100 {
			a := <-answers
			if (a.err != nil) != (a.n == 50) {
				t.Errorf("caller %d: %v", a.n, a.err)
			}
			if d := time.Since(start); a.n != 50 && d > time.Second {
				t.Errorf("caller %d waited %v", a.n, d)
			}
		}
		if n := w.count(storage.Filter{}); n != 99 {
			t.Errorf("%d jobs stored, want 99", n)
		}
	})
}
