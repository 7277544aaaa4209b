package runtimetest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/runtime/runtimetest"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

type order struct {
	ID   int    `json:"id"`
	Note string `json:"note"`
}

var ship = &generated.Spec{Kind: "shop.ship", Fingerprint: "1", Queue: "shipping"}

func shipJob(id int, opts ...runtime.Option) runtime.Call[string] {
	return generated.NewCall[string](ship, &order{ID: id}, opts)
}

// fake is a testing.TB that notes its end.
type fake struct {
	testing.TB
	said string
}

func (f *fake) Helper() {}
func (f *fake) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(f)
}

// says runs check on a fake test and gives what it died of.
func says(check func(testing.TB)) (said string) {
	f := &fake{}
	defer func() {
		if v := recover(); v != nil {
			said = f.said
		}
	}()
	check(f)
	return ""
}

func TestRecorder(t *testing.T) {
	rec := runtimetest.NewRecorder()
	h, err := generated.Enqueue(t.Context(), rec, shipJob(7, runtime.Queue("express"), runtime.Delay(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := generated.Continue(t.Context(), rec, h, shipJob(8)); err != nil {
		t.Fatal(err)
	}
	j := runtimetest.RequireEnqueued(t, rec, shipJob(7))
	if j.Queue != "express" || j.Due.In != time.Hour || j.ID != h.ID() {
		t.Errorf("got %+v", j)
	}
	runtimetest.RequireNotEnqueued(t, rec, shipJob(9))
	if n := len(rec.Jobs()); n != 2 {
		t.Errorf("%d jobs", n)
	}
	said := says(func(t testing.TB) { runtimetest.RequireEnqueued(t, rec, shipJob(9)) })
	if !strings.Contains(said, `shop.ship {"id":9,"note":""}`) || !strings.Contains(said, "\n\tshop.ship {\"id\":8,\"note\":\"\"}") {
		t.Errorf("said %q", said)
	}
	if said = says(func(t testing.TB) { runtimetest.RequireNotEnqueued(t, rec, shipJob(7)) }); !strings.Contains(said, "and it was") {
		t.Errorf("said %q", said)
	}
	if said = says(func(t testing.TB) { runtimetest.RequireEnqueued(t, rec, runtime.Call[string]{}) }); !strings.Contains(said, "zero Call") {
		t.Errorf("said %q", said)
	}
	rec.Reset()
	if said = says(func(t testing.TB) { runtimetest.RequireEnqueued(t, rec, shipJob(7)) }); !strings.Contains(said, "enqueued were: none") {
		t.Errorf("said %q", said)
	}
}

func TestRecorderRefuses(t *testing.T) {
	refused := errors.New("refused")
	rec := runtimetest.NewRecorder(runtime.UseOnEnqueue(
		func(ctx context.Context, jobs []*storage.NewJob, next func(context.Context) error) error {
			if jobs[0].Queue == "closed" {
				return refused
			}
			return next(ctx)
		}))
	if _, err := rec.EnqueueAll(t.Context(), shipJob(1, runtime.Queue("No"))); !errors.Is(err, runtime.ErrInvalid) {
		t.Errorf("a bad queue: %v", err)
	}
	if _, err := rec.EnqueueAll(t.Context(), shipJob(1, runtime.Queue("closed"))); !errors.Is(err, refused) {
		t.Errorf("middleware: %v", err)
	}
	down := errors.New("down")
	rec.Fail(down)
	if _, err := rec.EnqueueAll(t.Context(), shipJob(1)); !errors.Is(err, down) {
		t.Errorf("a store that is down: %v", err)
	}
	rec.Fail(nil)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := rec.EnqueueAll(over, shipJob(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
	if n := len(rec.Jobs()); n != 0 {
		t.Errorf("%d jobs recorded", n)
	}
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		client := runtime.NewClient(store)
		d := runtime.NewDispatcher()
		generated.Register(d, ship, func(ctx context.Context, o *order) (string, error) {
			if runtime.FromContext(ctx).Attempt() == 1 && o.ID == 1 {
				return "", errors.New("the van is full")
			}
			return fmt.Sprint("parcel ", o.ID), nil
		})
		first, err := generated.Enqueue(t.Context(), client, shipJob(1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = generated.Continue(t.Context(), client, first, shipJob(2, runtime.Queue("other"))); err != nil {
			t.Fatal(err)
		}
		if _, err = generated.Schedule(t.Context(), client, runtime.In(time.Hour), shipJob(3)); err != nil {
			t.Fatal(err)
		}
		want := func(ran []runtimetest.Ran, outcomes ...storage.OutcomeKind) {
			t.Helper()
			var got []storage.OutcomeKind
			for _, r := range ran {
				got = append(got, r.Outcome)
			}
			if !slices.Equal(got, outcomes) {
				t.Errorf("outcomes %v, want %v", got, outcomes)
			}
		}
		want(runtimetest.Drain(t, store, d, runtimetest.Queues("none")))
		ran := runtimetest.Drain(t, store, d)
		want(ran, storage.Retry)
		if ran[0].Failure.Message != "the van is full" || ran[0].ID != first.ID() || ran[0].Attempt != 1 || ran[0].Kind != "shop.ship" {
			t.Errorf("ran %+v", ran[0])
		}
		want(runtimetest.Drain(t, store, d, runtimetest.Scheduled()), storage.Succeed, storage.Succeed, storage.Succeed)
		if got, err := runtime.Result(t.Context(), client, first); got != "parcel 1" || err != nil {
			t.Errorf("result %q, %v", got, err)
		}
		said := says(func(tb testing.TB) {
			runtimetest.Drain(tbWithContext{tb, t.Context()}, store, d, runtimetest.WithServer(runtime.ServerOptions{Lease: time.Hour}))
		})
		if !strings.Contains(said, "Lease is 1h0m0s") {
			t.Errorf("said %q", said)
		}
	})
}

type tbWithContext struct {
	testing.TB
	ctx context.Context
}

func (t tbWithContext) Context() context.Context { return t.ctx }
