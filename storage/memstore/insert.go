package memstore

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// occurrence is one occurrence of a recurring job.
type occurrence struct {
	recurring string
	at        time.Time
}

// Insert implements [storage.Inserter].
func (s *Store) Insert(ctx context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	results := make([]storage.InsertResult, len(groups))
	for i := range groups {
		results[i].Err = rules.Group(&groups[i])
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	for i := range groups {
		if results[i].Err == nil {
			results[i].Jobs, results[i].Err = s.insert(&groups[i])
		}
	}
	return results, nil
}

// insert stores one group, which rules.Group found no fault with.
func (s *Store) insert(g *storage.Group) ([]storage.Inserted, error) {
	if answer, err := s.repeated(g); answer != nil || err != nil {
		return answer, err
	}
	p := s.plan(g)
	if err := p.check(); err != nil {
		return nil, err
	}
	for i := range g.Batches {
		s.addBatch(&g.Batches[i])
	}
	answer := make([]storage.Inserted, len(g.Jobs))
	for i := range g.Jobs {
		if holder, dup := p.same[g.Jobs[i].ID]; dup {
			s.duplicates.note(g.Jobs[i].ID, holder, s.now)
			continue
		}
		s.addJob(&g.Jobs[i])
	}
	p.connect()
	p.seal()
	s.flush()
	for i := range g.Jobs {
		answer[i] = p.answer(g.Jobs[i].ID)
	}
	return answer, nil
}

// repeated answers a group of which something is stored: then all of it was.
func (s *Store) repeated(g *storage.Group) ([]storage.Inserted, error) {
	known := false
	for i := range g.Batches {
		id := g.Batches[i].ID
		if j := s.jobs[id]; j != nil {
			return nil, rules.Conflict(id, j.Kind, "batch")
		}
		known = known || s.batches[id] != nil
	}
	for i := range g.Jobs {
		id := g.Jobs[i].ID
		if s.batches[id] != nil {
			return nil, rules.Conflict(id, "batch", g.Jobs[i].Kind)
		}
		if j := s.jobs[id]; j != nil {
			if j.Kind != g.Jobs[i].Kind {
				return nil, rules.Conflict(id, j.Kind, g.Jobs[i].Kind)
			}
			known = true
		}
	}
	if !known {
		return nil, nil
	}
	answer := make([]storage.Inserted, len(g.Jobs))
	for i := range g.Jobs {
		if j := s.jobs[g.Jobs[i].ID]; j != nil {
			answer[i] = storage.Inserted{ID: j.ID, State: j.born}
			continue
		}
		answer[i] = storage.Inserted{Duplicate: true, ID: s.duplicates.holder(g.Jobs[i].ID)}
		if h := s.jobs[answer[i].ID]; h != nil {
			answer[i].State = h.State
		}
	}
	return answer, nil
}

// addBatch stores a new batch, open until seal.
func (s *Store) addBatch(n *storage.NewBatch) {
	b := newBatch(n.ID)
	b.Name, b.Metadata = n.Name, maps.Clone(n.Metadata)
	b.CreatedAt, b.State = s.now, storage.Processing
	s.batches[b.ID] = b
	s.byID.add(b)
}

// nestBatch puts a new batch into the one around it, which is stored by now.
func (s *Store) nestBatch(b, up *batch) {
	b.up, b.Parent = up, up.ID
	up.nested.add(b)
	up.Nested++
	up.NestedOpen++
	s.reopen(up)
	if up.Cancelled {
		s.markCancelled(b, up.by)
	}
}

// addJob stores a new job that is in no state yet; connect gives it one.
func (s *Store) addJob(n *storage.NewJob) {
	j := newJob(n.ID)
	j.Kind, j.Fingerprint, j.Queue, j.Priority = n.Kind, n.Fingerprint, n.Queue, n.Priority
	j.Payload, j.Options = bytes.Clone(n.Payload), bytes.Clone(n.Options)
	j.Metadata = maps.Clone(n.Metadata)
	j.On, j.InputFrom, j.InputParam = n.On, n.InputFrom, n.InputParam
	j.Batch = n.Batch
	j.Limits = slices.Clone(n.Limits)
	j.Recurring, j.Occurrence = n.Recurring, rules.Cut(n.Occurrence)
	j.Attempt, j.CreatedAt, j.expires = 1, s.now, n.Expires
	if n.Unique != nil {
		u := *n.Unique
		j.Unique = &u
	}
	j.queue = s.queue(n.Queue)
	j.queue.total++
	s.jobs[j.ID] = j
	s.takeKey(j)
	s.noteOccurrence(j)
}

// noteOccurrence puts a job under the recurring job that made it.
func (s *Store) noteOccurrence(j *job) {
	if j.Recurring == "" {
		return
	}
	if s.made[j.Recurring] == nil {
		row := newOrdered(byID)
		s.made[j.Recurring] = &row
	}
	s.made[j.Recurring].add(j)
	if !j.Occurrence.IsZero() {
		s.occurrences[occurrence{j.Recurring, j.Occurrence}] = j.ID
	}
}

func (s *Store) forgetOccurrence(j *job) {
	if j.Recurring == "" {
		return
	}
	delete(s.occurrences, occurrence{j.Recurring, j.Occurrence})
	if row := s.made[j.Recurring]; row.remove(j) && row.len() == 0 {
		delete(s.made, j.Recurring)
	}
}
