package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/storage"
)

func TestArgumentsAndResult(t *testing.T) {
	bubble(t, func(w *world) {
		greet.handle(w.dispatcher, func(_ context.Context, a *text) (text, error) { return text{"hello " + a.Text}, nil })
		w.serve(runtime.ServerOptions{Queues: []string{"mail"}})
		h := enqueue(w, greet.call(text{"world"}))
		_, err := runtime.Result(w.ctx, w.client, h)
		w.wantErr(err, runtime.ErrNotFinished, "result of "+h.String())
		got, err := runtime.Await(w.ctx, w.client, h)
		w.must(err)
		if got.Text != "hello world" {
			t.Errorf("got %q", got.Text)
		}
		d := w.want(h.ID(), storage.Succeeded)
		if d.Attempt != 1 || len(d.History) == 0 {
			t.Errorf("attempt %d, history %v", d.Attempt, d.History)
		}
		wrong, err := runtime.Result(w.ctx, w.client, runtime.HandleFor[int](h.ID()))
		w.wantErr(err, nil, "test.greet")
		if wrong != 0 {
			t.Errorf("got %d", wrong)
		}
		_, err = runtime.Result(w.ctx, w.client, runtime.HandleFor[int](storage.NewID()))
		w.wantErr(err, runtime.ErrNotFound)
	})
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	bubble(t, func(w *world) {
		h := enqueue(w, greet.call(text{}))
		ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
		defer cancel()
		_, err := runtime.Await(ctx, w.client, h)
		w.wantErr(err, context.DeadlineExceeded, "await", h.String())
	})
}

func TestNoResult(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.fail", func(context.Context) error { return errors.New("boom") }, retries())
		h := enqueue(w, j.call(empty{}))
		gone := enqueue(w, j.call(empty{}, runtime.Delay(time.Hour)))
		_, err := w.client.Cancel(w.ctx, gone.ID())
		w.must(err)
		w.idle()
		_, err = runtime.Result(w.ctx, w.client, h)
		w.wantErr(err, runtime.ErrNoResult, "test.fail", "is failed: boom")
		var je *runtime.JobError
		if !errors.As(err, &je) || je.ID != h.ID() || je.State != storage.Failed || je.Failure.Message != "boom" {
			t.Errorf("%+v", je)
		}
		_, err = runtime.Result(w.ctx, w.client, gone)
		w.wantErr(err, runtime.ErrNoResult, "is deleted: cancelled")
	})
}

func TestPolicies(t *testing.T) {
	boom := errors.New("boom")
	second := time.Second
	cases := map[string]struct {
		edit  func(*generated.Spec)
		opts  []runtime.Option
		err   error
		runs  int
		state storage.State
		words string
	}{
		"retries, then failed":           {retries(second, second), nil, boom, 3, storage.Failed, "2 retries used up"},
		"no retries":                     {retries(), nil, boom, 1, storage.Failed, "no retries"},
		"discarded":                      {func(s *generated.Spec) { s.Retry = &generated.Retry{Max: 1, Base: second, OnDelete: true} }, nil, boom, 2, storage.Deleted, "1 retries used up"},
		"the server's policy":            {func(*generated.Spec) {}, nil, boom, 4, storage.Failed, "3 retries used up"},
		"the call's policy":              {retries(second, second), []runtime.Option{runtime.Retry(runtime.NoRetries())}, boom, 1, storage.Failed, "no retries"},
		"no retry can cure it":           {retries(second, second), nil, fmt.Errorf("wrapped: %w", runtime.NoRetry(boom)), 1, storage.Failed, "no retry can cure it"},
		"incurable is never discarded":   {func(s *generated.Spec) { s.Retry = &generated.Retry{Max: 1, OnDelete: true} }, nil, runtime.NoRetry(boom), 1, storage.Failed, "no retry can cure it"},
		"retry after uses up retries":    {retries(time.Hour), nil, runtime.RetryAfter(second, boom), 2, storage.Failed, "1 retries used up"},
		"retry after the last one fails": {retries(), nil, runtime.RetryAfter(second, boom), 1, storage.Failed, "no retries"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				runs := 0
				j := simple(w, "test.policy", func(context.Context) error { runs++; return c.err }, c.edit)
				w.serve(runtime.ServerOptions{Retry: &runtime.RetryPolicy{Max: 3, Base: second}})
				h := enqueue(w, j.call(empty{}, c.opts...))
				w.pass(time.Minute)
				d := w.want(h.ID(), c.state)
				if runs != c.runs || d.Reason != c.words || d.Failure == nil || !strings.Contains(d.Failure.Message, "boom") {
					t.Errorf("%d runs, reason %q, failure %+v; want %d, %q", runs, d.Reason, d.Failure, c.runs, c.words)
				}
			})
		})
	}
}

func TestRetryDelays(t *testing.T) {
	bubble(t, func(w *world) {
		var at []time.Time
		j := simple(w, "test.delays", func(context.Context) error {
			at = append(at, time.Now())
			return errors.New("boom")
		}, func(s *generated.Spec) {
			s.Retry = &generated.Retry{Max: 3, Delays: []time.Duration{200 * time.Millisecond, 10 * time.Second}}
		})
		w.serve()
		enqueue(w, j.call(empty{}))
		w.pass(time.Minute)
		if len(at) != 4 {
			t.Fatalf("%d runs", len(at))
		}
		for i, want := range []time.Duration{200 * time.Millisecond, 10 * time.Second, 10 * time.Second} {
			if got := at[i+1].Sub(at[i]); got < want || got > want+100*time.Millisecond {
				t.Errorf("delay %d is %v, want %v", i+1, got, want)
			}
		}
	})
}

func TestRetryCurves(t *testing.T) {
	p := runtime.DefaultRetry()
	var total time.Duration
	for n := 1; n <= p.Max; n++ {
		d := p.Delay(n)
		low := time.Duration((n-1)*(n-1)*(n-1)*(n-1)+15) * time.Second
		if d < low || d > low+time.Duration(29*n)*time.Second {
			t.Errorf("delay %d is %v", n, d)
		}
		total += d
	}
	if total < 4*time.Hour || total > 5*time.Hour {
		t.Errorf("the default policy spreads over %v", total)
	}
	if p.Delay(0) > time.Minute || p.Delay(1_000_000) > 10*365*24*time.Hour {
		t.Error("delays out of range")
	}
	e := runtime.RetryPolicy{Max: 100, Base: time.Second, Cap: time.Minute}
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 9: time.Minute, 100: time.Minute} {
		if d := e.Delay(n); d < want || d > want*11/10+1 {
			t.Errorf("exponential delay %d is %v, want about %v", n, d, want)
		}
	}
	e.Cap = 0
	if d := e.Delay(60); d < 24*time.Hour || d > 27*time.Hour {
		t.Errorf("without a cap a delay grows to a day: %v", d)
	}
}

func TestSnoozeUsesUpNoRetry(t *testing.T) {
	bubble(t, func(w *world) {
		runs := 0
		j := simple(w, "test.snooze", func(ctx context.Context) error {
			if runs++; runs < 5 {
				return runtime.Snooze(time.Minute)
			}
			if a := runtime.FromContext(ctx); a.Attempt() != 1 || a.Retries() != 0 {
				t.Errorf("attempt %d, retries %d", a.Attempt(), a.Retries())
			}
			return nil
		}, retries())
		w.serve()
		h := enqueue(w, j.call(empty{}))
		w.pass(time.Second)
		if d := w.want(h.ID(), storage.Scheduled); d.Reason != "snoozed for 1m0s" {
			t.Errorf("reason %q", d.Reason)
		}
		w.pass(5 * time.Minute)
		w.want(h.ID(), storage.Succeeded)
	})
}

func TestNilStaysNil(t *testing.T) {
	if runtime.NoRetry(nil) != nil || runtime.RetryAfter(time.Second, nil) != nil {
		t.Error("a marked nil is an error")
	}
	inner := errors.New("inner")
	if err := runtime.NoRetry(inner); err.Error() != "inner" || !errors.Is(err, inner) {
		t.Error("NoRetry hides its error")
	}
	if err := runtime.RetryAfter(time.Second, inner); err.Error() != "inner" || !errors.Is(err, inner) {
		t.Error("RetryAfter hides its error")
	}
}

func TestTimeout(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.timeout", func(ctx context.Context) error {
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), runtime.ErrTimeout) {
				t.Errorf("cause %v", context.Cause(ctx))
			}
			return fmt.Errorf("fetch page: %w", ctx.Err())
		}, func(s *generated.Spec) { s.Timeout = 30 * time.Second; s.Retry = &generated.Retry{} })
		w.serve()
		h := enqueue(w, j.call(empty{}))
		own := enqueue(w, j.call(empty{}, runtime.Timeout(time.Second)))
		w.pass(2 * time.Second)
		w.want(own.ID(), storage.Failed)
		w.want(h.ID(), storage.Processing)
		w.pass(time.Minute)
		d := w.want(h.ID(), storage.Failed)
		if want := "job timed out after 30s: fetch page: context deadline exceeded"; d.Failure.Message != want {
			t.Errorf("failure %q, want %q", d.Failure.Message, want)
		}
		if d.Failure.Type != "context.deadlineExceededError" {
			t.Errorf("type %q", d.Failure.Type)
		}
	})
}

func TestCancelARunningJob(t *testing.T) {
	ends := map[string]struct {
		end   func(ctx context.Context) error
		state storage.State
	}{
		"that gives up":        {func(ctx context.Context) error { return ctx.Err() }, storage.Deleted},
		"that fails otherwise": {func(context.Context) error { return errors.New("boom") }, storage.Deleted},
		"that panics":          {func(context.Context) error { panic("boom") }, storage.Deleted},
		"that snoozes":         {func(context.Context) error { return runtime.Snooze(time.Hour) }, storage.Deleted},
		"that finishes anyway": {func(context.Context) error { return nil }, storage.Succeeded},
	}
	for name, c := range ends {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				j := simple(w, "test.cancel", func(ctx context.Context) error {
					<-ctx.Done()
					if !errors.Is(context.Cause(ctx), runtime.ErrCancelled) {
						t.Errorf("cause %v", context.Cause(ctx))
					}
					return c.end(ctx)
				})
				w.serve()
				h := enqueue(w, j.call(empty{}))
				w.pass(time.Second)
				done, err := w.client.Cancel(w.ctx, h.ID(), storage.NewID())
				w.must(err)
				if len(done) != 1 || done[0] != h.ID() {
					t.Errorf("cancelled %v", done)
				}
				w.pass(3 * time.Second)
				w.want(h.ID(), c.state)
			})
		})
	}
}

// What ends the context first is its cause; a request to cancel stands all the same.
func TestCancelAfterTimeout(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.both", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(5 * time.Second)
			if !errors.Is(context.Cause(ctx), runtime.ErrTimeout) {
				t.Errorf("cause %v", context.Cause(ctx))
			}
			return ctx.Err()
		}, func(s *generated.Spec) { s.Timeout = time.Second })
		w.serve()
		h := enqueue(w, j.call(empty{}))
		w.pass(2 * time.Second)
		_, err := w.client.Cancel(w.ctx, h.ID())
		w.must(err)
		w.pass(10 * time.Second)
		w.want(h.ID(), storage.Deleted)
	})
}

func explode(v any) { panic(v) }

func TestHandlersThatDoNotReturn(t *testing.T) {
	cases := map[string]struct {
		run     func(context.Context) error
		message string
		stack   string
	}{
		"panic":       {func(context.Context) error { explode("kaboom"); return nil }, "panic: kaboom", "runtime_test.explode("},
		"panic error": {func(context.Context) error { panic(runtime.Snooze(time.Hour)) }, "panic: snoozed for 1h0m0s", "handler_test.go"},
		"Goexit":      {func(context.Context) error { goruntime.Goexit(); return nil }, "panic: the handler called runtime.Goexit", "handler_test.go"},
		"error that panics": {func(context.Context) error { var p *os.PathError; return p },
			"panic: the handler's error panicked: runtime error: invalid memory address", "PathError"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				j := simple(w, "test.panic", c.run, retries())
				after := simple(w, "test.after", func(context.Context) error { return nil })
				h, next := enqueue(w, j.call(empty{})), enqueue(w, after.call(empty{}))
				w.idle(runtime.ServerOptions{Concurrency: 1})
				d := w.want(h.ID(), storage.Failed)
				if d.Failure.Type != "panic" || !strings.HasPrefix(d.Failure.Message, c.message) {
					t.Errorf("failure %s: %s", d.Failure.Type, d.Failure.Message)
				}
				if !strings.Contains(d.Failure.Stack, c.stack) || strings.Contains(d.Failure.Stack, "\npanic(") {
					t.Errorf("stack does not begin where it went wrong:\n%s", d.Failure.Stack)
				}
				w.want(next.ID(), storage.Succeeded) // the worker is free again
			})
		})
	}
}

func TestPanicErrorUnwraps(t *testing.T) {
	inner := errors.New("inner")
	if err := error(&runtime.PanicError{Value: inner}); !errors.Is(err, inner) {
		t.Error("a panicked error cannot be found")
	}
}

func TestArgumentsThatDoNotDecode(t *testing.T) {
	bubble(t, func(w *world) {
		stored := define[text, none]("test.shape")
		now := define[struct {
			Text struct {
				N int `json:"n"`
			} `json:"text"`
		}, none]("test.shape")
		now.handle(w.dispatcher, func(context.Context, *struct {
			Text struct {
				N int `json:"n"`
			} `json:"text"`
		}) (none, error) {
			t.Error("the handler ran")
			return none{}, nil
		})
		h := enqueue(w, stored.call(text{"hello"}))
		w.idle()
		d := w.want(h.ID(), storage.Failed)
		if !strings.Contains(d.Failure.Message, "test.shape: argument text does not decode") || d.Failure.Type != "runtime.DecodeError" {
			t.Errorf("failure %+v", d.Failure)
		}
		if d.Attempt != 1 || d.Reason != "no retry can cure it" {
			t.Errorf("attempt %d, reason %q", d.Attempt, d.Reason)
		}
	})
}

func TestResultsThatCannotBeKept(t *testing.T) {
	bubble(t, func(w *world) {
		large := define[empty, string]("test.large")
		large.handle(w.dispatcher, func(context.Context, *empty) (string, error) { return strings.Repeat("x", storage.MaxResult), nil })
		odd := define[empty, func()]("test.odd")
		odd.handle(w.dispatcher, func(context.Context, *empty) (func(), error) { return func() {}, nil })
		a, b := enqueue(w, large.call(empty{})), enqueue(w, odd.call(empty{}))
		w.idle()
		if m := w.want(a.ID(), storage.Failed).Failure.Message; !strings.Contains(m, "return a reference") {
			t.Errorf("failure %q", m)
		}
		if m := w.want(b.ID(), storage.Failed).Failure.Message; !strings.Contains(m, "test.odd: encode result") {
			t.Errorf("failure %q", m)
		}
	})
}

// picky cannot keep results.
type picky struct{ storage.Store }

func (p picky) Settle(ctx context.Context, r storage.SettleRequest) ([]storage.Verdict, error) {
	out := make([]storage.Verdict, len(r.Outcomes))
	for i, o := range r.Outcomes {
		if len(o.Result) > 0 || strings.Contains(o.Reason, "never") {
			out[i] = storage.Unstorable
			continue
		}
		v, err := p.Store.Settle(ctx, storage.SettleRequest{Session: r.Session, Outcomes: []storage.Outcome{o}})
		if err != nil {
			return nil, err
		}
		out[i] = v[0]
	}
	return out, nil
}

func TestUnstorableResult(t *testing.T) {
	bubble(t, func(w *world) {
		greet.handle(w.dispatcher, func(context.Context, *text) (text, error) { return text{"no"}, nil })
		s := w.serveOn(picky{w.store}, runtime.ServerOptions{Queues: []string{"mail"}})
		h := enqueue(w, greet.call(text{}))
		w.pass(time.Second)
		d := w.want(h.ID(), storage.Failed)
		if d.Failure.Type != "unstorable" {
			t.Errorf("failure %+v", d.Failure)
		}
		w.must(s.stop())
	})
}

func TestJobContext(t *testing.T) {
	bubble(t, func(w *world) {
		if runtime.FromContext(w.ctx) != nil {
			t.Error("a job outside of a handler")
		}
		type key struct{}
		var log strings.Builder
		j := define[text, none]("test.context", func(s *generated.Spec) { s.Aliases = []string{"test.old"} })
		var id storage.ID
		j.handle(w.dispatcher, func(ctx context.Context, _ *text) (none, error) {
			jc := runtime.FromContext(ctx)
			id = jc.ID()
			if jc.Kind() != "test.old" || jc.Queue() != "default" || jc.Attempt() != 1 || jc.Retries() != 0 {
				t.Errorf("%s %s %d %d", jc.Kind(), jc.Queue(), jc.Attempt(), jc.Retries())
			}
			meta := jc.Metadata()
			meta["k"] = "changed"
			if jc.Metadata()["k"] != "v" || jc.Job().ID != id || jc.LastCheckpoint() != nil {
				t.Error("metadata, job or checkpoint")
			}
			if ctx.Value(key{}) != "of Run" {
				t.Error("values of Run's context are missing")
			}
			zerolog.Ctx(ctx).Info().Int64("big", 9007199254740993).Str("s", "x").Msg("through the context")
			jc.Logger().Debug().Msg("below the server's level")
			return none{}, nil
		})
		h := enqueue(w, define[text, none]("test.old", func(s *generated.Spec) { s.Fingerprint = j.spec.Fingerprint }).call(text{}, runtime.Meta("k", "v")))
		server := runtime.NewServer(w.store, w.dispatcher, runtime.ServerOptions{Logger: zerolog.New(&log).Level(zerolog.InfoLevel)})
		w.must(server.RunUntilIdle(context.WithValue(w.ctx, key{}, "of Run")))
		w.want(h.ID(), storage.Succeeded)
		if id != h.ID() {
			t.Errorf("id %v, want %v", id, h.ID())
		}
		lines, err := w.store.Logs(w.ctx, storage.LogQuery{Job: id, Limit: 10})
		w.must(err)
		if len(lines) != 2 || lines[0].Message != "through the context" || lines[0].Level != "info" ||
			lines[0].Fields != `{"big":9007199254740993,"s":"x"}` || lines[1].Level != "debug" {
			t.Errorf("lines kept: %+v", lines)
		}
		if got := log.String(); !strings.Contains(got, `"message":"through the context"`) || !strings.Contains(got, id.String()) ||
			!strings.Contains(got, `"big":9007199254740993`) || strings.Contains(got, "below") {
			t.Errorf("the server's log: %s", got)
		}
	})
}
