package redisstore_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
)

const shards = 6

func openShards(t *testing.T) *redisstore.Store {
	t.Helper()
	return open(t, dial(t), redisstore.Namespace(fresh()), redisstore.Shards(shards))
}

// in makes an id in the lanes of a shard.
func in(shard int) storage.ID {
	return storage.NewIDIn(uint16((shard<<storage.LaneBits)/shards + 7))
}

func uniqueJob(shard int, key string) storage.NewJob {
	return storage.NewJob{ID: in(shard), Kind: "k", Queue: "q", Unique: &storage.Unique{Key: key}}
}

func insertOne(t *testing.T, s storage.Inserter, j storage.NewJob) storage.Inserted {
	t.Helper()
	results, err := s.Insert(t.Context(), storage.Group{Jobs: []storage.NewJob{j}})
	if err == nil {
		err = results[0].Err
	}
	if err != nil {
		t.Fatal(err)
	}
	return results[0].Jobs[0]
}

// The slots of the shards lie evenly, and their number is fixed.
func TestShardsFixed(t *testing.T) {
	for i := range 12 {
		if slot := redisstore.Slot("jobs", i, 12); slot*12/(1<<14) != i {
			t.Errorf("shard %d of 12 has slot %d, outside of its part", i, slot)
		}
	}
	rdb, name := dial(t), fresh()
	open(t, rdb, redisstore.Namespace(name), redisstore.Shards(3))
	_, err := redisstore.New(rdb, redisstore.Namespace(name), redisstore.Shards(4))
	if !errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), "Shards(3)") {
		t.Errorf("another number of shards: want an error that names the right one, got %v", err)
	}
}

// A unique key is one over all shards.
func TestUniqueOverShards(t *testing.T) {
	s := openShards(t)
	w := newWorker(t, s, "q", "k")
	first := uniqueJob(0, "u")
	insertOne(t, s, first)
	for shard := range shards {
		a := insertOne(t, s, uniqueJob(shard, "u"))
		if !a.Duplicate || a.ID != first.ID || a.State != storage.Enqueued {
			t.Fatalf("shard %d: want a duplicate of the holder, got %+v", shard, a)
		}
	}
	if again := insertOne(t, s, first); again.Duplicate || again.ID != first.ID {
		t.Fatalf("a repeated insert is no duplicate of itself: got %+v", again)
	}
	w.succeed(t, w.fetch(t, 10)...)
	second := uniqueJob(4, "u")
	if a := insertOne(t, s, second); a.Duplicate {
		t.Fatalf("the holder is final, so the key is free: got %+v", a)
	}
	requeue := storage.Control{Action: storage.Requeue, IDs: []storage.ID{first.ID}}
	res, err := s.Control(t.Context(), requeue)
	if err != nil || len(res.Skipped) != 1 || !strings.Contains(res.Skipped[0].Why, second.ID.String()) {
		t.Fatalf("another job holds the key: want the requeue skipped, got %+v, %v", res, err)
	}
	w.succeed(t, w.fetch(t, 10)...)
	if res, err = s.Control(t.Context(), requeue); err != nil || len(res.Done) != 1 {
		t.Fatalf("the key is free again: want the requeue done, got %+v, %v", res, err)
	}
	if a := insertOne(t, s, uniqueJob(3, "u")); !a.Duplicate || a.ID != first.ID {
		t.Fatalf("the requeued job took its key again: got %+v", a)
	}
}

// Of many inserts at once over all shards one is stored, also where its key is taken
// from one that has just ended.
func TestUniqueRace(t *testing.T) {
	s := openShards(t)
	w := newWorker(t, s, "q", "k")
	for range 5 {
		var wg sync.WaitGroup
		var mu sync.Mutex
		stored := 0
		for i := range 12 {
			wg.Go(func() {
				results, err := s.Insert(t.Context(), storage.Group{Jobs: []storage.NewJob{uniqueJob(i%shards, "u")}})
				mu.Lock()
				defer mu.Unlock()
				if err != nil || results[0].Err != nil {
					t.Errorf("Insert: %v %+v", err, results)
				} else if !results[0].Jobs[0].Duplicate {
					stored++
				}
			})
		}
		wg.Wait()
		if jobs := w.fetch(t, 20); stored != 1 || len(jobs) != 1 {
			t.Fatalf("one of 12 inserts is stored: %d say so, and %d jobs are there", stored, len(jobs))
		} else {
			w.succeed(t, jobs...)
		}
	}
}

// An insert whose caller died between reserving and storing holds up nobody for long.
func TestUniqueAbandoned(t *testing.T) {
	s := openShards(t)
	dead := storage.Group{Jobs: []storage.NewJob{uniqueJob(1, "u")}}
	if err := s.Abandon(t.Context(), &dead); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if a := insertOne(t, s, uniqueJob(2, "u")); a.Duplicate {
		t.Fatalf("the other was never stored: got %+v", a)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
	if a := insertOne(t, s, dead.Jobs[0]); !a.Duplicate {
		t.Errorf("the late caller finds the key taken: got %+v", a)
	}
}

func put(t *testing.T, s storage.Inserter, groups ...storage.Group) {
	t.Helper()
	mustInsert(t, s, groups...)
}

func stateOf(t *testing.T, s storage.Store, id storage.ID) storage.State {
	t.Helper()
	d, err := s.Job(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d.State
}

func wantState(t *testing.T, s storage.Store, id storage.ID, want storage.State, why string) {
	t.Helper()
	if got := stateOf(t, s, id); got != want {
		t.Fatalf("%s: want the job %v, got %v", why, want, got)
	}
}

func job(shard int) storage.NewJob { return storage.NewJob{ID: in(shard), Kind: "k", Queue: "q"} }

func child(shard int, on storage.Condition, parents ...storage.ID) storage.NewJob {
	j := job(shard)
	j.Parents, j.On = parents, on
	return j
}

func one(j storage.NewJob) storage.Group { return storage.Group{Jobs: []storage.NewJob{j}} }

// end settles one job in a way.
func (w *worker) end(t *testing.T, id storage.ID, kind storage.OutcomeKind, result string) {
	t.Helper()
	for _, f := range w.fetch(t, 100) {
		o := storage.Outcome{Token: f.Token, Kind: storage.Release}
		if f.Job.ID == id {
			o.Kind, o.Result = kind, []byte(result)
		}
		if v, err := w.s.Settle(t.Context(), storage.SettleRequest{Session: w.session, Outcomes: []storage.Outcome{o}}); err != nil || v[0] != storage.Accepted {
			t.Fatalf("Settle: %v, %v", v, err)
		}
	}
}

// A continuation of parents in other shards waits for all of them, takes its input from
// one, and is restored with it.
func TestContinueOverShards(t *testing.T) {
	s := openShards(t)
	w := newWorker(t, s, "q", "k")
	a, b := job(0), job(1)
	put(t, s, one(a), one(b))
	c := child(2, storage.OnSuccess, a.ID, b.ID)
	c.InputFrom, c.InputParam = a.ID, "x"
	put(t, s, one(c))
	d := child(3, storage.OnFailure, b.ID)
	put(t, s, one(d))
	wantState(t, s, c.ID, storage.Awaiting, "its parents run")
	w.end(t, a.ID, storage.Succeed, `42`)
	wantState(t, s, c.ID, storage.Awaiting, "one of its parents runs")
	w.end(t, b.ID, storage.Fail, ``)
	wantState(t, s, c.ID, storage.Deleted, "a parent failed")
	wantState(t, s, d.ID, storage.Enqueued, "its parent failed")
	if res, err := s.Control(t.Context(), storage.Control{Action: storage.Requeue, IDs: []storage.ID{b.ID}}); err != nil || len(res.Done) != 1 {
		t.Fatalf("Requeue: %+v, %v", res, err)
	}
	wantState(t, s, c.ID, storage.Awaiting, "its parent runs again")
	wantState(t, s, d.ID, storage.Enqueued, "what fired stays fired")
	w.end(t, b.ID, storage.Succeed, `1`)
	wantState(t, s, c.ID, storage.Enqueued, "all parents succeeded")
	details, err := s.Job(t.Context(), c.ID)
	if err != nil || string(details.Input) != `42` || len(details.ParentsOf) != 2 || details.ParentsOf[0].State != storage.Succeeded ||
		details.ParentsOf[0].Kind != "k" || details.ParentsOf[0].Batch {
		t.Errorf("the continuation has its input and its parents: got %+v, %v", details, err)
	}
	if parent, err := s.Job(t.Context(), a.ID); err != nil || len(parent.Children) != 1 || parent.Children[0].Job != c.ID {
		t.Errorf("the parent has its children in other shards: got %+v, %v", parent.Children, err)
	}
}

// A parent that is final already is judged at once, one that does not exist is unknown.
func TestContinueFinalOverShards(t *testing.T) {
	s := openShards(t)
	w := newWorker(t, s, "q", "k")
	a := job(0)
	put(t, s, one(a))
	w.end(t, a.ID, storage.Succeed, `7`)
	c := child(1, storage.OnSuccess, a.ID)
	c.InputFrom, c.InputParam = a.ID, "x"
	put(t, s, one(c))
	if d, err := s.Job(t.Context(), c.ID); err != nil || d.State != storage.Enqueued || string(d.Input) != `7` {
		t.Errorf("its parent succeeded: got %v, input %q, %v", d.State, d.Input, err)
	}
	results, err := s.Insert(t.Context(), one(child(2, storage.OnSuccess, in(3))))
	if err != nil || !errors.Is(results[0].Err, storage.ErrUnknownParent) {
		t.Errorf("want ErrUnknownParent, got %v %+v", err, results)
	}
	results, err = s.Insert(t.Context(), one(child(2, storage.OnSuccess, in(3))))
	if err != nil || !errors.Is(results[0].Err, storage.ErrUnknownParent) {
		t.Errorf("want ErrUnknownParent again, got %v %+v", err, results)
	}
	if res, err := s.Control(t.Context(), storage.Control{Action: storage.Remove, IDs: []storage.ID{a.ID}}); err != nil || len(res.Done) != 1 {
		t.Errorf("nothing awaits the parent any more: got %+v, %v", res, err)
	}
}

// A batch has jobs in other shards: it ends with the last of them, is cancelled with them,
// and a nested one counts as one of them.
func TestBatchOverShards(t *testing.T) {
	s := openShards(t)
	w := newWorker(t, s, "q", "k")
	batch, nested := in(0), in(3)
	put(t, s, storage.Group{Batches: []storage.NewBatch{{ID: batch, Open: true}}})
	var jobs []storage.NewJob
	for shard := range 3 {
		j := job(shard)
		j.Batch = batch
		jobs = append(jobs, j)
		put(t, s, one(j))
	}
	inner := job(3)
	inner.Batch = nested
	put(t, s, storage.Group{Batches: []storage.NewBatch{{ID: nested, Parent: batch}}, Jobs: []storage.NewJob{inner}})
	after := child(5, storage.OnSuccess, batch)
	put(t, s, one(after), storage.Group{Seal: []storage.ID{batch}})
	info, err := s.Batch(t.Context(), batch)
	if err != nil || info.Total != 3 || info.Pending != 3 || info.Nested != 1 || info.NestedOpen != 1 || !info.Sealed {
		t.Fatalf("the batch counts its members in other shards: got %+v, %v", info, err)
	}
	for _, j := range jobs {
		w.end(t, j.ID, storage.Succeed, `1`)
	}
	wantState(t, s, after.ID, storage.Awaiting, "the nested batch is not final")
	w.end(t, inner.ID, storage.Succeed, `1`)
	wantState(t, s, after.ID, storage.Enqueued, "the batch succeeded")
	if info, err = s.Batch(t.Context(), batch); err != nil || info.State != storage.Succeeded || info.Succeeded != 3 || info.Ends != 1 {
		t.Fatalf("want it succeeded: got %+v, %v", info, err)
	}
	more := job(4)
	more.Batch = batch
	put(t, s, one(more))
	if info, err = s.Batch(t.Context(), batch); err != nil || info.State != storage.Processing || info.Total != 4 {
		t.Fatalf("a final batch starts again: got %+v, %v", info, err)
	}
	if _, err := s.CancelBatch(t.Context(), batch, "anna"); err != nil {
		t.Fatal(err)
	}
	wantState(t, s, more.ID, storage.Deleted, "its batch was cancelled")
	late := job(1)
	late.Batch = batch
	put(t, s, one(late))
	wantState(t, s, late.ID, storage.Deleted, "it came into a cancelled batch")
	if info, err = s.Batch(t.Context(), batch); err != nil || info.State != storage.Deleted || info.Deleted != 2 || !info.Cancelled {
		t.Fatalf("want it deleted: got %+v, %v", info, err)
	}
	page, err := s.Jobs(t.Context(), storage.Query{Filter: storage.Filter{Batch: batch}, Limit: 3})
	if err != nil || len(page.Jobs) != 3 || !page.More {
		t.Errorf("its jobs are listed over all shards: got %d, %v, %v", len(page.Jobs), page.More, err)
	}
}

// A limit holds over all shards, and its slots are given back however runs end.
func TestLimitOverShards(t *testing.T) {
	s := openShards(t)
	w := newWorker(t, s, "q", "k")
	const most, jobs = 2, 18
	for i := range jobs {
		j := job(i % shards)
		j.Limits = []storage.Limit{{Key: "l", Max: most}}
		put(t, s, one(j))
	}
	done := 0
	for round := 0; done < jobs && round < 10*jobs; round++ {
		got := w.fetch(t, 10)
		if len(got) > most {
			t.Fatalf("at most %d jobs of the key run at once, got %d", most, len(got))
		}
		w.succeed(t, got...)
		done += len(got)
	}
	if done != jobs {
		t.Fatalf("every job runs in the end: want %d, got %d", jobs, done)
	}
}

// A recurring job that must not overlap waits for the holder of its unique key, wherever
// that is.
func TestFireUnlessRunningElsewhere(t *testing.T) {
	s := openShards(t)
	w := newWorker(t, s, "q", "k")
	lane := storage.LaneOf("digest")
	holder := uniqueJob((int(lane)*shards>>storage.LaneBits+1)%shards, "u")
	put(t, s, one(holder))
	now := time.Now().UTC().Truncate(time.Millisecond)
	template := storage.NewJob{Kind: "k", Queue: "q", Unique: &storage.Unique{Key: "u"}}
	errs, err := s.PutRecurring(t.Context(), []storage.Recurring{{ID: "digest", Cron: "* * * * *", Next: now, Job: template}})
	if err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	fire := func(expected time.Time) storage.ID {
		j := template
		j.ID = storage.NewIDIn(lane)
		f := storage.Fire{ID: "digest", Expected: expected, Next: expected.Add(time.Minute), Jobs: []storage.NewJob{j}, UnlessRunning: true}
		if moved, err := s.Fire(t.Context(), f); err != nil || !moved {
			t.Fatalf("Fire: %v, %v", moved, err)
		}
		r, err := s.RecurringJob(t.Context(), "digest")
		if err != nil {
			t.Fatal(err)
		}
		return r.LastJob
	}
	if last := fire(now); last != holder.ID {
		t.Fatalf("LastJob is the holder that it duplicates: got %v", last)
	}
	if last := fire(now.Add(time.Minute)); last != holder.ID {
		t.Fatalf("the last job is not final, so none is stored: got %v", last)
	}
	w.end(t, holder.ID, storage.Succeed, `1`)
	if last := fire(now.Add(2 * time.Minute)); last == holder.ID {
		t.Fatal("the last job is final, so this one is stored")
	}
}
