package storagetest

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/gojobgen/jobgen/storage"
)

// NewBatch: "A batch is final when it is sealed and all its jobs and nested batches are
// final; an empty one is final as soon as it is sealed."
var batchTests = append([]test{
	{"a batch counts its jobs", batchCounts},
	{"a batch comes back as it was stored", batchComesBack},
	{"an empty batch is final at once", batchEmpty},
	{"a batch ends as its jobs did", batchEnds},
	{"a batch waits for its continuations", batchWaitsForAwaiting},
	{"a nested batch holds up the one around it", batchNested},
	{"batches nested in one group", batchNestedTogether},
	{"a batch ends as the ones nested in it did", batchNestedEnds},
	{"an open batch ends when it is sealed", batchOpen},
	{"an open batch without jobs ends when it is sealed", batchOpenEmpty},
	{"sealing twice is no error", batchSealTwice},
	{"a batch larger than one group fires once, after the last", batchInGroups},
	{"a job may be added to a stored batch", batchAttach},
	{"a skipped job counts as deleted", batchSkipped},
	{"a batch as parent in another group", batchParentLater},
	{"many ends at once end a batch once", batchRacing},
	{"a job in another lane than its batch", batchOtherLane},
	{"an unknown batch is not found", func(e *env) {
		_, err := e.store.Batch(e.ctx, e.id())
		e.wantErr(err, storage.ErrNotFound, "a batch that does not exist")
		_, err = e.store.CancelBatch(e.ctx, e.id(), "")
		e.wantErr(err, storage.ErrNotFound, "CancelBatch of a batch that does not exist")
	}},
	{"batches are listed newest first, in pages", batchPages},
}, callbackTests()...)

// newBatch stores a batch with jobs and gives its id and theirs.
func (e *env) newBatch(b storage.NewBatch, jobs ...storage.NewJob) (storage.ID, []storage.ID) {
	e.Helper()
	if b.ID.IsZero() {
		b.ID = e.id()
	}
	var ids []storage.ID
	for i := range jobs {
		jobs[i].Batch = b.ID
	}
	for _, in := range e.insert(storage.Group{Jobs: jobs, Batches: []storage.NewBatch{b}}) {
		ids = append(ids, in.ID)
	}
	return b.ID, ids
}

func (e *env) seal(ids ...storage.ID) {
	e.Helper()
	e.insert(storage.Group{Seal: ids})
}

// wantBatch wants a batch in this state; State is "Processing until final".
func (e *env) wantBatch(id storage.ID, want storage.State, why string) storage.BatchInfo {
	e.Helper()
	b := e.batch(id)
	if b.State != want {
		e.Fatalf("%s: want the batch %v, got %+v", why, want, b)
	}
	e.check(b.FinishedAt.IsZero() == !want.Final(), "FinishedAt is set exactly when the batch is final: got %+v", b)
	return b
}

func batchCounts(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job(), e.job(), e.job(), e.job())
	b := e.wantBatch(batch, storage.Processing, "no job has ended")
	e.check(b.Total == 4 && b.Pending == 4 && b.Sealed && !b.Cancelled && b.Ends == 0, "a new batch of four: got %+v", b)
	s.end(ids[0], storage.Succeed)
	s.end(ids[1], storage.Retry)
	s.end(ids[2], storage.Fail)
	s.end(ids[3], storage.Delete)
	b = e.wantBatch(batch, storage.Processing, "one job waits for its retry")
	e.check(b.Total == 4 && b.Pending == 1 && b.Succeeded == 1 && b.Failed == 1 && b.Deleted == 1,
		"want 1 pending, succeeded, failed and deleted of 4, got %+v", b)
	s.end(ids[1], storage.Succeed)
	b = e.wantBatch(batch, storage.Failed, "all are final and one failed")
	e.check(b.Pending == 0 && b.Succeeded == 2 && b.Ends == 1, "the end of the batch: got %+v", b)
	e.wantTime(b.FinishedAt, e.now(), "FinishedAt of a batch")
}

func batchComesBack(e *env) {
	meta := map[string]string{"customer": "ä"}
	batch, ids := e.newBatch(storage.NewBatch{Name: "import", Metadata: meta}, e.job())
	b := e.batch(batch)
	e.check(b.ID == batch && b.Name == "import" && maps.Equal(b.Metadata, meta), "name and metadata come back: got %+v", b)
	e.wantTime(b.CreatedAt, e.now(), "CreatedAt of a batch")
	e.check(e.get(ids[0]).Batch == batch, "a job knows its batch: got %v", e.get(ids[0]).Batch)
	e.wantIDs(e.list(storage.Filter{Batch: batch}), ids, "Filter.Batch lists its jobs")
}

func batchEmpty(e *env) {
	batch := e.id()
	callback := e.job(after(batch))
	e.insert(storage.Group{Jobs: []storage.NewJob{callback}, Batches: []storage.NewBatch{{ID: batch}}})
	b := e.wantBatch(batch, storage.Succeeded, "an empty batch is final as soon as it is sealed")
	e.check(b.Total == 0 && b.Ends == 1, "it ended once: got %+v", b)
	e.wantState(callback.ID, storage.Enqueued, "every job of an empty batch succeeded, so its callback runs")
}

// Condition: "success means that every job of it succeeded, failure that all are final
// and at least one failed, deleted that all are final, none failed and at least one was deleted."
func batchEnds(e *env) {
	s := e.session()
	cases := []struct {
		ends []storage.OutcomeKind
		want storage.State
	}{
		{[]storage.OutcomeKind{storage.Succeed, storage.Succeed}, storage.Succeeded},
		{[]storage.OutcomeKind{storage.Succeed, storage.Fail}, storage.Failed},
		{[]storage.OutcomeKind{storage.Fail, storage.Delete}, storage.Failed},
		{[]storage.OutcomeKind{storage.Succeed, storage.Delete}, storage.Deleted},
		{[]storage.OutcomeKind{storage.Delete, storage.Delete}, storage.Deleted},
	}
	for _, c := range cases {
		batch, ids := e.newBatch(storage.NewBatch{}, e.job(), e.job())
		for i, k := range c.ends {
			e.wantBatch(batch, storage.Processing, "a job of the batch has not ended")
			s.end(ids[i], k)
		}
		e.wantBatch(batch, c.want, fmt.Sprintf("its jobs ended by %v", c.ends))
	}
}

// callbackTests makes a test of each condition with each end of a batch.
func callbackTests() []test {
	var tests []test
	for _, c := range conditions {
		for _, end := range ends {
			tests = append(tests, test{fmt.Sprintf("callback on %v, batch %v", c, end.state), func(e *env) {
				s := e.session()
				batch, a, b := e.id(), e.job(), e.job()
				a.Batch, b.Batch = batch, batch
				callback := e.job(afterOn(c, batch))
				e.insert(storage.Group{Jobs: []storage.NewJob{a, b, callback}, Batches: []storage.NewBatch{{ID: batch}}})
				s.end(a.ID, end.kind)
				e.wantState(callback.ID, storage.Awaiting, "a job of the batch has not ended, and only the batch's end judges its callback")
				s.end(b.ID, storage.Succeed)
				if c.Met(end.state) {
					e.wantState(callback.ID, storage.Enqueued, "the condition is met")
					return
				}
				e.wantSkippedBy(e.wantState(callback.ID, storage.Deleted, "the condition is not met"), batch, 1)
			}})
		}
	}
	return tests
}

func batchWaitsForAwaiting(e *env) {
	s := e.session()
	first := e.job()
	second := e.job(after(first.ID))
	batch, _ := e.newBatch(storage.NewBatch{}, first, second)
	s.end(first.ID, storage.Succeed)
	e.wantBatch(batch, storage.Processing, "a continuation that belongs to the batch has not run")
	s.end(second.ID, storage.Succeed)
	e.wantBatch(batch, storage.Succeeded, "all its jobs succeeded")
}

// NewJob.Batch: "a final one starts again".
func batchAttach(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job())
	more := e.enqueue(inBatch(batch))
	b := e.batch(batch)
	e.check(b.Total == 2 && b.Pending == 2, "a job was added: got %+v", b)
	s.end(ids[0], storage.Succeed)
	e.wantBatch(batch, storage.Processing, "the added job has not run")
	s.end(more, storage.Succeed)
	e.wantBatch(batch, storage.Succeeded, "both ran")
	late := e.enqueue(inBatch(batch))
	b = e.wantBatch(batch, storage.Processing, "a final batch starts again when a job is added")
	e.check(b.Ends == 1 && b.Total == 3, "it became final once so far: got %+v", b)
	s.end(late, storage.Fail)
	b = e.wantBatch(batch, storage.Failed, "the added job failed")
	e.check(b.Ends == 2, "Ends is how often it became final: got %d", b.Ends)
}

func batchSkipped(e *env) {
	s := e.session()
	parent := e.enqueue()
	batch, _ := e.newBatch(storage.NewBatch{}, e.job(after(parent)))
	s.end(parent, storage.Fail)
	b := e.wantBatch(batch, storage.Deleted, "its only job was skipped, which is an end like any other")
	e.check(b.Deleted == 1 && b.Pending == 0, "a skipped job counts as deleted: got %+v", b)
}

func batchParentLater(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{}, e.job())
	s.end(ids[0], storage.Succeed)
	e.wantState(e.enqueue(after(batch)), storage.Enqueued, "the batch is final already, so its continuation is judged in the insert")
	d := e.wantState(e.enqueue(afterOn(storage.OnFailure, batch)), storage.Deleted, "the batch succeeded already")
	e.wantSkippedBy(d, batch, 1)
	e.check(len(d.ParentsOf) == 1 && d.ParentsOf[0].Batch && d.ParentsOf[0].Job == batch && d.ParentsOf[0].Run == 1,
		"the edge says that the parent is a batch, and its Run is the batch's Ends: got %+v", d.ParentsOf)
}

// Group: "parents and batches named may be in other lanes".
func batchOtherLane(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{ID: storage.NewIDIn(7), Open: true})
	e.check(len(ids) == 0, "the batch is empty")
	callback := e.enqueue(after(batch), withID(storage.NewIDIn(8)))
	id := e.enqueue(inBatch(batch), withID(storage.NewIDIn(9)))
	e.seal(batch)
	e.wantBatch(batch, storage.Processing, "a job of it, in another lane, has not run")
	s.end(id, storage.Succeed)
	e.eventually(func() bool { return e.batch(batch).State == storage.Succeeded }, "the only job of the batch, in another lane, succeeded")
	e.eventually(func() bool { return e.get(callback).State == storage.Enqueued }, "the batch, in another lane, succeeded")
}

// doc.go, Atomic: "One outcome happens with what it releases (children, batch counters, ...)".
func batchRacing(e *env) {
	const n = 40
	batch := e.id()
	jobs := make([]storage.NewJob, n)
	for i := range jobs {
		jobs[i] = e.job(inBatch(batch))
	}
	callback := e.job(after(batch), priority(3))
	e.insert(storage.Group{Jobs: append(jobs, callback), Batches: []storage.NewBatch{{ID: batch}}})
	var wg sync.WaitGroup
	for range 4 {
		s := e.session()
		runs := s.fetch(n / 4)
		for _, f := range runs {
			wg.Go(func() {
				_, err := e.store.Settle(e.ctx, storage.SettleRequest{Session: s.info.ID, Outcomes: []storage.Outcome{outcome(f.Token, storage.Succeed)}})
				if err != nil {
					e.Errorf("Settle: %v", err)
				}
			})
		}
	}
	wg.Wait()
	b := e.wantBatch(batch, storage.Succeeded, "all its jobs succeeded, settled at once")
	e.check(b.Succeeded == n && b.Pending == 0 && b.Ends == 1, "it ended once: got %+v", b)
	e.wantIDs(e.session().fetchIDs(10), []storage.ID{callback.ID}, "its callback comes once")
}

// Batches: "newest first".
func batchPages(e *env) {
	var want []storage.ID
	for range 7 {
		id, _ := e.newBatch(storage.NewBatch{}, e.job())
		want = append(want, id)
	}
	slices.Reverse(want)
	var got []storage.ID
	var last storage.ID
	for range 10 {
		bs, err := e.store.Batches(e.ctx, last, 3)
		e.must(err, "Batches")
		e.check(len(bs) <= 3, "a page has at most its limit: got %d", len(bs))
		if len(bs) == 0 {
			break
		}
		for _, b := range bs {
			got = append(got, b.ID)
		}
		last = got[len(got)-1]
	}
	e.wantIDs(got, want, "batches are listed newest first, each once over all pages")
}
