package memstore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// connect joins what was stored to batches and parents, and gives each job its state.
func (p *plan) connect() {
	for i := range p.g.Batches {
		b := p.s.batches[p.g.Batches[i].ID]
		b.depth = p.depth(&p.g.Batches[i])
		if up := p.s.batches[p.g.Batches[i].Parent]; up != nil {
			p.s.nestBatch(b, up)
		}
	}
	for i := range p.g.Jobs {
		if j := p.added(i); j != nil && !j.Batch.IsZero() {
			j.batch = p.s.batches[j.Batch]
			p.s.joinBatch(j)
		}
	}
	for i := range p.g.Jobs {
		if j := p.added(i); j != nil && len(p.g.Jobs[i].Parents) > 0 {
			p.continues(j, &p.g.Jobs[i])
		} else if j != nil {
			p.starts(j, p.g.Jobs[i].Due)
		}
	}
	// Only now: a parent may stand behind its child in the group.
	for i := range p.g.Jobs {
		j := p.added(i)
		if j != nil && j.State == storage.Awaiting && !p.s.cancelAwaiting(j) {
			p.s.judge(j, j.links[len(j.links)-1].parent)
		}
	}
}

// added is the job that was stored for g.Jobs[i], or nil.
func (p *plan) added(i int) *job {
	if _, dup := p.same[p.g.Jobs[i].ID]; dup {
		return nil
	}
	return p.s.jobs[p.g.Jobs[i].ID]
}

// starts gives a job without parents its state.
func (p *plan) starts(j *job, w storage.When) {
	if due := rules.Due(w, p.s.now); due.After(p.s.now) {
		p.s.schedule(j, due, "", storage.HistoryEntry{})
	} else {
		p.s.enqueue(j, "", storage.HistoryEntry{})
	}
}

// continues joins a job to its parents; one that two of its parents mean is one.
func (p *plan) continues(j *job, n *storage.NewJob) {
	if n.Due.At.IsZero() {
		j.Delay = max(n.Due.In, 0).Truncate(time.Millisecond)
	} else {
		j.at = rules.Cut(n.Due.At)
	}
	if !n.InputFrom.IsZero() {
		j.InputFrom = p.means(n.InputFrom)
	}
	seen := make(map[storage.ID]bool, len(n.Parents))
	for _, id := range n.Parents {
		id = p.means(id)
		if seen[id] {
			continue
		}
		seen[id] = true
		j.Parents = append(j.Parents, id)
		if parent := p.s.jobs[id]; parent != nil {
			p.s.link(j, &parent.node)
		} else {
			p.s.link(j, &p.s.batches[id].node)
		}
	}
	p.s.await(j, "")
}

// cancelAwaiting deletes a job that was inserted into a cancelled batch.
func (s *Store) cancelAwaiting(j *job) bool {
	if j.batch == nil || !j.batch.Cancelled {
		return false
	}
	s.cancel(j, rules.BatchCancelled(j.batch.ID, j.batch.by))
	return true
}

// seal closes the new batches that are not open, and those that the group completes.
func (p *plan) seal() {
	for i := range p.g.Batches {
		if b := p.s.batches[p.g.Batches[i].ID]; !p.g.Batches[i].Open {
			b.Sealed = true
			p.s.look(b)
		}
	}
	for _, id := range p.g.Seal {
		b := p.s.batches[id]
		b.Sealed = true
		p.s.look(b)
	}
}

// answer says what became of one job of the group.
func (p *plan) answer(id storage.ID) storage.Inserted {
	if holder, dup := p.same[id]; dup {
		return storage.Inserted{ID: holder, State: p.s.jobs[holder].State, Duplicate: true}
	}
	j := p.s.jobs[id]
	j.born = j.State
	return storage.Inserted{ID: id, State: j.State}
}
