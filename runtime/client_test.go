package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/storage"
)

var greet = define[text, text]("test.greet", func(s *generated.Spec) { s.Queue = "mail" })

func TestEnqueueStoresWhatTheCallSays(t *testing.T) {
	bubble(t, func(w *world) {
		h := enqueue(w, greet.call(text{"hello"}, runtime.Priority(0), runtime.Meta("tenant", "7"), runtime.Expires(time.Hour)))
		d := w.want(h.ID(), storage.Enqueued)
		if d.Kind != "test.greet" || d.Fingerprint != "test.greet-1" || d.Queue != "mail" || d.Priority != 0 {
			t.Errorf("kind, fingerprint, queue or priority: %+v", d.Job)
		}
		if string(d.Payload) != `{"text":"hello"}` || d.Metadata["tenant"] != "7" {
			t.Errorf("payload %s, metadata %v", d.Payload, d.Metadata)
		}
		if !d.ExpiresAt.Equal(d.EnqueuedAt.Add(time.Hour)) {
			t.Errorf("expires at %v, enqueued at %v", d.ExpiresAt, d.EnqueuedAt)
		}
	})
}

func TestDefaults(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.get(enqueue(w, define[empty, none]("test.plain").call(empty{})).ID())
		if d.Queue != runtime.DefaultQueue || d.Priority != runtime.DefaultPriority || d.Options != nil {
			t.Errorf("got queue %q, priority %d, options %s", d.Queue, d.Priority, d.Options)
		}
	})
}

func TestScheduleTakesInstantsAndOffsets(t *testing.T) {
	bubble(t, func(w *world) {
		wall := time.Now().Add(48 * time.Hour).Round(0)
		for name, c := range map[string]struct {
			at   time.Time
			want time.Duration
		}{
			"offset":  {runtime.In(72 * time.Hour), 72 * time.Hour},
			"instant": {wall, 48 * time.Hour},
		} {
			h, err := generated.Schedule(w.ctx, w.client, c.at, greet.call(text{}))
			w.must(err)
			if d := w.want(h.ID(), storage.Scheduled); d.DueAt.Sub(d.CreatedAt).Round(time.Second) != c.want {
				t.Errorf("%s: due %v after it was made, want %v", name, d.DueAt.Sub(d.CreatedAt), c.want)
			}
		}
		w.want(enqueue(w, greet.call(text{}, runtime.Delay(-time.Second))).ID(), storage.Enqueued)
		w.want(enqueue(w, greet.call(text{}, runtime.At(runtime.In(-time.Second)))).ID(), storage.Enqueued)
	})
}

func TestQueueFromArgument(t *testing.T) {
	bubble(t, func(w *world) {
		if q := w.get(enqueue(w, greet.call(text{"eu"}, runtime.Queue("mail-{text}"))).ID()).Queue; q != "mail-eu" {
			t.Errorf("queue %q", q)
		}
		n := define[number, none]("test.number")
		if q := w.get(enqueue(w, n.call(number{4}, runtime.Queue("shard-{n}"))).ID()).Queue; q != "shard-4" {
			t.Errorf("queue %q", q)
		}
	})
}

func TestEnqueueRefuses(t *testing.T) {
	parent := runtime.HandleFor[text](storage.NewID())
	far := storage.NewIDIn(1)
	cases := map[string]struct {
		calls  []runtime.AnyCall
		target error
		words  string
	}{
		"a bad queue":            {one(greet.call(text{}, runtime.Queue("Mail Room"))), runtime.ErrInvalid, `queue "Mail Room"`},
		"an unknown placeholder": {one(greet.call(text{}, runtime.Queue("q-{region}"))), runtime.ErrInvalid, "{region}"},
		"a placeholder that gives no name": {one(greet.call(text{"Grüße"}, runtime.Queue("q-{text}"))), runtime.ErrInvalid,
			`queue "q-Grüße"`},
		"a priority":             {one(greet.call(text{}, runtime.Priority(4))), runtime.ErrInvalid, "priority 4 is not 0 to 3"},
		"a negative timeout":     {one(greet.call(text{}, runtime.Timeout(-1))), runtime.ErrInvalid, "Timeout(-1ns) is negative"},
		"a negative expiry":      {one(greet.call(text{}, runtime.Expires(-1))), runtime.ErrInvalid, "Expires"},
		"a negative retention":   {one(greet.call(text{}, runtime.Retain(-1))), runtime.ErrInvalid, "Retain"},
		"a retry policy":         {one(greet.call(text{}, runtime.Retry(runtime.RetryPolicy{Max: -1}))), runtime.ErrInvalid, "Max is -1"},
		"a zero parent":          {one(greet.call(text{}, runtime.Following(runtime.Handle[text]{}))), runtime.ErrInvalid, "zero Handle"},
		"no parent":              {one(greet.call(text{}, runtime.Following(nil))), runtime.ErrInvalid, "without a parent"},
		"an empty After":         {one(greet.call(text{}, runtime.Following(runtime.After()))), runtime.ErrInvalid, "without a parent"},
		"a nil in After":         {one(greet.call(text{}, runtime.Following(runtime.After(nil)))), runtime.ErrInvalid, "zero Handle"},
		"On without a parent":    {one(greet.call(text{}, runtime.On(runtime.Failure))), runtime.ErrInvalid, "no parent"},
		"an input on failure":    {one(runtime.WithInput(greet.call(text{}, runtime.On(runtime.Failure)), parent, "text")), runtime.ErrInvalid, "With function"},
		"an unknown parent":      {one(greet.call(text{}, runtime.Following(parent))), runtime.ErrUnknownParent, ""},
		"a zero call":            {one(runtime.Call[text]{}), nil, "zero Call"},
		"a nil call":             {[]runtime.AnyCall{nil}, runtime.ErrInvalid, "call 1 is nil"},
		"what JSON cannot hold":  {one(define[any, none]("test.any").call(func() {})), nil, "test.any: encode arguments"},
		"a large payload":        {one(greet.call(text{strings.Repeat("x", storage.MaxPayload)})), runtime.ErrTooLarge, "pass a reference"},
		"large metadata":         {one(greet.call(text{}, runtime.Meta("k", strings.Repeat("x", storage.MaxMetadata)))), runtime.ErrTooLarge, "metadata"},
		"more than one group":    {many(storage.MaxGroup+1, greet.call(text{})), runtime.ErrTooLarge, "10001 jobs in one call, the limit is 10000"},
		"more bytes than one":    {many(20, greet.call(text{strings.Repeat("x", 900_000)})), runtime.ErrTooLarge, "split them"},
		"ids in different lanes": {[]runtime.AnyCall{greet.call(text{}, runtime.WithID(far)), greet.call(text{}, runtime.WithID(storage.NewIDIn(2)))}, runtime.ErrInvalid, "NewIDIn"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				ids, err := w.client.EnqueueAll(w.ctx, c.calls...)
				w.wantErr(err, c.target, "enqueue", c.words)
				if ids != nil {
					t.Errorf("ids with an error: %v", ids)
				}
			})
		})
	}
}

func one(c runtime.AnyCall) []runtime.AnyCall { return []runtime.AnyCall{c} }

func many(n int, c runtime.AnyCall) []runtime.AnyCall {
	all := make([]runtime.AnyCall, n)
	for i := range all {
		all[i] = c
	}
	return all
}

func TestMixedBatchIsAllOrNothing(t *testing.T) {
	bubble(t, func(w *world) {
		n := define[number, none]("test.number")
		ids, err := w.client.EnqueueAll(w.ctx, greet.call(text{"a"}), n.call(number{1}), greet.call(text{"b"}))
		w.must(err)
		for i, kind := range []string{"test.greet", "test.number", "test.greet"} {
			if d := w.get(ids[i]); d.Kind != kind {
				t.Errorf("job %d is %s, want %s", i, d.Kind, kind)
			}
		}
		unknown := runtime.HandleFor[none](storage.NewID())
		_, err = w.client.EnqueueAll(w.ctx, greet.call(text{"c"}), n.call(number{2}, runtime.Following(unknown)))
		w.wantErr(err, runtime.ErrUnknownParent, "enqueue 2 jobs (test.greet, ...)")
		if c := w.count(storage.Filter{}); c != 3 {
			t.Errorf("%d jobs stored, want the 3 of the first call", c)
		}
		if ids, err := w.client.EnqueueAll(w.ctx); ids != nil || err != nil {
			t.Errorf("no calls: %v, %v", ids, err)
		}
	})
}

func (w *world) count(f storage.Filter) int {
	w.Helper()
	c, err := w.store.Count(w.ctx, f, 10_000)
	w.must(err)
	n := 0
	for _, by := range c.By {
		n += by
	}
	return n
}

func TestContinuationOfAJobOfTheSameCall(t *testing.T) {
	bubble(t, func(w *world) {
		first := storage.NewID()
		_, err := w.client.EnqueueAll(w.ctx,
			greet.call(text{"parent"}, runtime.WithID(first)),
			greet.call(text{"child"}, runtime.Following(runtime.HandleFor[text](first)), runtime.WithID(storage.NewIDIn(first.Lane()))))
		w.must(err)
		w.want(first, storage.Enqueued)
	})
}

func TestRepeatWithID(t *testing.T) {
	bubble(t, func(w *world) {
		call := greet.call(text{"once"}, runtime.WithID(storage.NewID()))
		a, b := enqueue(w, call), enqueue(w, call)
		if a != b || w.count(storage.Filter{}) != 1 {
			t.Errorf("%v and %v: want one job", a, b)
		}
	})
}

// Callers that come while an insert is on its way share the next one.
func TestConcurrentEnqueuesShareRoundTrips(t *testing.T) {
	bubble(t, func(w *world) {
		slow := newFlaky(w.store)
		slow.set(func(context.Context, string) error { time.Sleep(10 * time.Millisecond); return nil }, nil)
		client := runtime.NewClient(slow)
		bad := runtime.HandleFor[text](storage.NewID())
		var wg sync.WaitGroup
		errs := make([]error, 101)
		for i := range errs {
			wg.Go(func() {
				call := greet.call(text{fmt.Sprint(i)})
				if i == 50 {
					call = call.With(runtime.Following(bad))
				}
				_, errs[i] = client.EnqueueAll(w.ctx, call)
			})
		}
		wg.Wait()
		for i, err := range errs {
			if bad := i == 50; errors.Is(err, runtime.ErrUnknownParent) != bad || (err != nil) != bad {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		if n := slow.count("insert"); n > 3 {
			t.Errorf("%d inserts for 101 callers, want about 2", n)
		}
		if n := w.count(storage.Filter{}); n != 100 {
			t.Errorf("%d jobs, want 100", n)
		}
	})
}

func TestCallerThatGivesUpIsWithdrawn(t *testing.T) {
	bubble(t, func(w *world) {
		slow := newFlaky(w.store)
		slow.set(func(context.Context, string) error { time.Sleep(time.Second); return nil }, nil)
		client := runtime.NewClient(slow)
		go client.EnqueueAll(w.ctx, greet.call(text{"in flight"}))
		w.settle()
		ctx, cancel := context.WithTimeout(w.ctx, 10*time.Millisecond)
		defer cancel()
		_, err := client.EnqueueAll(ctx, greet.call(text{"too late"}))
		w.wantErr(err, context.DeadlineExceeded)
		w.pass(5 * time.Second)
		if n := w.count(storage.Filter{}); n != 1 {
			t.Errorf("%d jobs: want the withdrawn one not to be stored", n)
		}
		over, cancel := context.WithCancel(w.ctx)
		cancel()
		_, err = client.EnqueueAll(over, greet.call(text{"ended before"}))
		w.wantErr(err, context.Canceled)
	})
}

func TestInsertRidesOverALostAnswer(t *testing.T) {
	bubble(t, func(w *world) {
		f := newFlaky(w.store)
		w.client = runtime.NewClient(f)
		f.loseAnswer("insert", 1)
		h := enqueue(w, greet.call(text{"kept"}))
		w.want(h.ID(), storage.Enqueued)
		if n := w.count(storage.Filter{}); n != 1 {
			t.Errorf("%d jobs, want 1", n)
		}
		f.fail()
		_, err := w.client.EnqueueAll(w.ctx, greet.call(text{"down"}))
		w.wantErr(err, errDown, "enqueue test.greet")
	})
}

func TestClientMiddleware(t *testing.T) {
	bubble(t, func(w *world) {
		var order []string
		mw := func(name string) runtime.ClientMiddleware {
			return func(ctx context.Context, jobs []*storage.NewJob, next func(context.Context) error) error {
				order = append(order, name)
				for _, j := range jobs {
					j.Metadata[name] = "seen"
				}
				err := next(ctx)
				order = append(order, "/"+name)
				return err
			}
		}
		w.client = runtime.NewClient(w.store, runtime.UseOnEnqueue(mw("a"), mw("b")))
		d := w.get(enqueue(w, greet.call(text{})).ID())
		if got := strings.Join(order, " "); got != "a b /b /a" {
			t.Errorf("order %s", got)
		}
		if d.Metadata["a"] != "seen" || d.Metadata["b"] != "seen" {
			t.Errorf("metadata %v", d.Metadata)
		}
	})
}

func TestClientMiddlewareRefuses(t *testing.T) {
	refused := errors.New("over quota")
	cases := map[string]struct {
		mw     runtime.ClientMiddleware
		target error
		words  string
	}{
		"with its error": {func(context.Context, []*storage.NewJob, func(context.Context) error) error { return refused }, refused, "over quota"},
		"by forgetting next": {func(context.Context, []*storage.NewJob, func(context.Context) error) error { return nil },
			nil, "did not store"},
		"with a bad queue": {func(ctx context.Context, jobs []*storage.NewJob, next func(context.Context) error) error {
			jobs[0].Queue = "No"
			return next(ctx)
		}, runtime.ErrInvalid, `queue "No"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				client := runtime.NewClient(w.store, runtime.UseOnEnqueue(c.mw))
				_, err := client.EnqueueAll(w.ctx, greet.call(text{}))
				w.wantErr(err, c.target, c.words)
				if w.count(storage.Filter{}) != 0 {
					t.Error("a refused job was stored")
				}
			})
		})
	}
}

// recordingInserter stands for a store's view inside a transaction.
type recordingInserter struct {
	storage.Inserter
	groups []storage.Group
	err    error
}

func (r *recordingInserter) Insert(ctx context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	r.groups = append(r.groups, groups...)
	if r.err != nil {
		return nil, r.err
	}
	return r.Inserter.Insert(ctx, groups...)
}

func TestViaATransaction(t *testing.T) {
	bubble(t, func(w *world) {
		tx := &recordingInserter{Inserter: w.store}
		ids, err := w.client.Via(tx).EnqueueAll(w.ctx, greet.call(text{"in tx"}))
		w.must(err)
		if len(tx.groups) != 1 || tx.groups[0].Jobs[0].ID != ids[0] {
			t.Errorf("groups %v", tx.groups)
		}
		tx.err = errDown
		_, err = w.client.Via(tx).EnqueueAll(w.ctx, greet.call(text{"in tx"}))
		w.wantErr(err, errDown)
		if len(tx.groups) != 2 {
			t.Errorf("an insert in a caller's transaction was tried %d times, want once", len(tx.groups)-1)
		}
	})
}

func TestHandleAsText(t *testing.T) {
	h := runtime.HandleFor[int](storage.NewID())
	data, err := h.MarshalText()
	if err != nil || string(data) != h.String() {
		t.Fatalf("%s, %v", data, err)
	}
	var back runtime.Handle[int]
	if err := back.UnmarshalText(data); err != nil || back != h {
		t.Fatalf("%v, %v", back, err)
	}
	if h.IsZero() || !(runtime.Handle[int]{}).IsZero() {
		t.Error("IsZero")
	}
	if ids := runtime.After(h, h, back).ParentIDs(); len(ids) != 1 {
		t.Errorf("After names one parent %d times", len(ids))
	}
}

func TestCallIsAValue(t *testing.T) {
	bubble(t, func(w *world) {
		base := greet.call(text{"x"}, runtime.Queue("one"))
		other := base.With(runtime.Queue("two"))
		if q := w.get(enqueue(w, base).ID()).Queue; q != "one" {
			t.Errorf("With changed the call it was made from: %s", q)
		}
		if q := w.get(enqueue(w, other).ID()).Queue; q != "two" {
			t.Errorf("the later option wins: %s", q)
		}
		if base.Kind() != "test.greet" || string(base.Args()) != `{"text":"x"}` {
			t.Errorf("kind %s, args %s", base.Kind(), base.Args())
		}
		if (runtime.Call[text]{}).Kind() != "" {
			t.Error("the zero Call has no kind")
		}
	})
}

// A shared insert that hangs is given up in the end: the bubble finds what stays behind.
func TestClientLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFlaky(nil)
		store.hang()
		client := runtime.NewClient(store)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := client.EnqueueAll(ctx, greet.call(text{})); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.Sleep(15 * time.Second)
	})
}
