package redisstore_test

import (
	"sync"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
)

// openPair opens two stores on the same shards: the first dies after every step, so that
// what it has to tell other shards is left to the second one's Tick.
func openPair(t *testing.T) (dying, living *redisstore.Store) {
	t.Helper()
	rdb, name := dial(t), fresh()
	dying = open(t, rdb, redisstore.Namespace(name), redisstore.Shards(shards))
	dying.Mute()
	return dying, open(t, rdb, redisstore.Namespace(name), redisstore.Shards(shards))
}

// What a process that died told nobody, the Tick of another tells.
func TestMailLeft(t *testing.T) {
	dying, living := openPair(t)
	w, keeper := newWorker(t, dying, "q", "k"), newWorker(t, living, "none", "k")
	a, batch := job(0), in(5)
	put(t, dying, one(a), storage.Group{Batches: []storage.NewBatch{{ID: batch, Open: true}}})
	c := child(1, storage.OnSuccess, a.ID)
	member := job(2)
	member.Batch = batch
	after := child(3, storage.OnSuccess, batch)
	put(t, dying, one(c), one(member), one(after))
	keeper.tick(t)
	put(t, dying, storage.Group{Seal: []storage.ID{batch}})
	w.end(t, a.ID, storage.Succeed, `1`)
	w.end(t, member.ID, storage.Succeed, `1`)
	wantState(t, living, c.ID, storage.Awaiting, "nobody told its shard")
	for range 3 { // the batch's end follows from a message
		keeper.tick(t)
	}
	wantState(t, living, c.ID, storage.Enqueued, "a Tick told its shard")
	wantState(t, living, after.ID, storage.Enqueued, "a Tick told the batch, and its continuation")
	info, err := living.Batch(t.Context(), batch)
	if err != nil || info.Total != 1 || info.Succeeded != 1 || info.State != storage.Succeeded {
		t.Errorf("the batch counts its job once: got %+v, %v", info, err)
	}
}

// Messages are taken once, in order, however often and by how many they are delivered.
func TestMailRepeated(t *testing.T) {
	dying, living := openPair(t)
	w := newWorker(t, dying, "q", "k")
	batch := in(5)
	put(t, living, storage.Group{Batches: []storage.NewBatch{{ID: batch, Open: true}}})
	for range 4 {
		j := job(2)
		j.Batch = batch
		put(t, dying, one(j))
	}
	w.succeed(t, w.fetch(t, 10)...)
	mail, err := living.Mail(t.Context(), 2, 5)
	if err != nil || len(mail) < 5 {
		t.Fatalf("want a message for each job and one of their ends, got %d, %v", len(mail), err)
	}
	if err := living.Carry(t.Context(), 2, 5, mail[:2]); err != nil { // by a process that dies before it removes them
		t.Fatal(err)
	}
	keepers := []*worker{newWorker(t, living, "none", "k"), newWorker(t, living, "none", "k")}
	var all sync.WaitGroup
	for _, k := range keepers {
		all.Go(func() { k.tick(t) })
	}
	all.Wait()
	if err := living.Carry(t.Context(), 2, 5, mail); err != nil {
		t.Fatal(err)
	}
	info, err := living.Batch(t.Context(), batch)
	if err != nil || info.Total != 4 || info.Succeeded != 4 || info.Pending != 0 {
		t.Errorf("each message is taken once: got %+v, %v", info, err)
	}
}

// An insert that died between two shards leaves nothing for good.
func TestInsertAbandoned(t *testing.T) {
	s := openShards(t)
	w := newWorker(t, s, "q", "k")
	a := job(0)
	put(t, s, one(a))
	dead := one(child(1, storage.OnSuccess, a.ID))
	if err := s.AbandonFar(t.Context(), &dead); err != nil {
		t.Fatal(err)
	}
	w.end(t, a.ID, storage.Succeed, `1`)
	for range 70 {
		s.Advance(time.Second)
		w.tick(t)
	}
	if res, err := s.Control(t.Context(), storage.Control{Action: storage.Remove, IDs: []storage.ID{a.ID}}); err != nil || len(res.Done) != 1 {
		t.Errorf("nothing awaits the parent: got %+v, %v", res, err)
	}
	results, err := s.Insert(t.Context(), dead)
	if err != nil || results[0].Err == nil {
		t.Errorf("the late caller finds the parent gone: got %+v, %v", results, err)
	}
}

// A child in another shard keeps its parent from being swept.
func TestFarChildKeepsParent(t *testing.T) {
	s := openShards(t)
	w := newWorker(t, s, "q", "k")
	a, b := job(0), job(1)
	put(t, s, one(a), one(b), one(child(2, storage.OnAny, a.ID, b.ID)))
	w.end(t, a.ID, storage.Succeed, `1`)
	remove := storage.Control{Action: storage.Remove, IDs: []storage.ID{a.ID}}
	if res, err := s.Control(t.Context(), remove); err != nil || len(res.Skipped) != 1 {
		t.Fatalf("a job awaits the parent: want it skipped, got %+v, %v", res, err)
	}
	w.end(t, b.ID, storage.Succeed, `1`)
	if res, err := s.Control(t.Context(), remove); err != nil || len(res.Done) != 1 {
		t.Fatalf("nothing awaits the parent any more: want it removed, got %+v, %v", res, err)
	}
}

// A parent that ends twice before anybody tells its child's shard: what its first end
// fired stays fired, and what it skipped waits for the second.
func TestEndsInOrder(t *testing.T) {
	dying, living := openPair(t)
	w, keeper := newWorker(t, dying, "q", "k"), newWorker(t, living, "none", "k")
	a := job(0)
	put(t, living, one(a))
	failure, success := child(1, storage.OnFailure, a.ID), child(2, storage.OnSuccess, a.ID)
	put(t, living, one(failure), one(success))
	w.end(t, a.ID, storage.Fail, ``)
	if res, err := dying.Control(t.Context(), storage.Control{Action: storage.Requeue, IDs: []storage.ID{a.ID}}); err != nil || len(res.Done) != 1 {
		t.Fatalf("Requeue: %+v, %v", res, err)
	}
	w.end(t, a.ID, storage.Succeed, `1`)
	keeper.tick(t)
	wantState(t, living, failure.ID, storage.Enqueued, "the first run failed")
	wantState(t, living, success.ID, storage.Enqueued, "the second run succeeded")
}

// A skipped continuation takes its unique key again when it is restored, unless another
// job holds it by then.
func TestRestoreUniqueOverShards(t *testing.T) {
	s := openShards(t)
	w := newWorker(t, s, "q", "k")
	for _, taken := range []bool{false, true} {
		a := job(0)
		put(t, s, one(a))
		key := storage.NewID().String()
		c := child(1, storage.OnSuccess, a.ID)
		c.Unique = &storage.Unique{Key: key}
		put(t, s, one(c))
		w.end(t, a.ID, storage.Fail, ``)
		wantState(t, s, c.ID, storage.Deleted, "its parent failed")
		want, holds := storage.Awaiting, c.ID
		if taken {
			other := uniqueJob(2, key)
			other.Due = storage.When{In: time.Hour}
			put(t, s, one(other))
			want, holds = storage.Deleted, other.ID
		}
		if res, err := s.Control(t.Context(), storage.Control{Action: storage.Requeue, IDs: []storage.ID{a.ID}}); err != nil || len(res.Done) != 1 {
			t.Fatalf("Requeue: %+v, %v", res, err)
		}
		wantState(t, s, c.ID, want, "its parent was requeued")
		if again := insertOne(t, s, uniqueJob(4, key)); !again.Duplicate || again.ID != holds {
			t.Errorf("the key is held: want a duplicate of %v, got %+v", holds, again)
		}
		w.end(t, a.ID, storage.Succeed, `1`)
	}
}
