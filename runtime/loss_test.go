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

// A server that is cut off ends its jobs' contexts at the end of its lease; they run
// elsewhere within ten seconds, and what it says later is refused.
func TestServerCutOff(t *testing.T) {
	bubble(t, func(w *world) {
		cut := newFlaky(w.store)
		type seen struct {
			at    time.Time
			cause error
		}
		var ended []seen
		var startedAgain time.Time
		var runs atomic.Int32
		j := simple(w, "test.job", func(ctx context.Context) error {
			if runs.Add(1) > 1 {
				startedAgain = time.Now()
				return nil
			}
			<-ctx.Done()
			ended = append(ended, seen{time.Now(), context.Cause(ctx)})
			return nil // too late: another server has the job
		})
		h := enqueue(w, j.call(empty{}))
		s := w.serveOn(cut)
		w.pass(time.Second)
		w.serve()
		w.pass(5 * time.Second)
		cut.hang()
		start := time.Now()
		w.pass(20 * time.Second)
		if len(ended) != 1 || !errors.Is(ended[0].cause, runtime.ErrLost) || ended[0].at.Sub(start) > storage.DefaultLease {
			t.Errorf("the cut off handler: %+v", ended)
		}
		if after := startedAgain.Sub(start); runs.Load() != 2 || after > 10*time.Second || after < storage.DefaultLease/2 {
			t.Errorf("%d runs, the second after %v", runs.Load(), after)
		}
		d := w.want(h.ID(), storage.Succeeded)
		if d.Lost != 1 || d.Attempt != 2 {
			t.Errorf("lost %d, attempt %d", d.Lost, d.Attempt)
		}
		cut.heal()
		w.pass(5 * time.Second)
		next := enqueue(w, j.call(empty{}))
		w.pass(time.Second)
		w.want(next.ID(), storage.Succeeded)
		if servers, _ := w.store.Servers(w.ctx); len(servers) != 2 {
			t.Errorf("%d sessions: want the healed server to open a new one", len(servers))
		}
		w.must(s.stop())
	})
}

// Without another server nobody declares the session dead: after the outage the
// server goes on with it, and what it gave up runs again, uncounted.
func TestOutageWithoutAnotherServer(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		runs := 0
		j := simple(w, "test.job", func(ctx context.Context) error {
			if runs++; runs == 1 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		h := enqueue(w, j.call(empty{}))
		s := w.serveOn(f)
		w.pass(time.Second)
		f.fail()
		w.pass(30 * time.Second)
		w.want(h.ID(), storage.Processing)
		f.heal()
		w.pass(5 * time.Second)
		d := w.want(h.ID(), storage.Succeeded)
		if d.Lost != 0 || d.Attempt != 1 || runs != 2 {
			t.Errorf("lost %d, attempt %d, runs %d", d.Lost, d.Attempt, runs)
		}
		w.must(s.stop())
	})
}

// An outcome is kept while the store is down and written when it is back, within a
// lease without the handler noticing.
func TestSettleIsTriedAgain(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		runs := 0
		j := simple(w, "test.job", func(context.Context) error { runs++; time.Sleep(2 * time.Second); return nil })
		h := enqueue(w, j.call(empty{}))
		w.serveOn(f)
		w.pass(time.Second)
		f.fail("settle")
		w.pass(time.Hour)
		w.want(h.ID(), storage.Processing)
		if n := f.count("settle"); n < 3500 || n > 5000 {
			t.Errorf("%d tries in an hour", n)
		}
		f.heal()
		w.pass(3 * time.Second)
		if d := w.want(h.ID(), storage.Succeeded); runs != 1 || d.Fetches != 1 {
			t.Errorf("%d runs, %d fetches", runs, d.Fetches)
		}
	})
}

func TestLostAnswers(t *testing.T) {
	for _, call := range []string{"open", "fetch", "settle", "report", "tick", "close"} {
		t.Run(call, func(t *testing.T) {
			bubble(t, func(w *world) {
				f := newFlaky(w.store)
				f.loseAnswer(call, 1)
				runs := 0
				j := simple(w, "test.job", func(ctx context.Context) error {
					runs++
					runtime.FromContext(ctx).Logger().Info().Msg("line")
					if err := runtime.FromContext(ctx).Checkpoint(ctx, []byte("c")); err != nil {
						t.Error(err)
					}
					time.Sleep(3 * time.Second)
					return nil
				})
				s := w.serveOn(f)
				h := enqueue(w, j.call(empty{}))
				w.pass(30 * time.Second)
				d := w.want(h.ID(), storage.Succeeded)
				if runs != 1 || d.Fetches != 1 {
					t.Errorf("%d runs, %d fetches", runs, d.Fetches)
				}
				if lines, _ := w.store.Logs(w.ctx, storage.LogQuery{Job: h.ID(), Limit: 10}); len(lines) != 1 {
					t.Errorf("%d lines, want 1", len(lines))
				}
				if err := s.stop(); (err != nil) != (call == "close") {
					t.Errorf("stop: %v", err)
				}
			})
		})
	}
}

// poisoned fails every write that carries the outcome of one job.
type poisoned struct {
	storage.Store
	job storage.ID
}

func (p *poisoned) Settle(ctx context.Context, r storage.SettleRequest) ([]storage.Verdict, error) {
	for _, o := range r.Outcomes {
		if o.Token.Job == p.job {
			return nil, errors.New("constraint violated")
		}
	}
	return p.Store.Settle(ctx, r)
}

// One outcome that the store fails on for ever does not stand in the way of others.
func TestOneOutcomeDoesNotBlockOthers(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(context.Context) error { time.Sleep(time.Second); return nil })
		bad := enqueue(w, j.call(empty{}))
		_, err := w.client.EnqueueAll(w.ctx, many(199, j.call(empty{}))...)
		w.must(err)
		w.serveOn(&poisoned{w.store, bad.ID()}, runtime.ServerOptions{Concurrency: 200, StopTimeout: time.Second})
		w.pass(2 * time.Minute)
		if n := w.count(storage.Filter{States: []storage.State{storage.Succeeded}}); n != 199 {
			t.Errorf("%d outcomes written, want 199", n)
		}
	})
}

// A job that was lost too often rests in failed.
func TestLostTooOften(t *testing.T) {
	bubble(t, func(w *world) {
		runs := 0
		j := simple(w, "test.killer", func(ctx context.Context) error { runs++; <-ctx.Done(); return ctx.Err() })
		h := enqueue(w, j.call(empty{}))
		w.serve(runtime.ServerOptions{Queues: []string{"other"}}) // keeps house
		for range 3 {
			cut := newFlaky(w.store)
			s := w.serveOn(cut, runtime.ServerOptions{MaxLost: 2})
			w.pass(2 * time.Second)
			cut.fail()
			s.stop()
			w.pass(20 * time.Second)
		}
		if d := w.want(h.ID(), storage.Failed); d.Lost != 3 || runs != 3 {
			t.Errorf("lost %d, runs %d, reason %q", d.Lost, runs, d.Reason)
		}
	})
}

// A session that is lost while the server stops ends its jobs' contexts.
func TestLostWhileStopping(t *testing.T) {
	bubble(t, func(w *world) {
		var cause error
		j := simple(w, "test.job", func(ctx context.Context) error {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return ctx.Err()
		})
		h := enqueue(w, j.call(empty{}))
		f := newFlaky(w.store)
		s := w.serveOn(f, runtime.ServerOptions{StopTimeout: time.Minute})
		w.pass(time.Second)
		go s.stop()
		w.pass(time.Second)
		servers, err := w.store.Servers(w.ctx)
		w.must(err)
		w.must(w.store.CloseSession(w.ctx, servers[0].ID))
		start := time.Now()
		w.must(s.stop())
		if !errors.Is(cause, runtime.ErrLost) || time.Since(start) > 3*time.Second {
			t.Errorf("cause %v after %v", cause, time.Since(start))
		}
		w.want(h.ID(), storage.Enqueued)
	})
}

// Handlers of a lost session that go on hold their slots, and are named when the
// server stops.
func TestHandlerOfALostSessionGoesOn(t *testing.T) {
	bubble(t, func(w *world) {
		release := make(chan struct{})
		runs := 0
		j := simple(w, "test.deaf", func(context.Context) error {
			if runs++; runs == 1 {
				<-release
			}
			return nil
		})
		h := enqueue(w, j.call(empty{}))
		s := w.serve(runtime.ServerOptions{Concurrency: 1, StopTimeout: time.Second, StopGrace: time.Second})
		w.pass(time.Second)
		servers, err := w.store.Servers(w.ctx)
		w.must(err)
		w.must(w.store.CloseSession(w.ctx, servers[0].ID))
		w.pass(10 * time.Second)
		w.want(h.ID(), storage.Enqueued) // the only slot is taken
		w.wantErr(s.stop(), nil, "1 jobs did not stop", "test.deaf")
		close(release)
		w.settle()
		w.idle()
		w.want(h.ID(), storage.Succeeded)
	})
}
