package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

func (w *world) lines(id storage.ID) []storage.NumberedLine {
	w.Helper()
	lines, err := w.store.Logs(w.ctx, storage.LogQuery{Job: id, Limit: storage.MaxLogLines})
	w.must(err)
	return lines
}

func TestProgressAndLogAreSeenLive(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(ctx context.Context) error {
			jc := runtime.FromContext(ctx)
			for i := range 10 {
				jc.Progress(float64(i*10), fmt.Sprintf("part %d", i))
				jc.Logger().Info().Int("part", i).Msg("working")
				time.Sleep(time.Second)
			}
			jc.Progress(math.NaN(), "")
			jc.Progress(250, "done")
			return nil
		})
		w.serve()
		h := enqueue(w, j.call(empty{}))
		w.pass(5500 * time.Millisecond)
		d := w.want(h.ID(), storage.Processing)
		if d.Progress == nil || d.Progress.Percent < 40 || d.Progress.Note == "" {
			t.Errorf("progress %+v", d.Progress)
		}
		if n := len(w.lines(h.ID())); n < 5 {
			t.Errorf("%d lines", n)
		}
		w.pass(10 * time.Second)
		if d := w.want(h.ID(), storage.Succeeded); d.Progress.Percent != 100 || d.Progress.Note != "done" {
			t.Errorf("progress %+v", d.Progress)
		}
		for i, l := range w.lines(h.ID()) {
			if l.Fields != fmt.Sprintf(`{"part":%d}`, i) {
				t.Errorf("line %d: %+v", i, l)
			}
		}
	})
}

func TestTheLogIsBounded(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(ctx context.Context) error {
			runtime.FromContext(ctx).Logger().Info().Msg(strings.Repeat("é", storage.MaxLogLine))
			for range 2999 {
				runtime.FromContext(ctx).Logger().Info().Msg("line")
			}
			time.Sleep(2 * time.Second)
			return nil
		})
		h := enqueue(w, j.call(empty{}))
		w.idle()
		lines := w.lines(h.ID())
		if len(lines) != storage.MaxLogLines {
			t.Fatalf("%d lines", len(lines))
		}
		if last := lines[len(lines)-1]; last.Message != "2001 further lines were not kept" {
			t.Errorf("last line %q", last.Message)
		}
		if m := lines[0].Message; len(m) > storage.MaxLogLine || !strings.HasSuffix(m, "é ... (cut)") {
			t.Errorf("a long line ends with %q", m[len(m)-20:])
		}
	})
}

func TestCheckpoint(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(ctx context.Context) error {
			jc := runtime.FromContext(ctx)
			if jc.Attempt() == 2 {
				if string(jc.LastCheckpoint()) != "three" {
					t.Errorf("checkpoint %q", jc.LastCheckpoint())
				}
				return nil
			}
			for _, c := range []string{"one", "two", "three"} {
				w.must(jc.Checkpoint(ctx, []byte(c)))
				if d := w.get(jc.ID()); string(d.Checkpoint) != c {
					t.Errorf("stored %q, want %q", d.Checkpoint, c)
				}
			}
			w.wantErr(jc.Checkpoint(ctx, make([]byte, storage.MaxCheckpoint+1)), runtime.ErrTooLarge, "the limit is")
			return errors.New("again")
		}, retries(time.Second))
		w.serve()
		h := enqueue(w, j.call(empty{}))
		w.pass(5 * time.Second)
		w.want(h.ID(), storage.Succeeded)
	})
}

func TestCheckpointWhileTheStoreIsDown(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		j := simple(w, "test.job", func(ctx context.Context) error {
			short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
			defer cancel()
			w.wantErr(runtime.FromContext(ctx).Checkpoint(short, []byte("first")), context.DeadlineExceeded, "checkpoint of test.job")
			return runtime.FromContext(ctx).Checkpoint(ctx, nil)
		})
		h := enqueue(w, j.call(empty{}))
		f.fail("report")
		w.serveOn(f)
		w.pass(3 * time.Second)
		w.want(h.ID(), storage.Processing)
		f.heal()
		w.pass(2 * time.Second)
		if d := w.want(h.ID(), storage.Succeeded); d.Failure != nil {
			t.Errorf("failure %+v", d.Failure)
		}
	})
}

// A handler learns by its next report that its job runs elsewhere.
func TestRefusedReportEndsTheRun(t *testing.T) {
	bubble(t, func(w *world) {
		var cause, saved error
		runs := 0
		j := simple(w, "test.job", func(ctx context.Context) error {
			if runs++; runs > 1 {
				return nil
			}
			servers, err := w.store.Servers(w.ctx)
			w.must(err)
			w.must(w.store.CloseSession(w.ctx, servers[0].ID))
			saved = runtime.FromContext(ctx).Checkpoint(w.ctx, []byte("x"))
			cause = context.Cause(ctx)
			return ctx.Err()
		})
		w.serve(runtime.ServerOptions{Concurrency: 1}) // so that no fetch learns it first
		h := enqueue(w, j.call(empty{}))
		w.pass(5 * time.Second)
		w.want(h.ID(), storage.Succeeded)
		if !errors.Is(saved, runtime.ErrLost) || !errors.Is(cause, runtime.ErrLost) {
			t.Errorf("checkpoint %v, cause %v", saved, cause)
		}
	})
}

// A log line whose report is on its way when the handler returns is kept once.
func TestReportInFlightAtTheEnd(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		f.set(func(_ context.Context, call string) error {
			if call == "report" {
				time.Sleep(500 * time.Millisecond)
			}
			return nil
		}, nil)
		j := simple(w, "test.job", func(ctx context.Context) error {
			runtime.FromContext(ctx).Logger().Info().Msg("early")
			time.Sleep(1100 * time.Millisecond) // the beat's report is on its way
			runtime.FromContext(ctx).Logger().Info().Msg("late")
			return nil
		})
		w.serveOn(f)
		h := enqueue(w, j.call(empty{}))
		w.pass(5 * time.Second)
		lines := w.lines(h.ID())
		if len(lines) != 2 || lines[0].Message != "early" || lines[1].Message != "late" {
			t.Errorf("lines %+v", lines)
		}
	})
}
