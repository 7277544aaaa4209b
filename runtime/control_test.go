package runtime_test

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

func TestRunNowAndReschedule(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(context.Context) error { return nil })
		w.serve()
		now := enqueue(w, j.call(empty{}, runtime.Delay(4*time.Hour)))
		later := enqueue(w, j.call(empty{}, runtime.Delay(time.Hour)))
		done, err := w.client.RunNow(w.ctx, now.ID())
		w.must(err)
		if len(done) != 1 {
			t.Errorf("run now: %v", done)
		}
		_, err = w.client.Reschedule(w.ctx, runtime.In(3*time.Hour), later.ID())
		w.must(err)
		w.pass(2 * time.Hour)
		w.want(now.ID(), storage.Succeeded)
		w.want(later.ID(), storage.Scheduled)
		w.pass(3 * time.Hour)
		w.want(later.ID(), storage.Succeeded)
	})
}

func TestRemove(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(context.Context) error { return nil })
		h := enqueue(w, j.call(empty{}))
		w.idle()
		_, err := w.client.Remove(w.ctx, h.ID())
		w.must(err)
		_, err = w.client.Job(w.ctx, h.ID())
		w.wantErr(err, runtime.ErrNotFound)
	})
}

func TestControlOfManyJobs(t *testing.T) {
	bubble(t, func(w *world) {
		j := define[empty, none]("test.job")
		ids, err := w.client.EnqueueAll(w.ctx, many(2500, j.call(empty{}))...)
		w.must(err)
		done, err := w.client.Cancel(w.ctx, ids...)
		w.must(err)
		if len(done) != 2500 {
			t.Errorf("%d cancelled", len(done))
		}
		if done, err = w.client.Cancel(w.ctx); done != nil || err != nil {
			t.Errorf("none: %v, %v", done, err)
		}
	})
}

func TestPauses(t *testing.T) {
	bubble(t, func(w *world) {
		j := simple(w, "test.job", func(context.Context) error { return nil })
		w.must(w.client.PauseQueue(w.ctx, "default"))
		h := enqueue(w, j.call(empty{}))
		w.serve()
		w.pass(time.Minute)
		w.want(h.ID(), storage.Enqueued)
		w.must(w.client.ResumeQueue(w.ctx, "default"))
		w.pass(10 * time.Second)
		w.want(h.ID(), storage.Succeeded)

		w.must(w.client.PauseKind(w.ctx, "test.job"))
		h = enqueue(w, j.call(empty{}))
		w.pass(time.Minute)
		if d := w.want(h.ID(), storage.Enqueued); d.Held != "paused-kind:test.job" {
			t.Errorf("held %q", d.Held)
		}
		w.must(w.client.ResumeKind(w.ctx, "test.job"))
		w.pass(10 * time.Second)
		w.want(h.ID(), storage.Succeeded)
	})
}

// A kind that no server knows waits; it does not fail.
func TestUnknownKindIsHeld(t *testing.T) {
	bubble(t, func(w *world) {
		j := define[empty, none]("test.new")
		h := enqueue(w, j.call(empty{}))
		old := simple(w, "test.old", func(context.Context) error { return nil })
		next := enqueue(w, old.call(empty{}))
		w.idle()
		w.want(next.ID(), storage.Succeeded)
		if d := w.want(h.ID(), storage.Enqueued); d.Held == "" || d.Attempt > 1 {
			t.Errorf("held %q, attempt %d", d.Held, d.Attempt)
		}
		j.handle(w.dispatcher, func(context.Context, *empty) (none, error) { return none{}, nil })
		w.idle()
		w.want(h.ID(), storage.Succeeded)
	})
}

// generous gives jobs of kinds that were not asked for.
type generous struct{ storage.Store }

func (g generous) Fetch(ctx context.Context, r storage.FetchRequest) (storage.FetchResult, error) {
	r.Kinds = storage.NewKindSet([]storage.KindInfo{{Kind: "test.job", Fingerprint: "test.job-1"}})
	return g.Store.Fetch(ctx, r)
}

func TestStoreThatGivesAnUnknownKind(t *testing.T) {
	bubble(t, func(w *world) {
		h := enqueue(w, define[empty, none]("test.job").call(empty{}))
		s := w.serveOn(generous{w.store}, runtime.ServerOptions{Name: "s1"})
		w.pass(time.Second)
		if d := w.want(h.ID(), storage.Scheduled); d.Reason != "server s1 has no handler for it" {
			t.Errorf("reason %q", d.Reason)
		}
		w.must(s.stop())
	})
}
