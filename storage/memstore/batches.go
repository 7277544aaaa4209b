package memstore

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// joinBatch counts a new job in its batch, which starts again when it was final.
func (s *Store) joinBatch(j *job) {
	b := j.batch
	if b == nil {
		return
	}
	b.Total++
	b.Pending++
	b.jobs.add(j)
	b.open.add(j)
	s.reopen(b)
}

// endInBatch counts the end of a job in its batch.
func (s *Store) endInBatch(j *job) {
	if j.batch != nil {
		j.batch.Pending--
		*j.batch.counter(j.State)++
		j.batch.open.remove(j)
		s.look(j.batch)
	}
}

// backInBatch takes the end of a job back.
func (s *Store) backInBatch(j *job) {
	if j.batch != nil {
		*j.batch.counter(j.State)--
		j.batch.Pending++
		j.batch.open.add(j)
		s.reopen(j.batch)
	}
}

func (b *batch) counter(state storage.State) *int {
	switch state {
	case storage.Failed:
		return &b.Failed
	case storage.Deleted:
		return &b.Deleted
	}
	return &b.Succeeded
}

// countNested counts a final nested batch by its state, or takes that back.
func (b *batch) countNested(state storage.State, n int) {
	b.NestedOpen -= n
	switch state {
	case storage.Failed:
		b.nestedFailed += n
	case storage.Deleted:
		b.nestedDeleted += n
	}
}

// look makes the running step look whether b is final, once it has done the rest.
func (s *Store) look(b *batch) {
	if !b.dirty {
		b.dirty = true
		s.dirty = append(s.dirty, b)
	}
}

// endBatches makes final what is complete of the batches the step has changed.
func (s *Store) endBatches() {
	changed := s.dirty
	s.dirty = nil
	for _, b := range changed {
		b.dirty = false
		state := rules.BatchOf(b.BatchInfo, b.nestedFailed, b.nestedDeleted).State()
		if b.State.Final() || !state.Final() {
			continue
		}
		b.State, b.FinishedAt = state, s.now
		b.Ends++
		s.keep(&b.node)
		s.tell(&b.node)
		if b.up != nil {
			b.up.countNested(state, 1)
			s.look(b.up)
		}
	}
}

// reopen makes a final batch start again, and those around it, and restores what
// their ends skipped.
func (s *Store) reopen(b *batch) {
	for ; b != nil && b.State.Final(); b = b.up {
		if b.kept {
			s.empty.remove(b)
			b.kept = false
		}
		if b.up != nil {
			b.up.countNested(b.State, -1)
		}
		b.State, b.FinishedAt = storage.Processing, time.Time{}
		s.note(&note{parent: &b.node, restore: true, run: b.Ends})
	}
}

// uncancel clears the mark of b and of those around it.
func uncancel(b *batch) {
	for ; b != nil; b = b.up {
		b.Cancelled, b.by = false, ""
	}
}

// CancelBatch implements [storage.Controller].
func (s *Store) CancelBatch(ctx context.Context, id storage.ID, by string) (bool, error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	b := s.batches[id]
	if b == nil {
		return false, fmt.Errorf("%w: batch %s", storage.ErrNotFound, id)
	}
	by = rules.Reason(by)
	s.markCancelled(b, by)
	s.flush()
	left := s.most
	return s.cancelJobs(b, &left), nil
}

func (s *Store) markCancelled(b *batch, by string) {
	b.Cancelled, b.by, b.Sealed = true, by, true
	s.look(b)
	for nested := range b.nested.all {
		s.markCancelled(nested, by)
	}
}

// cancelJobs cancels jobs of b and of those nested in it while left lasts, and
// reports whether any are left.
func (s *Store) cancelJobs(b *batch, left *int) (more bool) {
	first := &job{}
	for j, ok := b.open.from(first); ok; j, ok = b.open.after(j) {
		if j.CancelRequested {
			continue
		}
		if *left == 0 {
			return true
		}
		*left--
		s.cancel(j, rules.BatchCancelled(b.ID, b.by))
		s.flush()
	}
	for nested := range b.nested.all {
		if s.cancelJobs(nested, left) {
			return true
		}
	}
	return false
}

// cancel deletes a job that waits, and asks for the end of one that runs.
func (s *Store) cancel(j *job, reason string) {
	if j.State != storage.Processing {
		s.leave(j)
		s.finish(j, storage.Deleted, reason, storage.HistoryEntry{}, 0)
	} else if !j.CancelRequested {
		j.CancelRequested, j.cancelReason = true, reason
	}
}

// forgetBatch removes a final batch of which no job is left.
func (s *Store) forgetBatch(b *batch) {
	delete(s.batches, b.ID)
	s.byID.remove(b)
	s.empty.remove(b)
	s.orphan(&b.node)
	if b.up != nil {
		b.up.nested.remove(b)
		s.keep(&b.up.node)
	}
}

// Batch implements [storage.Reader].
func (s *Store) Batch(ctx context.Context, id storage.ID) (storage.BatchInfo, error) {
	if err := s.enter(ctx); err != nil {
		return storage.BatchInfo{}, err
	}
	defer s.mu.Unlock()
	b := s.batches[id]
	if b == nil {
		return storage.BatchInfo{}, fmt.Errorf("%w: batch %s", storage.ErrNotFound, id)
	}
	return b.info(), nil
}

// Batches implements [storage.Reader].
func (s *Store) Batches(ctx context.Context, after storage.ID, limit int) ([]storage.BatchInfo, error) {
	limit, err := rules.Page(limit)
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	b, ok := s.byID.max()
	if !after.IsZero() {
		b, ok = s.byID.before(&batch{BatchInfo: storage.BatchInfo{ID: after}})
	}
	var infos []storage.BatchInfo
	for ; ok && len(infos) < limit; b, ok = s.byID.before(b) {
		infos = append(infos, b.info())
	}
	return infos, nil
}

func (b *batch) info() storage.BatchInfo {
	info := b.BatchInfo
	info.Metadata = maps.Clone(info.Metadata)
	return info
}
