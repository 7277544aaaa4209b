package runtime_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/storage"
)

func TestStrictQueues(t *testing.T) {
	bubble(t, func(w *world) {
		var order []string
		j := simple(w, "test.job", func(ctx context.Context) error {
			order = append(order, runtime.FromContext(ctx).Queue())
			time.Sleep(time.Second)
			return nil
		})
		for _, q := range []string{"low", "high", "low", "mid", "high"} {
			enqueue(w, j.call(empty{}, runtime.Queue(q)))
		}
		other := enqueue(w, j.call(empty{}, runtime.Queue("other")))
		w.serve(runtime.ServerOptions{Queues: []string{"high", "mid", "low"}, Concurrency: 1})
		w.pass(time.Minute)
		if want := []string{"high", "high", "mid", "low", "low"}; !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
		w.want(other.ID(), storage.Enqueued)
	})
}

func TestWeightedQueuesStarveNone(t *testing.T) {
	bubble(t, func(w *world) {
		counts := map[string]int{}
		j := simple(w, "test.job", func(ctx context.Context) error {
			counts[runtime.FromContext(ctx).Queue()]++
			time.Sleep(time.Second)
			return nil
		})
		var calls []runtime.AnyCall
		for range 1500 {
			calls = append(calls, j.call(empty{}, runtime.Queue("big")), j.call(empty{}, runtime.Queue("small")))
		}
		_, err := w.client.EnqueueAll(w.ctx, calls...)
		w.must(err)
		w.serve(runtime.ServerOptions{Weights: map[string]int{"big": 9, "small": 1}, Concurrency: 1})
		w.pass(1000 * time.Second)
		if n := counts["small"]; n < 50 || n > 160 {
			t.Errorf("%d of 1000 runs were of the queue with a tenth of the weight", n)
		}
	})
}

func TestConcurrencyLimit(t *testing.T) {
	bubble(t, func(w *world) {
		var running, most atomic.Int32
		j := simple(w, "test.job", func(context.Context) error {
			n := running.Add(1)
			for {
				if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
					break
				}
			}
			time.Sleep(time.Second)
			running.Add(-1)
			return nil
		})
		_, err := w.client.EnqueueAll(w.ctx, many(100, j.call(empty{}))...)
		w.must(err)
		start := time.Now()
		w.idle(runtime.ServerOptions{Concurrency: 7})
		if most.Load() != 7 {
			t.Errorf("%d jobs ran at once, want 7", most.Load())
		}
		if took := time.Since(start); took < 14*time.Second || took > 17*time.Second {
			t.Errorf("100 jobs of a second on 7 workers took %v", took)
		}
	})
}

func TestMiddlewareOrderAndErrors(t *testing.T) {
	bubble(t, func(w *world) {
		var order []string
		boom := errors.New("boom")
		w.dispatcher.Use(
			func(ctx context.Context, next func(context.Context) error) error {
				order = append(order, "outer "+runtime.FromContext(ctx).Kind())
				err := next(ctx)
				if !errors.Is(err, boom) {
					t.Errorf("the outer middleware sees %v", err)
				}
				return nil // decides: succeeded
			},
			func(ctx context.Context, next func(context.Context) error) error {
				order = append(order, "inner")
				return next(ctx)
			})
		j := simple(w, "test.job", func(context.Context) error { order = append(order, "handler"); return boom })
		h := enqueue(w, j.call(empty{}))
		w.idle()
		w.want(h.ID(), storage.Succeeded)
		if got := strings.Join(order, ", "); got != "outer test.job, inner, handler" {
			t.Errorf("order %s", got)
		}
	})
}

func TestMiddlewarePanics(t *testing.T) {
	bubble(t, func(w *world) {
		w.dispatcher.Use(func(context.Context, func(context.Context) error) error { panic("in middleware") })
		j := simple(w, "test.job", func(context.Context) error { return nil }, retries())
		h := enqueue(w, j.call(empty{}))
		w.idle()
		if d := w.want(h.ID(), storage.Failed); d.Failure.Message != "panic: in middleware" {
			t.Errorf("failure %+v", d.Failure)
		}
	})
}

func TestOptionMessages(t *testing.T) {
	cases := map[string]struct {
		opts  runtime.ServerOptions
		words string
	}{
		"both":        {runtime.ServerOptions{Queues: []string{"a"}, Weights: map[string]int{"b": 1}}, "Queues (strict order) and Weights exclude each other"},
		"weight":      {runtime.ServerOptions{Weights: map[string]int{"b": 0}}, `queue "b" has weight 0; use 1 or more`},
		"queue":       {runtime.ServerOptions{Queues: []string{"A"}}, `queue "A": use 1 to 64`},
		"twice":       {runtime.ServerOptions{Queues: []string{"a", "b", "a"}}, `queue "a" is listed twice`},
		"concurrency": {runtime.ServerOptions{Concurrency: -1}, "Concurrency is -1; use 1 to 100000"},
		"lease":       {runtime.ServerOptions{Lease: time.Hour}, "Lease is 1h0m0s; use 1s to 1m0s"},
		"stop":        {runtime.ServerOptions{StopTimeout: -1}, "StopTimeout and StopGrace must not be negative"},
		"lost":        {runtime.ServerOptions{MaxLost: -1}, "MaxLost is -1"},
		"retry":       {runtime.ServerOptions{Retry: &runtime.RetryPolicy{Max: 1, Delays: make([]time.Duration, 2)}}, "2 delays for 1 retries"},
		"base":        {runtime.ServerOptions{Retry: &runtime.RetryPolicy{Base: -1}}, "Base -1ns"},
		"delay":       {runtime.ServerOptions{Retry: &runtime.RetryPolicy{Max: 1, Delays: []time.Duration{-1}}}, "delay 1 is -1ns"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				err := runtime.NewServer(w.store, w.dispatcher, c.opts).Run(w.ctx)
				w.wantErr(err, runtime.ErrInvalid, "server: ", c.words)
			})
		})
	}
	bubble(t, func(w *world) {
		w.wantErr(runtime.NewServer(nil, w.dispatcher, runtime.ServerOptions{}).Run(w.ctx), runtime.ErrInvalid, "a store and a dispatcher are required")
		s := runtime.NewServer(w.store, w.dispatcher, runtime.ServerOptions{})
		w.must(s.RunUntilIdle(w.ctx))
		w.wantErr(s.Run(w.ctx), runtime.ErrInvalid, "make a new server")
	})
}

func TestPublishedKinds(t *testing.T) {
	bubble(t, func(w *world) {
		simple(w, "test.job", func(context.Context) error { return nil }, func(s *generated.Spec) {
			s.Doc, s.Timeout, s.Params = "Doc.", time.Minute, []generated.Param{{Name: "p", Type: "int", Secret: true}}
		})
		simple(w, "test.other", func(context.Context) error { return nil }, retries(time.Second, 2*time.Second))
		simple(w, "test.third", func(context.Context) error { return nil }, func(s *generated.Spec) {
			s.Retry = &generated.Retry{Max: 2, Base: time.Second}
		})
		w.serve(runtime.ServerOptions{Retry: &runtime.RetryPolicy{}, Name: "n", Owner: "o", Version: "v1"})
		w.pass(time.Second)
		kinds, err := w.store.Kinds(w.ctx)
		w.must(err)
		var policies []string
		for _, k := range kinds {
			policies = append(policies, k.Policy)
		}
		want := []string{"no retries, 1m0s a run", "2 retries after [1s 2s]", "2 retries, exponential from 1s"}
		if !slices.Equal(policies, want) {
			t.Errorf("policies %q, want %q", policies, want)
		}
		if p := kinds[0].Params; len(p) != 1 || !p[0].Secret {
			t.Errorf("params %v", p)
		}
		servers, err := w.store.Servers(w.ctx)
		w.must(err)
		if len(servers) != 1 || servers[0].Server != "n" || servers[0].Owner != "o" || servers[0].Version != "v1" || servers[0].PID == 0 {
			t.Errorf("servers %+v", servers)
		}
	})
}

func TestKindsBelongToOneMethod(t *testing.T) {
	d := runtime.NewDispatcher()
	run := func(context.Context, *empty) (none, error) { return none{}, nil }
	define[empty, none]("test.a").handle(d, run)
	defer func() {
		if v := recover(); v == nil || !strings.Contains(v.(string), `kind "test.a" is registered twice (by test.a and test.b)`) {
			t.Errorf("recovered %v", v)
		}
	}()
	define[empty, none]("test.b", func(s *generated.Spec) { s.Aliases = []string{"test.a"} }).handle(d, run)
}

func TestRunUntilIdle(t *testing.T) {
	bubble(t, func(w *world) {
		runs := 0
		j := simple(w, "test.job", func(context.Context) error {
			if runs++; runs < 3 {
				return runtime.RetryAfter(0, errors.New("again"))
			}
			return nil
		})
		h := enqueue(w, j.call(empty{}))
		later := enqueue(w, j.call(empty{}, runtime.Delay(time.Hour)))
		w.idle()
		w.want(h.ID(), storage.Succeeded)
		w.want(later.ID(), storage.Scheduled)
		over, cancel := context.WithCancel(w.ctx)
		cancel()
		w.must(runtime.NewServer(w.store, w.dispatcher, runtime.ServerOptions{}).RunUntilIdle(over))
	})
}

func TestOptionsThatDoNotDecode(t *testing.T) {
	bubble(t, func(w *world) {
		w.client = runtime.NewClient(w.store, runtime.UseOnEnqueue(
			func(ctx context.Context, jobs []*storage.NewJob, next func(context.Context) error) error {
				jobs[0].Options = []byte(`{"timeout":"soon"}`)
				return next(ctx)
			}))
		j := simple(w, "test.job", func(context.Context) error { return nil })
		h := enqueue(w, j.call(empty{}))
		w.idle()
		w.want(h.ID(), storage.Succeeded)
		lines, err := w.store.Logs(w.ctx, storage.LogQuery{Job: h.ID(), Limit: 10})
		w.must(err)
		if len(lines) != 1 || !strings.Contains(lines[0].Message, "options do not decode") {
			t.Errorf("lines %+v", lines)
		}
	})
}

func TestRetentionOfTheCall(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(context.Context) error { return nil }, func(s *generated.Spec) { s.Retain = time.Hour })
		short := enqueue(w, j.call(empty{}, runtime.Retain(10*time.Minute)))
		long := enqueue(w, j.call(empty{}))
		w.serve()
		w.pass(30 * time.Minute)
		_, err := w.client.Job(w.ctx, short.ID())
		w.wantErr(err, runtime.ErrNotFound)
		w.want(long.ID(), storage.Succeeded)
		w.pass(time.Hour)
		_, err = w.client.Job(w.ctx, long.ID())
		w.wantErr(err, runtime.ErrNotFound)
	})
}
