package storagetest

import "github.com/gojobgen/jobgen/storage"

func batchNested(e *env) {
	s := e.session()
	outer, own := e.newBatch(storage.NewBatch{}, e.job())
	inner, nested := e.newBatch(storage.NewBatch{Parent: outer}, e.job())
	callback := e.enqueue(after(outer))
	b := e.batch(outer)
	e.check(b.Total == 1 && b.Nested == 1 && b.NestedOpen == 1, "Total is without the jobs of nested batches, which are counted in Nested: got %+v", b)
	s.end(own[0], storage.Succeed)
	e.wantBatch(outer, storage.Processing, "the nested batch is not final")
	e.wantState(callback, storage.Awaiting, "the nested batch is not final")
	s.end(nested[0], storage.Succeed)
	e.wantBatch(inner, storage.Succeeded, "its job succeeded")
	b = e.wantBatch(outer, storage.Succeeded, "its job and its nested batch succeeded")
	e.check(b.NestedOpen == 0 && b.Nested == 1, "the nested batch is final: got %+v", b)
	e.wantState(callback, storage.Enqueued, "the outer batch succeeded")
	e.check(e.batch(inner).Parent == outer, "a nested batch knows the one around it")
}

func batchNestedTogether(e *env) {
	s := e.session()
	outer, inner := e.id(), e.id()
	j := e.job(inBatch(inner))
	callback := e.job(after(outer))
	e.insert(storage.Group{Jobs: []storage.NewJob{callback, j}, Batches: []storage.NewBatch{{ID: inner, Parent: outer}, {ID: outer}}})
	e.wantBatch(outer, storage.Processing, "a nested batch of the same group is not final")
	s.end(j.ID, storage.Succeed)
	e.wantBatch(outer, storage.Succeeded, "its nested batch succeeded")
	e.wantState(callback.ID, storage.Enqueued, "the outer batch succeeded")
}

// The jobs of a nested batch are jobs of the one around it, so its end depends on them.
func batchNestedEnds(e *env) {
	s := e.session()
	for _, end := range ends {
		outer, own := e.newBatch(storage.NewBatch{}, e.job())
		_, nested := e.newBatch(storage.NewBatch{Parent: outer}, e.job())
		s.end(own[0], storage.Succeed)
		s.end(nested[0], end.kind)
		e.wantBatch(outer, end.state, "the only job of the nested batch is "+end.state.String())
	}
}

// NewBatch.Open: "not sealed by its insert, but by a later Group.Seal".
func batchOpen(e *env) {
	s := e.session()
	batch, ids := e.newBatch(storage.NewBatch{Open: true}, e.job())
	callback := e.enqueue(after(batch))
	s.end(ids[0], storage.Succeed)
	b := e.wantBatch(batch, storage.Processing, "an open batch is not final, though all its jobs are")
	e.check(!b.Sealed && b.Pending == 0, "it is not sealed: got %+v", b)
	e.wantState(callback, storage.Awaiting, "the batch is open")
	e.seal(batch)
	e.check(e.wantBatch(batch, storage.Succeeded, "the seal ends a batch whose jobs are final").Sealed, "it is sealed")
	e.wantState(callback, storage.Enqueued, "the batch ended by its seal")
}

func batchOpenEmpty(e *env) {
	batch, _ := e.newBatch(storage.NewBatch{Open: true})
	e.wantBatch(batch, storage.Processing, "an open batch is not final, empty or not")
	e.seal(batch)
	e.wantBatch(batch, storage.Succeeded, "an empty batch is final as soon as it is sealed")
}

// Group.Seal: "sealing twice is no error".
func batchSealTwice(e *env) {
	batch, _ := e.newBatch(storage.NewBatch{Open: true}, e.job())
	e.seal(batch)
	e.seal(batch)
	closed, _ := e.newBatch(storage.NewBatch{})
	e.seal(closed)
	e.check(e.batch(closed).Ends == 1, "sealing a final batch does not end it again: got %+v", e.batch(closed))
}

// doc.go, what broke the first version: "A batch larger than one group fired its
// callback after the first group."
func batchInGroups(e *env) {
	s := e.session()
	batch, first := e.newBatch(storage.NewBatch{Open: true}, e.job(), e.job())
	callback := e.enqueue(after(batch))
	for _, id := range first {
		s.end(id, storage.Succeed)
	}
	e.wantState(callback, storage.Awaiting, "the first group is done, and there are more to come")
	last := e.job(inBatch(batch))
	e.insert(storage.Group{Jobs: []storage.NewJob{last}, Seal: []storage.ID{batch}})
	b := e.batch(batch)
	e.check(b.Total == 3 && b.Pending == 1 && b.Sealed && b.Ends == 0, "complete with the second group: got %+v", b)
	e.wantState(callback, storage.Awaiting, "the last job has not run")
	s.end(last.ID, storage.Succeed)
	e.wantState(callback, storage.Enqueued, "the whole batch succeeded")
}
