package runtime_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

func TestStopWaitsForRunningJobs(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(ctx context.Context) error {
			time.Sleep(10 * time.Second)
			return ctx.Err()
		})
		s := w.serve(runtime.ServerOptions{Concurrency: 1})
		h, waiting := enqueue(w, j.call(empty{})), enqueue(w, j.call(empty{}))
		w.pass(time.Second)
		start := time.Now()
		w.must(s.stop())
		if took := time.Since(start); took < 8*time.Second || took > 10*time.Second {
			t.Errorf("the stop took %v", took)
		}
		w.want(h.ID(), storage.Succeeded)
		w.want(waiting.ID(), storage.Enqueued)
		if servers, _ := w.store.Servers(w.ctx); len(servers) != 0 {
			t.Errorf("sessions left: %v", servers)
		}
	})
}

func TestStopReleasesWhatIsToldToStop(t *testing.T) {
	bubble(t, func(w *world) {
		var mu sync.Mutex
		var causes []error
		wait := func(end error) func(context.Context) error {
			return func(ctx context.Context) error {
				<-ctx.Done()
				mu.Lock()
				causes = append(causes, context.Cause(ctx))
				mu.Unlock()
				if end != nil {
					return end
				}
				return ctx.Err()
			}
		}
		interrupted := enqueue(w, simple(w, "test.interrupted", wait(nil)).call(empty{}))
		hopeless := enqueue(w, simple(w, "test.hopeless", wait(runtime.NoRetry(errors.New("bad address")))).call(empty{}))
		s := w.serve(runtime.ServerOptions{StopTimeout: 3 * time.Second, Name: "s1"})
		w.pass(time.Second)
		start := time.Now()
		w.must(s.stop())
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("the stop took %v", took)
		}
		for _, c := range causes {
			if !errors.Is(c, runtime.ErrStopping) {
				t.Errorf("cause %v", c)
			}
		}
		d := w.want(interrupted.ID(), storage.Enqueued)
		if d.Reason != "released by the stop of server s1" || d.Attempt != 1 || d.Retries != 0 || d.Lost != 0 {
			t.Errorf("reason %q, attempt %d, retries %d, lost %d", d.Reason, d.Attempt, d.Retries, d.Lost)
		}
		w.want(hopeless.ID(), storage.Failed) // it had a verdict of its own
	})
}

func TestHandlerThatOutlivesTheStop(t *testing.T) {
	bubble(t, func(w *world) {
		var runs int
		release := make(chan struct{})
		j := simple(w, "test.stuck", func(ctx context.Context) error {
			if runs++; runs > 1 {
				return nil
			}
			<-release
			if err := runtime.FromContext(ctx).Checkpoint(w.ctx, []byte("late")); !errors.Is(err, runtime.ErrLost) {
				t.Errorf("a late checkpoint: %v", err)
			}
			runtime.FromContext(ctx).Logger().Info().Msg("late")
			return errors.New("too late")
		})
		h := enqueue(w, j.call(empty{}))
		s := w.serve(runtime.ServerOptions{StopTimeout: time.Second, StopGrace: time.Second})
		w.pass(time.Second)
		err := s.stop()
		w.wantErr(err, nil, "server: 1 jobs did not stop within 2s", "test.stuck "+h.String())
		w.want(h.ID(), storage.Enqueued)
		w.idle()
		w.want(h.ID(), storage.Succeeded)
		close(release)
		w.settle()
		d := w.want(h.ID(), storage.Succeeded)
		if d.Failure != nil || d.Fetches != 2 {
			t.Errorf("failure %v, fetches %d", d.Failure, d.Fetches)
		}
	})
}

func TestCheckpointWhileStopping(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(ctx context.Context) error {
			jc := runtime.FromContext(ctx)
			if at := jc.LastCheckpoint(); at != nil {
				if string(at) != "page 7" {
					t.Errorf("checkpoint %q", at)
				}
				return nil
			}
			<-ctx.Done()
			if err := jc.Checkpoint(context.WithoutCancel(ctx), []byte("page 7")); err != nil {
				t.Error(err)
			}
			return ctx.Err()
		})
		h := enqueue(w, j.call(empty{}))
		s := w.serve(runtime.ServerOptions{StopTimeout: time.Second})
		w.pass(time.Second)
		w.must(s.stop())
		w.idle()
		w.want(h.ID(), storage.Succeeded)
	})
}

func TestStopWhileTheStoreIsDown(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		j := simple(w, "test.job", func(ctx context.Context) error { time.Sleep(2 * time.Second); return nil })
		h := enqueue(w, j.call(empty{}))
		s := w.serveOn(f, runtime.ServerOptions{StopGrace: time.Second})
		w.pass(time.Second)
		f.fail()
		start := time.Now()
		err := s.stop()
		w.wantErr(err, errDown, "1 outcomes could not be written", "close session")
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("the stop took %v", took)
		}
		w.want(h.ID(), storage.Processing)
		w.serve()
		w.pass(20 * time.Second)
		if d := w.want(h.ID(), storage.Succeeded); d.Fetches != 2 {
			t.Errorf("fetches %d", d.Fetches)
		}
	})
}

func TestStopWhileTheStoreHangs(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		j := simple(w, "test.job", func(ctx context.Context) error { time.Sleep(2 * time.Second); return nil })
		enqueue(w, j.call(empty{}))
		s := w.serveOn(f, runtime.ServerOptions{StopGrace: time.Second})
		w.pass(time.Second)
		f.hang()
		start := time.Now()
		w.wantErr(s.stop(), context.DeadlineExceeded)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the stop took %v", took)
		}
	})
}

func TestStopBeforeTheSessionOpens(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		f.fail()
		s := w.serveOn(f)
		w.pass(time.Minute)
		if n := f.count("open"); n < 50 || n > 90 {
			t.Errorf("%d tries to open a session in a minute", n)
		}
		w.must(s.stop())
	})
}

func TestStoreThatCloses(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		f.set(func(context.Context, string) error { return storage.ErrClosed }, nil)
		w.wantErr(runtime.NewServer(f, w.dispatcher, runtime.ServerOptions{}).Run(w.ctx), storage.ErrClosed)
	})
}

// Jobs fetched ahead and not started go back at once when the server stops.
func TestStopReturnsWhatWasFetchedAhead(t *testing.T) {
	bubble(t, func(w *world) {
		slow := false
		j := define[number, none]("test.job", retries())
		j.handle(w.dispatcher, func(_ context.Context, a *number) (none, error) {
			if slow || a.N == 1 {
				slow = true
				time.Sleep(5 * time.Second)
			}
			return none{}, nil
		})
		calls := many(200, j.call(number{0}))
		calls = append(calls, many(100, j.call(number{1}))...)
		_, err := w.client.EnqueueAll(w.ctx, calls...)
		w.must(err)
		s := w.serve(runtime.ServerOptions{Concurrency: 1, Name: "s1"})
		w.pass(100 * time.Millisecond)
		if n := w.count(storage.Filter{States: []storage.State{storage.Processing}}); n < 3 {
			t.Fatalf("%d jobs with the server: want some fetched ahead", n)
		}
		w.must(s.stop())
		c, err := w.store.Count(w.ctx, storage.Filter{}, 1000)
		w.must(err)
		if c.By[storage.Succeeded] != 201 || c.By[storage.Enqueued] != 99 {
			t.Errorf("states %v", c.By)
		}
		page, err := w.store.Jobs(w.ctx, storage.Query{Filter: storage.Filter{States: []storage.State{storage.Enqueued}}, Limit: 200})
		w.must(err)
		for _, job := range page.Jobs {
			if job.Attempt != 1 || job.Lost != 0 || strings.Contains(job.Reason, "stop") {
				t.Errorf("attempt %d, lost %d, reason %q", job.Attempt, job.Lost, job.Reason)
			}
		}
	})
}

// What a call gave whose answer is lost when the server stops goes back at once: it does not wait
// for the jobs that still run.
func TestStopReturnsWhatItDidNotHearOf(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		long := simple(w, "test.long", func(context.Context) error { time.Sleep(8 * time.Second); return nil })
		short := simple(w, "test.short", func(context.Context) error { return nil })
		enqueue(w, long.call(empty{}))
		s := w.serveOn(f, runtime.ServerOptions{Concurrency: 5})
		w.pass(time.Second)
		stopped := make(chan error, 1)
		f.set(nil, func(call string) error {
			if call != "fetch" {
				return nil
			}
			f.heal()
			go func() { stopped <- s.stop() }()
			time.Sleep(time.Millisecond) // the server is told
			return errDown
		})
		h := enqueue(w, short.call(empty{}))
		w.pass(time.Second)
		d := w.want(h.ID(), storage.Enqueued)
		if d.Fetches != 1 || d.Attempt != 1 || d.Lost != 0 {
			t.Errorf("want it given and given back: fetches %d, attempt %d, lost %d", d.Fetches, d.Attempt, d.Lost)
		}
		w.must(<-stopped)
	})
}

// What is held ready behind jobs that turn out to be long goes to other servers.
func TestFetchedAheadDoesNotWaitForLongJobs(t *testing.T) {
	bubble(t, func(w *world) {
		j := define[number, none]("test.job", retries())
		j.handle(w.dispatcher, func(ctx context.Context, a *number) (none, error) {
			if a.N > 0 {
				<-ctx.Done()
			}
			return none{}, nil
		})
		calls := append(many(200, j.call(number{0})), j.call(number{3600}))
		calls = append(calls, many(10, j.call(number{0}))...)
		_, err := w.client.EnqueueAll(w.ctx, calls...)
		w.must(err)
		w.serve(runtime.ServerOptions{Concurrency: 1})
		w.pass(100 * time.Millisecond)
		w.serve(runtime.ServerOptions{Concurrency: 1})
		w.pass(time.Second)
		if n := w.count(storage.Filter{States: []storage.State{storage.Succeeded}}); n != 210 {
			t.Errorf("%d jobs done, want all but the long one", n)
		}
	})
}
