package memstore

import (
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// plan is one group on its way into the store: what of it is a duplicate is known
// before anything is stored.
type plan struct {
	s    *Store
	g    *storage.Group
	same map[storage.ID]storage.ID // duplicates with their holders
	kind map[storage.ID]bool       // new ids: is it a batch? nil where nobody can ask
}

func (s *Store) plan(g *storage.Group) *plan {
	p := &plan{s: s, g: g}
	if !refers(g) {
		return p
	}
	p.kind = make(map[storage.ID]bool, len(g.Jobs)+len(g.Batches))
	p.same = make(map[storage.ID]storage.ID)
	for i := range g.Batches {
		p.kind[g.Batches[i].ID] = true
	}
	keys := make(map[string]storage.ID)
	times := make(map[occurrence]storage.ID)
	for i := range g.Jobs {
		j := &g.Jobs[i]
		if holder, dup := p.holder(j, keys, times); dup {
			p.same[j.ID] = holder
			continue
		}
		p.kind[j.ID] = false
		if j.Unique != nil {
			keys[j.Unique.Key] = j.ID
		}
		if !j.Occurrence.IsZero() {
			times[occurrence{j.Recurring, rules.Cut(j.Occurrence)}] = j.ID
		}
	}
	return p
}

// refers reports whether anything in g can name, or be a duplicate of, something else.
func refers(g *storage.Group) bool {
	if len(g.Batches) > 0 {
		return true
	}
	for i := range g.Jobs {
		j := &g.Jobs[i]
		if len(j.Parents) > 0 || j.Unique != nil || !j.Occurrence.IsZero() {
			return true
		}
	}
	return false
}

// holder finds the job that j is a duplicate of: stored, or earlier in its group.
func (p *plan) holder(j *storage.NewJob, keys map[string]storage.ID, times map[occurrence]storage.ID) (storage.ID, bool) {
	if !j.Occurrence.IsZero() {
		o := occurrence{j.Recurring, rules.Cut(j.Occurrence)}
		if id, ok := times[o]; ok {
			return id, true
		}
		if id, ok := p.s.occurrences[o]; ok {
			return id, true
		}
	}
	if j.Unique != nil {
		if id, ok := keys[j.Unique.Key]; ok {
			return id, true
		}
		if h := p.s.holder(j.Unique.Key); h != nil {
			return h.ID, true
		}
	}
	return storage.ID{}, false
}

// means is the job that an id of the group stands for.
func (p *plan) means(id storage.ID) storage.ID {
	if holder, dup := p.same[id]; dup {
		return holder
	}
	return id
}

// isBatch says whether an id is a batch, and whether it is known at all.
func (p *plan) isBatch(id storage.ID) (batch, known bool) {
	if batch, known = p.kind[id]; known {
		return batch, true
	}
	if p.s.batches[id] != nil {
		return true, true
	}
	return false, p.s.jobs[id] != nil
}

// check refuses the group for what is stored or is not.
func (p *plan) check() error {
	for i := range p.g.Jobs {
		j := &p.g.Jobs[i]
		if _, dup := p.same[j.ID]; dup {
			continue
		}
		if err := p.checkJob(j); err != nil {
			return err
		}
	}
	for i := range p.g.Batches {
		if err := p.checkBatch("Parent", p.g.Batches[i].Parent); err != nil {
			return err
		}
		if err := rules.Nesting(p.depth(&p.g.Batches[i])); err != nil {
			return err
		}
	}
	for _, id := range p.g.Seal {
		if err := p.checkBatch("Seal", id); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) checkJob(j *storage.NewJob) error {
	for _, id := range j.Parents {
		batch, known := p.isBatch(p.means(id))
		if !known {
			return rules.UnknownParent("parent", id)
		}
		if batch && id == j.InputFrom {
			return rules.InputFromBatch(id)
		}
	}
	return p.checkBatch("Batch", j.Batch)
}

func (p *plan) checkBatch(field string, id storage.ID) error {
	if id.IsZero() {
		return nil
	}
	if batch, known := p.isBatch(id); !known || !batch {
		return rules.UnknownParent(field, id)
	}
	return nil
}

// depth is how many batches are around a new one.
func (p *plan) depth(b *storage.NewBatch) int {
	depth := 0
	for id := b.Parent; !id.IsZero(); depth++ {
		if stored := p.s.batches[id]; stored != nil && !p.kind[id] {
			return depth + 1 + stored.depth
		}
		id = p.parentOf(id)
	}
	return depth
}

// parentOf is the parent of a new batch.
func (p *plan) parentOf(id storage.ID) storage.ID {
	for i := range p.g.Batches {
		if p.g.Batches[i].ID == id {
			return p.g.Batches[i].Parent
		}
	}
	return storage.ID{}
}
