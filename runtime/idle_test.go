package runtime_test

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
)

// statements is how many calls a server sent, but for those that wait for work.
func (f *flaky) statements() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for name, calls := range f.calls {
		if name != "wait" {
			n += calls
		}
	}
	return n
}

// A server with nothing to do sends at most one call a second in all.
func TestIdleServerIsQuiet(t *testing.T) {
	bubble(t, func(w *world) {
		simple(w, "test.daily", func(context.Context) error { return nil }, func(s *generated.Spec) {
			s.Cron = []generated.Cron{{Expr: "0 8 1 1 *"}}
		})
		f := newFlaky(w.store)
		w.serveOn(f, runtime.ServerOptions{Concurrency: 100})
		w.pass(10 * time.Second)
		for range 10 {
			before := f.statements()
			w.pass(time.Minute)
			if n := f.statements() - before; n > 60 {
				t.Errorf("%d calls in an idle minute: %v", n, f.calls)
			}
		}
		if n := f.count("tick"); n < 3*600/4 {
			t.Errorf("%d ticks in ten minutes: want three in each lease", n)
		}
	})
}
