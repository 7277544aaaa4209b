package runtime_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// While the store is down, a busy server asks it a few times a second; once it is back,
// the server is at full speed within two seconds, has written what it knew, and nothing
// has failed for the outage.
func TestOutage(t *testing.T) {
	const workers, pause, jobs = 10, 50 * time.Millisecond, 5000 // 200 jobs a second
	cases := map[string]struct {
		begin func(*flaky)
		lasts time.Duration
		calls int           // at most, while the store is down
		back  time.Duration // at most until full speed
	}{
		"fails":         {func(f *flaky) { f.fail() }, time.Minute, 6 * 60, 1500 * time.Millisecond},
		"fails shortly": {func(f *flaky) { f.fail() }, 3 * time.Second, 3 * 18, 2 * time.Second},
		"hangs":         {func(f *flaky) { f.hang() }, time.Minute, 4 * 60, time.Second},
		"hangs shortly": {func(f *flaky) { f.hang() }, 3 * time.Second, 3 * 13, time.Second},
		// It fetches until as many outcomes wait as it keeps at most.
		"does not take outcomes": {func(f *flaky) { f.fail("settle") }, time.Minute, 6*60 + 300, 2 * time.Second},
		"gives no jobs":          {func(f *flaky) { f.fail("fetch", "wait") }, time.Minute, 5 * 60, 2 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				var done atomic.Int64
				j := simple(w, "test.job", func(context.Context) error {
					time.Sleep(pause)
					done.Add(1)
					return nil
				})
				_, err := w.client.EnqueueAll(w.ctx, many(jobs, j.call(empty{}))...)
				w.must(err)
				f := newFlaky(w.store)
				s := w.serveOn(f, runtime.ServerOptions{Concurrency: workers})
				w.pass(2 * time.Second)
				c.begin(f)
				before := f.statements() + f.count("wait")
				w.pass(c.lasts)
				if n := f.statements() + f.count("wait") - before; n > c.calls {
					t.Errorf("%d calls while the store was down, want at most %d", n, c.calls)
				}
				f.heal()
				w.pass(c.back)
				ran := done.Load()
				w.pass(time.Second)
				if n := done.Load() - ran; n < 190 {
					t.Errorf("%d jobs in the second after the return: want full speed", n)
				}
				w.must(s.stop())
				counts, err := w.store.Count(w.ctx, storage.Filter{}, 100_000)
				w.must(err)
				if got := counts.By[storage.Succeeded]; int64(got) != done.Load() || counts.By[storage.Enqueued] != jobs-got {
					t.Errorf("states %v after %d runs", counts.By, done.Load())
				}
			})
		})
	}
}

// Enqueues ride over a short outage, with few calls however many callers wait, and
// fail with what the store said when it lasts.
func TestEnqueueDuringAnOutage(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		client := runtime.NewClient(f)
		j := define[number, none]("test.job")
		f.fail()
		errs := make(chan error)
		enqueueMany := func(ctx context.Context) {
			for i := range 64 {
				opts := []runtime.Option{runtime.Meta("caller", "x")}
				go func() {
					_, err := client.EnqueueAll(ctx, j.call(number{i}, opts...))
					errs <- err
				}()
			}
		}
		enqueueMany(w.ctx)
		w.pass(3 * time.Second)
		f.heal()
		start := time.Now()
		for range 64 {
			w.must(<-errs)
		}
		if d := time.Since(start); d > time.Second {
			t.Errorf("stored %v after the return", d)
		}
		if n := w.count(storage.Filter{}); n != 64 {
			t.Errorf("%d jobs, want 64", n)
		}

		f.fail()
		before := f.count("insert")
		enqueueMany(w.ctx)
		start = time.Now()
		for range 64 {
			w.wantErr(<-errs, errDown, "enqueue test.job")
		}
		if n, d := f.count("insert")-before, time.Since(start); n > 15 || d < 4*time.Second || d > 8*time.Second {
			t.Errorf("gave up after %d calls in %v", n, d)
		}

		ctx, cancel := context.WithTimeout(w.ctx, time.Second)
		defer cancel()
		start = time.Now()
		enqueueMany(ctx)
		for range 64 {
			err := <-errs
			w.wantErr(err, context.DeadlineExceeded)
			if !errors.Is(err, errDown) {
				t.Errorf("%v does not say what the store said", err)
			}
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("the callers' contexts ended after 1s, the calls after %v", d)
		}
		w.pass(time.Minute)
		f.heal()
		if _, err := client.EnqueueAll(w.ctx, j.call(number{0})); err != nil {
			t.Error(err)
		}
	})
}

// A job that goes alone is tried again as well, and by its caller's context.
func TestEnqueueAloneDuringAnOutage(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		client := runtime.NewClient(f)
		j := define[number, none]("test.job")
		f.fail()
		ctx, cancel := context.WithTimeout(w.ctx, 2*time.Second)
		defer cancel()
		_, err := client.EnqueueAll(ctx, many(100, j.call(number{}))...)
		w.wantErr(err, context.DeadlineExceeded, errDown.Error())
		_, err = client.EnqueueAll(w.ctx, many(100, j.call(number{}))...)
		w.wantErr(err, errDown)
		if n := f.count("insert"); n > 20 {
			t.Errorf("%d tries", n)
		}
		go func() { time.Sleep(time.Second); f.heal() }()
		_, err = client.EnqueueAll(w.ctx, many(100, j.call(number{}))...)
		w.must(err)
	})
}

// A store that cannot say when there is work is asked about once a second.
func TestWaitFails(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(context.Context) error { return nil })
		f := newFlaky(w.store)
		f.fail("wait")
		w.serveOn(f)
		w.pass(time.Minute)
		if n := f.statements() + f.count("wait"); n > 4*60 {
			t.Errorf("%d calls in a minute", n)
		}
		h := enqueue(w, j.call(empty{}))
		w.pass(time.Second)
		w.want(h.ID(), storage.Succeeded)
	})
}

// What no second try can cure is not tried again.
func TestEnqueueIntoAClosedStore(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		w.must(w.store.Close())
		client := runtime.NewClient(f)
		j := define[number, none]("test.job")
		for _, n := range []int{1, 100} {
			start, before := time.Now(), f.count("insert")
			_, err := client.EnqueueAll(w.ctx, many(n, j.call(number{}))...)
			w.wantErr(err, storage.ErrClosed)
			if f.count("insert")-before != 1 || time.Since(start) > 0 {
				t.Errorf("%d tries in %v", f.count("insert")-before, time.Since(start))
			}
		}
	})
}
