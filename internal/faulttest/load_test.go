package faulttest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// promise is what an acknowledged job has to come to.
type promise struct {
	state   storage.State
	retries int          // runs recorded as failed before
	after   []storage.ID // jobs that have to end before it starts
	batch   storage.ID   // of which it is the callback
	twin    storage.ID   // a job with the same unique key: never at the same time
}

// load enqueues stories, small groups of jobs that belong together, one after the
// other, each again and again until it is acknowledged.
type load struct {
	t      *testing.T
	store  storage.Store
	client *runtime.Client
	random *rand.Rand
	pause  time.Duration // between two stories, on average

	full atomic.Bool // enough is waiting: on a slow machine a store would fall behind for ever

	mu       sync.Mutex
	promises map[storage.ID]promise
	unknown  int // stories that nobody acknowledged
	faults   int // calls that failed
}

func newLoad(t *testing.T, store storage.Store, random *rand.Rand, pause time.Duration) *load {
	return &load{t: t, store: store, client: runtime.NewClient(store), random: random, pause: pause,
		promises: make(map[storage.ID]promise)}
}

// run tells stories until ctx ends.
func (l *load) run(ctx context.Context) {
	stories := []func(n int){l.single, l.single, l.single, l.pair, l.followed, l.failing, l.retried, l.batch, l.unique}
	var told sync.WaitGroup // a slow one does not hold the others up
	busy := make(chan struct{}, 64)
	for n := 0; ctx.Err() == nil; n++ {
		story := stories[l.random.IntN(len(stories))]
		if !l.full.Load() {
			busy <- struct{}{}
			told.Go(func() { story(n); <-busy })
		}
		select {
		case <-time.After(time.Duration(l.random.Int64N(int64(2 * l.pause)))):
		case <-ctx.Done():
		}
	}
	told.Wait()
}

// mostWaiting is how many jobs may wait before no more are enqueued.
const mostWaiting = 100

// watch keeps what waits within bounds until ctx ends.
func (l *load) watch(ctx context.Context, judge storage.Store) {
	waiting := storage.Filter{States: []storage.State{storage.Enqueued}}
	for ctx.Err() == nil {
		call, cancel := context.WithTimeout(ctx, callLimit)
		if n, err := judge.Count(call, waiting, mostWaiting+1); err == nil {
			l.full.Store(n.By[storage.Enqueued] > mostWaiting)
		}
		cancel()
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// millis is how long a job runs: mostly no time, so that there are many, and now and
// then long enough to be met by a fault.
func millis() int {
	if rand.IntN(4) == 0 {
		return rand.IntN(1000)
	}
	return 0
}

// keep enqueues until the store acknowledges, as a caller does that lost an answer:
// the ids are its own, so that a repetition is harmless.
func (l *load) keep(store func(context.Context) error) bool {
	for begin := time.Now(); time.Since(begin) < storage.RepeatWindow-callLimit; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), callLimit)
		err := store(ctx)
		cancel()
		if err == nil {
			return true
		}
		l.mu.Lock()
		l.faults++
		l.mu.Unlock()
	}
	l.mu.Lock()
	l.unknown++
	l.mu.Unlock()
	return false
}

// callLimit is how long a caller waits for one answer.
const callLimit = 3 * time.Second

func (l *load) promised(id storage.ID, p promise) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.promises[id] = p
}

// enqueue stores calls and promises, in order, and reports whether the store acknowledged them.
func (l *load) enqueue(ids []storage.ID, calls []runtime.AnyCall, ps []promise) bool {
	if !l.keep(func(ctx context.Context) error { _, err := l.client.EnqueueAll(ctx, calls...); return err }) {
		return false
	}
	for i, id := range ids {
		l.promised(id, ps[i])
	}
	return true
}

func (l *load) single(int) {
	id := storage.NewID()
	l.enqueue([]storage.ID{id}, []runtime.AnyCall{step(stepArgs{Millis: millis()}, runtime.WithID(id))},
		[]promise{{state: storage.Succeeded}})
}

// pair is a job and its continuation.
func (l *load) pair(int) {
	parent := storage.NewID()
	child := storage.NewIDIn(parent.Lane())
	l.enqueue([]storage.ID{parent, child}, []runtime.AnyCall{
		step(stepArgs{Millis: millis()}, runtime.WithID(parent)),
		step(stepArgs{}, runtime.WithID(child), runtime.Following(runtime.HandleFor[runtime.None](parent))),
	}, []promise{{state: storage.Succeeded}, {state: storage.Succeeded, after: []storage.ID{parent}}})
}

// followed is a job that gets its continuation when it is stored, and runs perhaps.
func (l *load) followed(int) {
	parent := storage.NewID()
	if !l.enqueue([]storage.ID{parent}, []runtime.AnyCall{step(stepArgs{Millis: millis()}, runtime.WithID(parent))}, []promise{{state: storage.Succeeded}}) {
		return
	}
	child, lost := storage.NewIDIn(parent.Lane()), false
	call := step(stepArgs{}, runtime.WithID(child), runtime.Following(runtime.HandleFor[runtime.None](parent)))
	told := l.keep(func(ctx context.Context) error {
		_, err := l.client.EnqueueAll(ctx, call)
		if lost = errors.Is(err, storage.ErrUnknownParent); lost { // the parent's promise says so
			return nil
		}
		return err
	})
	if told && !lost {
		l.promised(child, promise{state: storage.Succeeded, after: []storage.ID{parent}})
	}
}

// failing is a job that fails for good: what continues a failure runs, what continues
// a success is skipped.
func (l *load) failing(int) {
	parent := storage.NewID()
	happy, sad := storage.NewIDIn(parent.Lane()), storage.NewIDIn(parent.Lane())
	following := runtime.Following(runtime.HandleFor[runtime.None](parent))
	l.enqueue([]storage.ID{parent, happy, sad}, []runtime.AnyCall{
		fail(runtime.WithID(parent)),
		step(stepArgs{}, runtime.WithID(happy), following),
		step(stepArgs{}, runtime.WithID(sad), following, runtime.On(runtime.Failure)),
	}, []promise{{state: storage.Failed}, {state: storage.Deleted}, {state: storage.Succeeded, after: []storage.ID{parent}}})
}

func (l *load) retried(n int) {
	id := storage.NewID()
	fails := 1 + n%2
	l.enqueue([]storage.ID{id}, []runtime.AnyCall{step(stepArgs{Fails: fails}, runtime.WithID(id))},
		[]promise{{state: storage.Succeeded, retries: fails}})
}

// batch is three jobs and a callback for when all of them succeeded. The runtime has
// no call for it yet: it goes through the contract.
func (l *load) batch(int) {
	id := storage.NewID()
	g := storage.Group{Batches: []storage.NewBatch{{ID: id}}}
	var members []storage.ID
	for range 3 {
		m := storage.NewIDIn(id.Lane())
		j := mustJob(l.t, step(stepArgs{Millis: millis()}))
		j.ID, j.Batch = m, id
		members, g.Jobs = append(members, m), append(g.Jobs, j)
	}
	callback := mustJob(l.t, step(stepArgs{}))
	callback.ID, callback.Parents = storage.NewIDIn(id.Lane()), []storage.ID{id}
	g.Jobs = append(g.Jobs, callback)
	if l.keep(func(ctx context.Context) error { return insert(ctx, l.store, g) }) {
		for _, m := range members {
			l.promised(m, promise{state: storage.Succeeded})
		}
		l.promised(callback.ID, promise{state: storage.Succeeded, after: members, batch: id})
	}
}

// unique is two jobs with one key, enqueued at once: they never run together.
func (l *load) unique(n int) {
	key := &storage.Unique{Key: fmt.Sprintf("key-%d-%d", n, time.Now().UnixNano())}
	ids := []storage.ID{storage.NewID(), storage.NewID()}
	var both sync.WaitGroup
	for i, id := range ids {
		both.Go(func() {
			j := mustJob(l.t, step(stepArgs{Millis: millis()}))
			j.ID, j.Unique = id, key
			var answer storage.Inserted
			ok := l.keep(func(ctx context.Context) error {
				r, err := l.store.Insert(ctx, storage.Group{Jobs: []storage.NewJob{j}})
				if err == nil {
					err = r[0].Err
				}
				if err == nil {
					answer = r[0].Jobs[0]
				}
				return err
			})
			if ok && !answer.ID.IsZero() { // zero: a repetition that no longer knows whose
				l.promised(answer.ID, promise{state: storage.Succeeded, twin: other(ids, i, answer.ID)})
			}
		})
	}
	both.Wait()
}

func other(ids []storage.ID, i int, stored storage.ID) storage.ID {
	if ids[i] == stored {
		return ids[1-i]
	}
	return ids[i]
}

// mustJob is a call as it is stored.
func mustJob(t *testing.T, c runtime.AnyCall) storage.NewJob {
	t.Helper()
	j, err := c.NewJob()
	if err != nil {
		t.Error(err)
	}
	return j
}

// insert stores one group.
func insert(ctx context.Context, s storage.Inserter, g storage.Group) error {
	r, err := s.Insert(ctx, g)
	if err == nil {
		err = r[0].Err
	}
	return err
}
