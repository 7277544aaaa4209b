package faulttest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/gojobgen/jobgen/internal/faultproxy"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// TestSoakHistory records what concurrent clients ask of a store and are answered, and
// lets a linearizability checker judge it: is there an order in which each job was
// held by one session at a time and had one outcome for each run?
func TestSoakHistory(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		store := memstore.New()
		defer store.Close()
		newHistory(t, newRandom(t), true).record(func() storage.Store { return store })
	})
	everyStore(t, func(t *testing.T, b *backend) {
		random := newRandom(t)
		newHistory(t, random, true).record(func() storage.Store { return b.open(t, b.direct) })
		if b.proxy == nil {
			return
		}
		h := newHistory(t, random, false)
		h.fault = func(stop <-chan struct{}) { loseAnswers(b.proxy, rand.New(rand.NewPCG(random.Uint64(), 3)), stop) }
		h.record(func() storage.Store { return b.open(t, b.url) })
	})
}

// loseAnswers cuts connections at random bytes.
func loseAnswers(p *faultproxy.Proxy, random *rand.Rand, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			p.Heal()
			return
		case <-time.After(80 * time.Millisecond): // a new connection gets to say something
			p.CutAfter(faultproxy.ToClient, random.Int64N(30_000))
			p.CutAfter(faultproxy.ToServer, random.Int64N(30_000))
		}
	}
}

// history is a recording.
type history struct {
	t       *testing.T
	random  *rand.Rand
	fault   func(stop <-chan struct{}) // what goes wrong meanwhile
	queue   string                     // of its own: jobs of an earlier recording are not explained by this one
	requeue bool                       // Control is not idempotent: only where no answer is lost
	begin   time.Time

	mu      sync.Mutex
	ops     []porcupine.Operation
	jobs    []storage.ID
	repeats int
	last    error       // of a call that was repeated
	broken  atomic.Bool // a call was never answered
}

func newHistory(t *testing.T, random *rand.Rand, requeue bool) *history {
	return &history{t: t, random: random, requeue: requeue, queue: fmt.Sprintf("history-%t", requeue), begin: time.Now()}
}

// record runs the clients for a while and judges. Each client has a store value of its
// own, as processes do, where open makes one.
func (h *history) record(open func() storage.Store) {
	h.t.Helper()
	clients, jobs, length := 6, 8, 2*time.Second
	if soak() {
		clients, jobs, length = 10, 12, 20*time.Second
	}
	var all []*client
	for n := range clients {
		all = append(all, &client{h: h, n: n, store: open(), random: rand.New(rand.NewPCG(h.random.Uint64(), uint64(n)))})
	}
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	for range jobs {
		all[0].insert()
	}
	var running, faulty sync.WaitGroup
	stop := make(chan struct{})
	if h.fault != nil {
		faulty.Go(func() { h.fault(stop) })
	}
	for _, c := range all {
		running.Go(func() { c.run(ctx) })
	}
	running.Wait()
	close(stop)
	faulty.Wait()
	result, _ := porcupine.CheckOperationsVerbose(jobModel, h.ops, time.Minute)
	h.t.Logf("%d operations on %d jobs by %d clients, %d calls repeated (last for: %v): %s", len(h.ops), len(h.jobs), clients, h.repeats, h.last, result)
	if result != porcupine.Ok {
		h.blame()
	}
}

// blame shows the history of a job that cannot have been so.
func (h *history) blame() {
	h.t.Helper()
	for _, part := range jobModel.Partition(h.ops) {
		if porcupine.CheckOperationsTimeout(jobModel, part, time.Minute) == porcupine.Ok {
			continue
		}
		slices.SortFunc(part, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
		for _, o := range part[:min(len(part), 200)] {
			h.t.Logf("%12d-%12d client %d %s", o.Call, o.Return, o.ClientId, jobModel.DescribeOperation(o.Input, o.Output))
		}
		h.t.Errorf("no order explains the history of job %v", part[0].Input.(act).job)
		return
	}
	h.t.Error("the checker came to no verdict")
}

// now is the time since the begin, for intervals.
func (h *history) now() int64 { return time.Since(h.begin).Nanoseconds() }

func (h *history) note(client int, a act, out answer, called int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: a, Output: out, Call: called, Return: h.now()})
}

// job draws one of the jobs.
func (h *history) job(random *rand.Rand) storage.ID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.jobs[random.IntN(len(h.jobs))]
}
