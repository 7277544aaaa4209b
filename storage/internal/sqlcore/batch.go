package sqlcore

import (
	"encoding/json"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// batch is a row of jg_batch.
type batch struct {
	storage.BatchInfo
	depth         int
	metadata      []byte
	nestedFailed  int
	nestedDeleted int
	look          time.Time
	by            string // who cancelled it
	fresh         bool   // of the group that is being inserted
	mine          bool   // made in this transaction
	changed       bool
}

const batchColumns = `id, parent, depth, name, metadata, created, finished, total, pending, succeeded, failed, deleted,
	nested, nested_open, nested_failed, nested_deleted, state, ends, sealed, cancelled, look, by`

var (
	sqlBatch    = sqlText(`SELECT ` + batchColumns + ` FROM jg_batch WHERE id = ?`)
	sqlAddBatch = sqlText(`INSERT INTO jg_batch (` + batchColumns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	sqlSaveBatch = sqlText(`UPDATE jg_batch SET finished = ?, total = ?, pending = ?, succeeded = ?, failed = ?, deleted = ?,
		nested = ?, nested_open = ?, nested_failed = ?, nested_deleted = ?, state = ?, ends = ?, sealed = ?, cancelled = ?, look = ?, by = ?
		WHERE id = ?`)
)

func scanBatch(r *rows) (*batch, error) {
	b := &batch{BatchInfo: storage.BatchInfo{
		ID: r.id(0), Parent: r.id(1), Name: r.str(3), CreatedAt: r.time(5), FinishedAt: r.time(6),
		Total: r.int(7), Pending: r.int(8), Succeeded: r.int(9), Failed: r.int(10), Deleted: r.int(11),
		Nested: r.int(12), NestedOpen: r.int(13), State: r.state(16), Ends: r.int(17), Sealed: r.bool(18), Cancelled: r.bool(19),
	}, depth: r.int(2), metadata: r.bytes(4), nestedFailed: r.int(14), nestedDeleted: r.int(15), look: r.time(20), by: r.str(21)}
	if len(b.metadata) > 0 {
		return b, json.Unmarshal(b.metadata, &b.Metadata)
	}
	return b, nil
}

func loadBatch(l Link, id storage.ID) (b *batch, err error) {
	var scanErr error
	_, err = one(l, func(r *rows) { b, scanErr = scanBatch(r) }, sqlBatch, id)
	return b, firstError(err, scanErr)
}

// batch gives a stored batch, nil when there is none. Within a transaction it is read
// once and written once.
func (t *tx) batch(id storage.ID) (*batch, error) {
	if b, ok := t.batches[id]; ok {
		return b, nil
	}
	b, err := loadBatch(t.Link, id)
	if err == nil && b != nil {
		t.keepBatch(b)
	}
	return b, err
}

func (t *tx) keepBatch(b *batch) {
	if t.batches == nil {
		t.batches = make(map[storage.ID]*batch)
	}
	t.batches[b.ID] = b
}

// addBatch stores a new batch; its counters follow.
func (t *tx) addBatch(b *batch) error {
	t.keepBatch(b)
	_, err := t.Exec(sqlAddBatch, b.ID, b.Parent, b.depth, b.Name, b.metadata, b.CreatedAt, b.FinishedAt, b.Total, b.Pending,
		b.Succeeded, b.Failed, b.Deleted, b.Nested, b.NestedOpen, b.nestedFailed, b.nestedDeleted, int(b.State), b.Ends,
		b.Sealed, b.Cancelled, b.look, b.by)
	return err
}

func (t *tx) flushBatches() error {
	for _, b := range t.batches {
		if !b.changed {
			continue
		}
		b.changed = false
		_, err := t.Exec(sqlSaveBatch, b.FinishedAt, b.Total, b.Pending, b.Succeeded, b.Failed, b.Deleted, b.Nested, b.NestedOpen,
			b.nestedFailed, b.nestedDeleted, int(b.State), b.Ends, b.Sealed, b.Cancelled, b.look, b.by, b.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// insertBatches looks at the batches that a group makes, seals or adds to.
func (t *tx) insertBatches(in *insertion) error {
	g := in.group
	if len(g.Batches) > 0 {
		in.batches = make(map[storage.ID]*batch, len(g.Batches))
	}
	for i := range g.Batches {
		n := &g.Batches[i]
		b := &batch{BatchInfo: storage.BatchInfo{ID: n.ID, Parent: n.Parent, Name: n.Name, CreatedAt: t.now,
			State: storage.Processing, Sealed: !n.Open}, fresh: true, mine: true, changed: true}
		if len(n.Metadata) > 0 {
			var err error
			if b.metadata, err = json.Marshal(n.Metadata); err != nil {
				return err
			}
		}
		in.batches[n.ID] = b
	}
	for i := range g.Batches {
		if err := t.nest(in, in.batches[g.Batches[i].ID]); err != nil {
			return err
		}
	}
	for _, id := range g.Seal {
		if err := t.needBatch(in, "batch to seal", id); err != nil {
			return err
		}
	}
	for i := range g.Jobs {
		if id := g.Jobs[i].Batch; !id.IsZero() {
			if err := t.needBatch(in, "batch", id); err != nil {
				return err
			}
		}
	}
	return nil
}

// needBatch refuses a group that names a batch which does not exist.
func (t *tx) needBatch(in *insertion, field string, id storage.ID) error {
	if in.batches[id] != nil {
		return nil
	}
	b, err := t.anyBatch(id)
	if err == nil && b == nil {
		err = refuse(rules.UnknownParent(field, id))
	}
	return err
}

// nest finds how deep a new batch is nested, and whether it is born cancelled. The
// order that the group is stored in has the outer ones first.
func (t *tx) nest(in *insertion, b *batch) error {
	for _, id := range in.order {
		if id == b.ID {
			return nil
		}
	}
	if !b.Parent.IsZero() {
		outer := in.batches[b.Parent]
		if outer != nil {
			if err := t.nest(in, outer); err != nil {
				return err
			}
		} else {
			if err := t.needBatch(in, "batch", b.Parent); err != nil {
				return err
			}
			outer = t.batches[b.Parent]
		}
		b.depth = outer.depth + 1
		if outer.Cancelled {
			b.Cancelled, b.Sealed, b.by = true, true, outer.by
		}
		if err := rules.Nesting(b.depth); err != nil {
			return refuse(err)
		}
	}
	in.order = append(in.order, b.ID)
	return nil
}

// joinBatch counts a new job in its batch. In a cancelled one it is deleted at once.
func (t *tx) joinBatch(_ *insertion, r *record) error {
	b, err := t.batch(r.batch)
	if err != nil || b == nil {
		return err
	}
	b.Total++
	b.Pending++
	b.changed = true
	if err := t.judgeBatch(b); err != nil || !b.Cancelled {
		return err
	}
	if err := t.leaveLine(r); err != nil {
		return err
	}
	return t.discard(r, rules.BatchCancelled(b.ID, b.by))
}

// settleBatches nests, seals and ends what the group is about.
func (t *tx) settleBatches(in *insertion) error {
	for _, id := range in.order {
		b := in.batches[id]
		b.fresh = false
		if b.Parent.IsZero() {
			continue
		}
		if t.apart() && in.batches[b.Parent] == nil {
			continue // see below
		}
		outer, err := t.batch(b.Parent)
		if err != nil {
			return err
		}
		outer.Nested++
		outer.NestedOpen++
		outer.changed = true
		if err := t.judgeBatch(outer); err != nil {
			return err
		}
	}
	for i := len(in.order) - 1; i >= 0; i-- { // the inner ones first
		if err := t.judgeBatch(in.batches[in.order[i]]); err != nil {
			return err
		}
	}
	for _, id := range in.order {
		if b := in.batches[id]; t.apart() && !b.Parent.IsZero() && in.batches[b.Parent] == nil {
			if err := t.saveEffect(effect{what: effectNest, subject: id, state: b.State}); err != nil {
				return err
			}
		}
	}
	for _, id := range in.group.Seal {
		if t.apart() && in.batches[id] == nil {
			if err := t.saveEffect(effect{what: effectSeal, subject: id}); err != nil {
				return err
			}
			continue
		}
		b, err := t.batch(id)
		if err != nil {
			return err
		}
		if !b.Sealed {
			b.Sealed, b.changed = true, true
		}
		if err := t.judgeBatch(b); err != nil {
			return err
		}
	}
	return nil
}

// leaveBatch counts the end of a job.
func (t *tx) leaveBatch(r *record, state storage.State) error {
	return t.recount(r, func(b *batch) {
		b.Pending--
		*b.counter(state)++
	})
}

// rejoinBatch takes an end of a job back.
func (t *tx) rejoinBatch(r *record, state storage.State) error {
	return t.recount(r, func(b *batch) {
		b.Pending++
		*b.counter(state)--
	})
}

func (t *tx) recount(r *record, change func(b *batch)) error {
	if r.batch.IsZero() {
		return nil
	}
	b, err := t.batch(r.batch)
	if err != nil || b == nil {
		return err
	}
	change(b)
	b.changed = true
	return t.judgeBatch(b)
}

func (b *batch) counter(s storage.State) *int {
	switch s {
	case storage.Succeeded:
		return &b.Succeeded
	case storage.Failed:
		return &b.Failed
	}
	return &b.Deleted
}

// nestedCounter is where an outer batch counts the end of a nested one.
func (b *batch) nestedCounter(s storage.State) *int {
	switch s {
	case storage.Failed:
		return &b.nestedFailed
	case storage.Deleted:
		return &b.nestedDeleted
	}
	return new(int)
}

// judgeBatch ends a batch that has become final, and starts a final one again that
// has not stayed so, with the batches around it.
func (t *tx) judgeBatch(b *batch) error {
	if b.fresh {
		return nil // its jobs are still on their way in
	}
	was, is := b.State, rules.BatchOf(b.BatchInfo, b.nestedFailed, b.nestedDeleted).State()
	if was == is {
		return nil
	}
	b.State, b.changed = is, true
	ends := is.Final()
	if ends {
		b.FinishedAt, b.look = t.now, t.now.Add(storage.RetainSucceeded)
		b.Ends++
		t.push(effect{what: effectEnded, subject: b.ID, state: is, run: b.Ends})
	} else {
		b.FinishedAt, b.look = time.Time{}, time.Time{}
		t.push(effect{what: effectRestore, subject: b.ID, run: b.Ends})
	}
	if b.Parent.IsZero() {
		return nil
	}
	outer, err := t.batch(b.Parent)
	if err != nil || outer == nil || t.apart() && !outer.mine {
		return err
	}
	if was.Final() {
		outer.NestedOpen++
		*outer.nestedCounter(was)--
	}
	if ends {
		outer.NestedOpen--
		*outer.nestedCounter(is)++
	}
	outer.changed = true
	return t.judgeBatch(outer)
}

// nestLater counts a batch that a caller's transaction has made in the one around it,
// which was there before. Its ends since then are counted there already.
func (t *tx) nestLater(k *effect) error {
	b, err := t.batch(k.subject)
	if err != nil || b == nil {
		return err
	}
	outer, err := t.batch(b.Parent)
	if err != nil || outer == nil {
		return err
	}
	outer.Nested++
	if k.state.Final() {
		*outer.nestedCounter(k.state)++
	} else {
		outer.NestedOpen++
	}
	outer.changed = true
	t.moved++
	return t.judgeBatch(outer)
}

// sealLater seals a batch that a caller's transaction has completed.
func (t *tx) sealLater(id storage.ID) error {
	b, err := t.batch(id)
	if err != nil || b == nil {
		return err
	}
	t.moved++
	if !b.Sealed {
		b.Sealed, b.changed = true, true
	}
	return t.judgeBatch(b)
}
