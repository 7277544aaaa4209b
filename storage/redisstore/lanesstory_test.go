package redisstore_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
)

// story is a crowd of jobs over all shards that have to do with each other.
type story struct {
	s       *redisstore.Store
	rng     *rand.Rand
	ids     []storage.ID
	batches []storage.ID
	members map[storage.ID]int
}

// next makes a job in a random shard: a continuation of earlier ones, in a batch, with
// keys, as it comes.
func (y *story) next() storage.NewJob {
	j := job(y.rng.IntN(shards))
	for range y.rng.IntN(3) {
		if len(y.ids) > 0 {
			j.Parents, j.On = append(j.Parents, y.ids[y.rng.IntN(len(y.ids))]), storage.OnAny
		}
	}
	if y.rng.IntN(2) == 0 {
		j.Batch = y.batches[y.rng.IntN(len(y.batches))]
	}
	if y.rng.IntN(4) == 0 {
		j.Unique = &storage.Unique{Key: fmt.Sprint("u", y.rng.IntN(5))}
	}
	if y.rng.IntN(4) == 0 {
		j.Limits = []storage.Limit{{Key: fmt.Sprint("l", y.rng.IntN(3)), Max: 1 + y.rng.IntN(2)}}
	}
	return j
}

func (y *story) insert(t *testing.T) {
	j := y.next()
	results, err := y.s.Insert(t.Context(), one(j))
	if err == nil {
		err = results[0].Err
	}
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Jobs[0].Duplicate {
		return
	}
	y.ids = append(y.ids, j.ID)
	if !j.Batch.IsZero() {
		y.members[j.Batch]++
	}
}

// round lets a worker run what it gets, and end it in different ways.
func round(t *testing.T, w *worker, rng *rand.Rand) {
	for _, f := range w.fetch(t, 1+rng.IntN(5)) {
		kind := storage.OutcomeKind(1 + rng.IntN(3))
		if rng.IntN(5) == 0 {
			kind = storage.Retry
		}
		o := storage.Outcome{Token: f.Token, Kind: kind}
		if v, err := w.s.Settle(t.Context(), storage.SettleRequest{Session: w.session, Outcomes: []storage.Outcome{o}}); err != nil || v[0] != storage.Accepted {
			t.Errorf("Settle: %v, %v", v, err)
		}
	}
	if rng.IntN(3) == 0 {
		w.tick(t)
	}
}

// However many inserts and workers there are at once, and though one of the workers
// tells other shards nothing, every job ends, every batch counts its jobs, and nothing is
// left between the shards.
func TestStoryOverShards(t *testing.T) {
	rdb, name := dial(t), fresh()
	s := open(t, rdb, redisstore.Namespace(name), redisstore.Shards(shards))
	dying := open(t, rdb, redisstore.Namespace(name), redisstore.Shards(shards))
	dying.Mute()
	y := &story{s: s, rng: rand.New(rand.NewPCG(1, 2)), members: make(map[storage.ID]int)}
	for shard := range shards {
		y.batches = append(y.batches, in(shard))
		put(t, s, storage.Group{Batches: []storage.NewBatch{{ID: y.batches[shard], Open: true}}})
	}
	var all sync.WaitGroup
	workers := []*worker{newWorker(t, s, "q", "k"), newWorker(t, dying, "q", "k"), newWorker(t, s, "q", "k")}
	stop := make(chan struct{})
	for i, w := range workers {
		rng := rand.New(rand.NewPCG(3, uint64(i)))
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					round(t, w, rng)
				}
			}
		})
	}
	for range 250 {
		y.insert(t)
	}
	close(stop)
	all.Wait()
	put(t, s, storage.Group{Seal: y.batches[:1]}, storage.Group{Seal: y.batches[1:2]}, storage.Group{Seal: y.batches[2:3]},
		storage.Group{Seal: y.batches[3:4]}, storage.Group{Seal: y.batches[4:5]}, storage.Group{Seal: y.batches[5:]})
	y.finish(t, workers[0])
}

// finish runs what is left and looks at the end.
func (y *story) finish(t *testing.T, w *worker) {
	open := storage.Filter{States: []storage.State{storage.Scheduled, storage.Awaiting, storage.Enqueued, storage.Processing}}
	for n := 0; ; n++ {
		w.tick(t)
		w.succeed(t, w.fetch(t, 50)...)
		page, err := y.s.Jobs(t.Context(), storage.Query{Filter: open, Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Jobs) == 0 {
			break
		}
		if n == 300 {
			t.Fatalf("every job ends: after %d rounds there still is %+v", n, page.Jobs[0])
		}
	}
	w.tick(t)
	w.tick(t)
	for _, id := range y.batches {
		info, err := y.s.Batch(t.Context(), id)
		if err != nil || info.Total != y.members[id] || info.Pending != 0 || info.Succeeded+info.Failed+info.Deleted != info.Total || !info.State.Final() {
			t.Errorf("a batch counts its %d jobs: got %+v, %v", y.members[id], info, err)
		}
	}
	left, err := y.s.Left(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for what, n := range left {
		if n != 0 {
			t.Errorf("%d of %s are left", n, what)
		}
	}
}
