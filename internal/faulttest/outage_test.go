package faulttest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// What is promised about a store that was away.
const (
	backWithin  = 2 * time.Second // then the server works at full speed again
	outage      = 4 * time.Second
	callsInDown = 30 // calls per second at most while it is away
)

// TestSoakOutage takes the store away from a busy server and gives it back: no busy
// loop meanwhile, and full speed soon after.
func TestSoakOutage(t *testing.T) {
	for name, hang := range map[string]bool{"memory, errors": false, "memory, silence": true} {
		t.Run(name, func(t *testing.T) {
			real(t)
			o := &outageTest{t: t, store: &counting{Store: memstore.New()}}
			defer o.store.Store.Close()
			o.store.hang.Store(hang)
			o.run(func() { o.store.down.Store(true) }, func() { o.store.down.Store(false) })
		})
	}
	everyStore(t, func(t *testing.T, b *backend) {
		o := &outageTest{t: t, b: b, store: &counting{Store: b.open(t, b.url)}}
		if b.server == nil { // a file is always there
			o.run(func() { o.store.down.Store(true) }, func() { o.store.down.Store(false) })
			return
		}
		o.run(func() { o.must(b.server.Kill()) }, func() { o.must(b.server.Start()) })
	})
}

type outageTest struct {
	t     *testing.T
	b     *backend // nil: the store is in memory
	store *counting
	done  atomic.Int64
}

func (o *outageTest) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *outageTest) run(down, up func()) {
	o.t.Helper()
	const workers, length = 10, 20 * time.Millisecond
	ctx, stop := context.WithCancel(o.t.Context())
	o.preload(12_000)
	server := runtime.NewServer(o.store, o.dispatcher(length), runtime.ServerOptions{Concurrency: workers})
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	o.waitRate(1, 20*time.Second)

	before := o.rate(time.Second)
	down()
	time.Sleep(500 * time.Millisecond) // what was on its way has failed by now
	calls, done := o.store.calls.Load(), o.done.Load()
	time.Sleep(outage)
	perSecond := float64(o.store.calls.Load()-calls) / outage.Seconds()
	working := o.done.Load()-done > workers // a store with connections of its own goes on
	up()
	begin := time.Now()
	full := o.waitRate(before*0.7, 20*time.Second)
	o.t.Logf("%.0f jobs/s before; %.1f calls/s while the store was away (working all the same: %t); full speed after %v", before, perSecond, working, full.Round(time.Millisecond))
	if perSecond > callsInDown && !working {
		o.t.Errorf("%.1f calls/s while the store was away: a busy loop; at most %d were promised", perSecond, callsInDown)
	}
	if full > backWithin {
		o.t.Errorf("full speed %v after the store was back; promised are %v (%.0f jobs/s before, %.0f now)", time.Since(begin), backWithin, before, o.rate(time.Second))
	}
	stop()
	if err := <-ended; err != nil {
		o.t.Error(err)
	}
}

func (o *outageTest) preload(n int) {
	o.t.Helper()
	for range n / 1000 {
		var g storage.Group
		first := storage.NewID()
		for i := range 1000 {
			j := mustJob(o.t, step(stepArgs{}))
			if j.ID = first; i > 0 {
				j.ID = storage.NewIDIn(first.Lane())
			}
			g.Jobs = append(g.Jobs, j)
		}
		o.must(insert(o.t.Context(), o.store, g))
	}
}

// dispatcher runs jobs that take as long as given: the workers are the limit, not the
// machine.
func (o *outageTest) dispatcher(length time.Duration) *runtime.Dispatcher {
	d := runtime.NewDispatcher()
	generated.Register(d, stepSpec, func(context.Context, *stepArgs) (runtime.None, error) {
		time.Sleep(length) // the work itself
		o.done.Add(1)
		return runtime.None{}, nil
	})
	return d
}

// rate measures jobs per second for a while.
func (o *outageTest) rate(during time.Duration) float64 {
	n, begin := o.done.Load(), time.Now()
	time.Sleep(during)
	return float64(o.done.Load()-n) / time.Since(begin).Seconds()
}

// waitRate waits until jobs are done at this rate, and says how long that took.
func (o *outageTest) waitRate(want float64, limit time.Duration) time.Duration {
	o.t.Helper()
	const window = 200 * time.Millisecond
	begin := time.Now()
	for o.rate(window) < want {
		if time.Since(begin) > limit {
			if o.b != nil {
				o.b.diagnose(o.t)
			}
			o.t.Fatalf("%v after it was asked for, the rate of %.0f jobs/s is not reached", limit, want)
		}
	}
	return max(time.Since(begin)-window, 0)
}
