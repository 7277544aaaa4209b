package faulttest

import (
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// campaign is one run of the suite against one store: two worker processes, a load
// that goes on all the while, and one fault after the other.
type campaign struct {
	t       *testing.T
	b       *backend
	random  *rand.Rand
	dir     string // of the ledgers
	judge   storage.Store
	workers []*process
	marks   []mark
}

// TestSoakCampaign puts every fault that can happen to a store and its workers
// between a load and its outcome, then reconciles. The short form meets each fault
// once, the full one many times in random order.
func TestSoakCampaign(t *testing.T) {
	rounds := 1
	if soak() {
		rounds = 12
	}
	all := maps.Clone(starters)
	maps.Copy(all, groups)
	runStores(t, all, func(t *testing.T, b *backend) {
		c := &campaign{t: t, b: b, random: newRandom(t), dir: t.TempDir(), judge: b.open(t, b.direct)}
		// Their clocks are an hour off, in both directions: time is the store's.
		c.workers = []*process{c.worker(time.Hour), c.worker(-time.Hour)}
		load := newLoad(t, b.open(t, b.url), rand.New(rand.NewPCG(c.random.Uint64(), 2)), 40*time.Millisecond)
		ctx, stop := context.WithCancel(t.Context())
		var loading sync.WaitGroup
		loading.Go(func() { load.run(ctx) })
		loading.Go(func() { load.watch(ctx, c.judge) })
		recurring := c.declare(load)
		for range rounds {
			faults := c.possible()
			c.random.Shuffle(len(faults), func(i, k int) { faults[i], faults[k] = faults[k], faults[i] })
			for _, f := range faults {
				c.inject(f)
			}
		}
		stop()
		loading.Wait()
		c.end(load, recurring)
	})
}

func (c *campaign) worker(clock time.Duration) *process {
	c.t.Helper()
	return startWorker(c.t, workerConfig{URL: c.b.url, Dir: c.dir, Clock: clock})
}

// inject lets one fault happen and waits until what was there at its end is done.
func (c *campaign) inject(f fault) {
	c.t.Helper()
	time.Sleep(c.between(300*time.Millisecond, time.Second)) // so that there is work to meet
	m := mark{name: f.name, begin: time.Now()}
	f.inject(c, &m)
	m.heal = time.Now()
	c.settle(m)
	m.end = time.Now()
	c.t.Logf("%v: %s, recovered in %v", m.begin.Format("15:04:05.000"), m.name, m.end.Sub(m.heal).Round(time.Millisecond))
	c.marks = append(c.marks, m)
}

// settleLimit is how long anything may take to be done after a fault, on the slowest
// machine; what is promised is measured apart.
const settleLimit = 90 * time.Second

// lossyLimit is the same for a store that may lose what it acknowledged: an outcome
// that is lost leaves its job with a session that believes it is done, until it ends.
const lossyLimit = 10 * time.Second

// settle waits until every job that was made before the fault's end is final.
func (c *campaign) settle(m mark) {
	c.t.Helper()
	open := storage.Filter{To: m.heal, States: []storage.State{storage.Scheduled, storage.Awaiting, storage.Enqueued, storage.Processing}}
	c.waitNone(open, m.name)
}

// waitNone waits until no job matches.
func (c *campaign) waitNone(open storage.Filter, when string) {
	c.t.Helper()
	var err error
	var page storage.Page
	limit := settleLimit
	if c.b.lossy {
		limit = lossyLimit
	}
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(context.Background(), callLimit)
		page, err = c.judge.Jobs(ctx, storage.Query{Filter: open, Limit: 1})
		cancel()
		if err == nil && len(page.Jobs) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond) // other processes work; there is nothing to wait on
	}
	if c.b.lossy && len(page.Jobs) > 0 {
		c.t.Logf("%s: as may be here, jobs are not done %v later, such as %v, which is %v", when, limit, page.Jobs[0].ID, page.Jobs[0].State)
		return
	}
	c.b.diagnose(c.t)
	c.t.Fatalf("%s: jobs are not done %v later: %+v, %v", when, limit, page.Jobs, err)
}

// end stops everything and judges.
func (c *campaign) end(l *load, recurring string) {
	c.t.Helper()
	c.withdraw(recurring)
	if c.b.lossy {
		for i, w := range c.workers {
			w.stop(c.t)
			c.workers[i] = c.worker(w.config.Clock)
		}
	}
	c.waitNone(storage.Filter{States: []storage.State{storage.Scheduled, storage.Awaiting, storage.Enqueued, storage.Processing}}, "at the end")
	for _, w := range c.workers {
		w.stop(c.t)
	}
	tr := &trial{t: c.t, store: c.judge, promises: l.promises, events: readLedgers(c.t, c.dir), marks: c.marks, lossy: c.b.lossy}
	tr.reconcile()
	tr.judgeOccurrences(recurring)
	tr.measure()
	tr.report(c.t, c.b.name, l)
}
