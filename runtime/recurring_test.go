package runtime_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// occurrences collects what ran, by occurrence.
type occurrences struct {
	mu sync.Mutex
	at []time.Time
}

func (o *occurrences) run(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at = append(o.at, runtime.FromContext(ctx).Job().Occurrence)
	return nil
}

func (o *occurrences) take() []time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := o.at
	o.at = nil
	return at
}

func TestRecurring(t *testing.T) {
	bubble(t, func(w *world) {
		var ran occurrences
		j := simple(w, "test.digest", ran.run)
		w.must(w.client.Recurring(w.ctx, "digest", "*/10 * * * *", j.call(empty{}, runtime.Meta("k", "v"))))
		start := time.Now().UTC()
		for range 3 {
			w.serve()
		}
		w.pass(61 * time.Minute)
		got := ran.take()
		if len(got) != 6 {
			t.Fatalf("%d runs in an hour: %v", len(got), got)
		}
		for i, at := range got {
			if want := start.Truncate(10 * time.Minute).Add(time.Duration(i+1) * 10 * time.Minute); !at.Equal(want) {
				t.Errorf("occurrence %d is %v, want %v", i, at, want)
			}
		}
		page, err := w.store.Jobs(w.ctx, storage.Query{Filter: storage.Filter{Recurring: "digest"}})
		w.must(err)
		for _, job := range page.Jobs {
			if late := job.EnqueuedAt.Sub(job.Occurrence); late > 100*time.Millisecond {
				t.Errorf("the occurrence of %v was fired %v late", job.Occurrence, late)
			}
			if job.Metadata["k"] != "v" {
				t.Errorf("metadata %v", job.Metadata)
			}
		}
	})
}

func TestDeclaringTheSameAgainKeepsNext(t *testing.T) {
	bubble(t, func(w *world) {
		j := define[empty, none]("test.digest")
		put := func(expr string) storage.Recurring {
			w.must(w.client.Recurring(w.ctx, "digest", expr, j.call(empty{})))
			r, err := w.store.RecurringJob(w.ctx, "digest")
			w.must(err)
			return r
		}
		first := put("0 * * * *")
		time.Sleep(10 * time.Minute)
		if again := put("0 * * * *"); !again.Next.Equal(first.Next) {
			t.Errorf("next moved from %v to %v", first.Next, again.Next)
		}
		if other := put("30 * * * *"); other.Next.Equal(first.Next) {
			t.Error("another expression has another next")
		}
		w.must(w.client.RemoveRecurring(w.ctx, "digest"))
		w.wantErr(w.client.RemoveRecurring(w.ctx, "digest"), runtime.ErrNotFound)
	})
}

func TestRecurringRefuses(t *testing.T) {
	cases := map[string]struct {
		id, expr string
		call     runtime.AnyCall
		opts     []runtime.RecurringOption
		words    string
	}{
		"an expression": {"r", "61 * * * *", greet.call(text{}), nil, `minute`},
		"a zone":        {"r", "0 * * * *", greet.call(text{}), []runtime.RecurringOption{runtime.Zone("Europe/Atlantis")}, "use an IANA name"},
		"no id":         {"", "0 * * * *", greet.call(text{}), nil, "use 1 to 255"},
		"a delay":       {"r", "0 * * * *", greet.call(text{}, runtime.Delay(time.Hour)), nil, "not for every occurrence"},
		"an id of one":  {"r", "0 * * * *", greet.call(text{}, runtime.WithID(storage.NewID())), nil, "not for every occurrence"},
		"a parent":      {"r", "0 * * * *", greet.call(text{}, runtime.Following(runtime.HandleFor[none](storage.NewID()))), nil, "not for every occurrence"},
		"a bad call":    {"r", "0 * * * *", greet.call(text{}, runtime.Queue("")).With(runtime.Priority(9)), nil, "priority 9"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.wantErr(w.client.Recurring(w.ctx, c.id, c.expr, c.call, c.opts...), runtime.ErrInvalid, "recurring job", c.words)
			})
		})
	}
}

// Where nobody was there to fire, the policy decides.
func TestMisfires(t *testing.T) {
	for _, c := range []struct {
		policy runtime.Misfire
		want   int
	}{{runtime.MisfireOnce, 1}, {runtime.MisfireAll, 6}, {runtime.MisfireSkip, 0}} {
		t.Run(fmt.Sprint(c.policy), func(t *testing.T) {
			bubble(t, func(w *world) {
				var ran occurrences
				j := simple(w, "test.digest", ran.run)
				w.must(w.client.Recurring(w.ctx, "digest", "*/10 * * * *", j.call(empty{}), runtime.OnMisfire(c.policy)))
				time.Sleep(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour + 5*time.Minute)))
				w.serve()
				w.pass(time.Minute)
				got := ran.take()
				slices.SortFunc(got, time.Time.Compare)
				if len(got) != c.want {
					t.Errorf("%d runs for six missed occurrences, want %d: %v", len(got), c.want, got)
				}
				if n := len(got); n > 0 && got[n-1].Minute() != 0 {
					t.Errorf("the last one fired is %v, want the latest", got[n-1])
				}
				w.pass(10 * time.Minute)
				if got := ran.take(); len(got) != 1 {
					t.Errorf("%d runs at the next occurrence", len(got))
				}
			})
		})
	}
}

func TestOverlapSkip(t *testing.T) {
	bubble(t, func(w *world) {
		runs := 0
		j := simple(w, "test.slow", func(context.Context) error { runs++; time.Sleep(25 * time.Minute); return nil })
		w.must(w.client.Recurring(w.ctx, "slow", "*/10 * * * *", j.call(empty{}), runtime.SkipOverlap()))
		w.serve(runtime.ServerOptions{StopTimeout: time.Hour})
		w.pass(61 * time.Minute)
		if runs != 2 {
			t.Errorf("%d runs in an hour, want 2", runs)
		}
	})
}

func TestPauseResumeTrigger(t *testing.T) {
	bubble(t, func(w *world) {
		var ran occurrences
		j := simple(w, "test.digest", ran.run)
		w.must(w.client.Recurring(w.ctx, "digest", "*/10 * * * *", j.call(empty{}, runtime.Meta("k", "v"))))
		w.serve()
		w.must(w.client.PauseRecurring(w.ctx, "digest"))
		w.pass(time.Hour)
		if got := ran.take(); len(got) != 0 {
			t.Errorf("a paused one fired: %v", got)
		}
		h, err := w.client.TriggerRecurring(w.ctx, "digest")
		w.must(err)
		w.pass(time.Second)
		if d := w.want(h.ID(), storage.Succeeded); !d.Occurrence.IsZero() || d.Metadata["triggered-by"] != "" {
			t.Errorf("occurrence %v, metadata %v", d.Occurrence, d.Metadata)
		}
		ran.take()
		w.must(w.client.ResumeRecurring(w.ctx, "digest"))
		w.pass(20 * time.Minute)
		if got := ran.take(); len(got) != 2 {
			t.Errorf("after the pause: %v", got)
		}
		h, err = runtime.TriggerRecurring(w.ctx, w.store, "digest", "ada")
		w.must(err)
		w.pass(time.Second)
		if d := w.want(h.ID(), storage.Succeeded); d.Metadata["triggered-by"] != "ada" || d.Metadata["k"] != "v" {
			t.Errorf("metadata %v", d.Metadata)
		}
		_, err = w.client.TriggerRecurring(w.ctx, "unknown")
		w.wantErr(err, runtime.ErrNotFound, `"unknown"`)
		w.wantErr(w.client.ResumeRecurring(w.ctx, "unknown"), runtime.ErrNotFound)
	})
}

func TestDeclaredInCode(t *testing.T) {
	bubble(t, func(w *world) {
		var ran occurrences
		declared := func(s *generated.Spec) {
			s.Cron = []generated.Cron{{ID: "nightly", Expr: "0 2 * * *", Zone: "Europe/Berlin", Misfire: "skip"}, {Expr: "0 * * * *", Overlap: true}}
		}
		simple(w, "test.nightly", ran.run, declared)
		s := w.serve(runtime.ServerOptions{Owner: "mail", Revision: 3})
		w.pass(time.Second)
		r, err := w.store.RecurringJob(w.ctx, "nightly")
		w.must(err)
		if r.Owner != "mail" || r.Revision != 3 || r.Zone != "Europe/Berlin" || r.Misfire != storage.MisfireSkip || r.Overlap {
			t.Errorf("declared as %+v", r)
		}
		if r, err = w.store.RecurringJob(w.ctx, "test.nightly"); err != nil || !r.Overlap {
			t.Errorf("without an id the kind is it: %+v, %v", r, err)
		}
		w.pass(3 * time.Hour)
		if n := len(ran.take()); n != 4 {
			t.Errorf("%d runs in three hours, want 3 and 1", n)
		}
		w.must(s.stop())

		// A version of the service without the declaration: it is removed after a while.
		w.dispatcher = runtime.NewDispatcher()
		simple(w, "test.nightly", ran.run)
		w.serve(runtime.ServerOptions{Owner: "mail", Revision: 4})
		w.pass(5 * time.Minute)
		if _, err := w.store.RecurringJob(w.ctx, "nightly"); err != nil {
			t.Errorf("removed too early: %v", err)
		}
		w.pass(20 * time.Minute)
		_, err = w.store.RecurringJob(w.ctx, "nightly")
		w.wantErr(err, runtime.ErrNotFound)
	})
}

func TestDeclarationsThatCannotBePut(t *testing.T) {
	bubble(t, func(w *world) {
		var ran occurrences
		simple(w, "test.bad", ran.run, func(s *generated.Spec) { s.Cron = []generated.Cron{{Expr: "nonsense"}} })
		simple(w, "test.queue", ran.run, func(s *generated.Spec) { s.Queue, s.Cron = "q-{p}", []generated.Cron{{Expr: "* * * * *"}} })
		simple(w, "test.good", ran.run, func(s *generated.Spec) { s.Cron = []generated.Cron{{Expr: "* * * * *"}} })
		f := newFlaky(w.store)
		f.fail("put")
		w.serveOn(f)
		w.pass(10 * time.Minute)
		if n := len(ran.take()); n != 0 {
			t.Errorf("%d runs of what is not declared", n)
		}
		f.heal()
		w.pass(10 * time.Minute)
		if n := len(ran.take()); n < 9 || n > 10 {
			t.Errorf("%d runs of the one that can be declared", n)
		}
	})
}

// A store that fires slowly does not make the ticks late, and one that fails at it
// disables nothing.
func TestFiringSlowlyAndFailing(t *testing.T) {
	bubble(t, func(w *world) {
		var ran occurrences
		j := simple(w, "test.job", ran.run)
		for i := range 120 {
			w.must(w.client.Recurring(w.ctx, fmt.Sprintf("r%03d", i), "0 * * * *", j.call(empty{})))
		}
		f := newFlaky(w.store)
		f.set(func(_ context.Context, call string) error {
			if call == "fire" {
				time.Sleep(200 * time.Millisecond)
			}
			return nil
		}, nil)
		w.serveOn(f)
		time.Sleep(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)))
		before := f.count("tick")
		w.pass(30 * time.Second)
		if n := len(ran.take()); n != 120 {
			t.Errorf("%d of 120 fired", n)
		}
		if n := f.count("tick") - before; n < 18 {
			t.Errorf("%d ticks in half a minute", n)
		}
		f.fail("fire")
		w.pass(time.Hour)
		if n := len(ran.take()); n != 0 {
			t.Errorf("%d fired", n)
		}
		f.heal()
		w.pass(5 * time.Second)
		if n := len(ran.take()); n != 120 {
			t.Errorf("%d of 120 fired after the fault", n)
		}
	})
}

// jumpy is a clock that jumps.
type jumpy struct {
	mu  sync.Mutex
	off time.Duration
}

func (j *jumpy) now() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return time.Now().Add(j.off)
}

func (j *jumpy) jump(d time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.off += d
}

// Three servers and a clock that jumps: each occurrence at most once, and after a
// jump forward the misfire policy applies.
func TestClockJumps(t *testing.T) {
	bubbleWithClock(t, func(w *world, clock *jumpy) {
		var ran occurrences
		j := simple(w, "test.job", ran.run)
		w.must(w.client.Recurring(w.ctx, "r", "*/10 * * * *", j.call(empty{}), runtime.OnMisfire(runtime.MisfireAll)))
		for range 3 {
			w.serve()
		}
		var all []time.Time
		for _, d := range []time.Duration{0, 35 * time.Minute, -20 * time.Minute, -time.Hour, 3 * time.Hour} {
			clock.jump(d)
			w.pass(31 * time.Minute)
			all = append(all, ran.take()...)
		}
		slices.SortFunc(all, time.Time.Compare)
		if n := len(slices.Compact(slices.Clone(all))); n != len(all) {
			t.Errorf("an occurrence ran twice: %v", all)
		}
		for i := 1; i < len(all); i++ {
			if d := all[i].Sub(all[i-1]); d != 10*time.Minute {
				t.Errorf("between %v and %v lie %v: with MisfireAll nothing is missed", all[i-1], all[i], d)
			}
		}
		if len(all) < 15 {
			t.Errorf("%d occurrences", len(all))
		}
	})
}

func bubbleWithClock(t *testing.T, test func(w *world, clock *jumpy)) {
	t.Helper()
	bubble(t, func(w *world) {
		clock := &jumpy{}
		store := memstore.New(memstore.WithClock(clock.now))
		w.Cleanup(func() { store.Close() })
		test(newWorld(w.T, store), clock)
	})
}

// What the server fires around the clock changes of three zones, as package cron says.
func TestClockChanges(t *testing.T) {
	cases := []struct {
		zone, from, expr string
		hours            int
		want             []string // in UTC
	}{
		// Forward: 2:00 becomes 3:00 (Lord Howe: 2:30). What was skipped fires at the first valid instant.
		{"America/New_York", "2027-03-14T05:00:00Z", "30 2 * * *", 3, []string{"2027-03-14T07:00:00Z"}},
		{"Europe/Berlin", "2027-03-28T00:00:00Z", "15,45 2 * * *", 2, []string{"2027-03-28T01:00:00Z"}},
		{"Australia/Lord_Howe", "2027-10-02T14:00:00Z", "15 2 * * *", 3, []string{"2027-10-02T15:30:00Z"}},
		// Back: a fixed time fires once, an interval in both passes.
		{"America/New_York", "2027-11-07T04:30:00Z", "30 1 * * *", 3, []string{"2027-11-07T05:30:00Z"}},
		{"Europe/Berlin", "2027-10-30T23:50:00Z", "*/30 2 * * *", 2, []string{
			"2027-10-31T00:00:00Z", "2027-10-31T00:30:00Z", "2027-10-31T01:00:00Z", "2027-10-31T01:30:00Z"}},
		{"Australia/Lord_Howe", "2027-04-03T14:20:00Z", "*/15 * * * *", 1, []string{
			"2027-04-03T14:30:00Z", "2027-04-03T14:45:00Z", "2027-04-03T15:00:00Z", "2027-04-03T15:15:00Z"}},
	}
	for _, c := range cases {
		t.Run(c.zone+" "+c.expr, func(t *testing.T) {
			bubbleWithClock(t, func(w *world, clock *jumpy) {
				from, err := time.Parse(time.RFC3339, c.from)
				w.must(err)
				clock.jump(time.Until(from))
				var ran occurrences
				simple(w, "test.job", ran.run, func(s *generated.Spec) {
					s.Cron = []generated.Cron{{ID: "r", Expr: c.expr, Zone: c.zone, Overlap: true}}
				})
				for range 2 {
					w.serve()
				}
				w.pass(time.Duration(c.hours) * time.Hour)
				var got []string
				for _, at := range ran.take() {
					got = append(got, at.UTC().Format(time.RFC3339))
				}
				slices.Sort(got)
				if !slices.Equal(got, c.want) {
					t.Errorf("got  %v\nwant %v", got, c.want)
				}
			})
		})
	}
}
