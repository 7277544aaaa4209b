package memstore

import "github.com/gojobgen/jobgen/storage"

// note is what the end of a parent, or its start after an end, still has to do with
// its children. A step does its notes itself up to storage.MaxRelease jobs; what is
// left goes to Store.later, for Tick. The notes of one parent are done in order.
type note struct {
	parent  *node
	restore bool // started again: restore what its end skipped
	ended   storage.State
	run     int
	last    *link // the last child done
}

// tell notes the end of a parent.
func (s *Store) tell(n *node) {
	if n.kids.len() > 0 {
		state, run := n.ended()
		s.note(&note{parent: n, ended: state, run: run})
	}
}

func (s *Store) note(n *note) {
	if n.parent.kids.len() > 0 {
		s.work = append(s.work, n)
	}
}

// flush ends a step: it does what the step noted, as far as one step may, and leaves
// the rest to Tick.
func (s *Store) flush() {
	s.spend(s.most)
}

// spend does noted work for at most budget jobs and reports how many it took.
func (s *Store) spend(budget int) int {
	left := budget
	for {
		if len(s.work) == 0 {
			if len(s.dirty) == 0 {
				break
			}
			s.endBatches()
			continue
		}
		n := s.work[0]
		s.work[0] = nil
		s.work = s.work[1:]
		if n.parent.notes > 0 || !s.advance(n, &left) {
			n.parent.notes++
			s.later = append(s.later, n)
		}
	}
	s.work = nil
	return budget - left
}

// advance does n for at most left jobs and reports whether it is done.
func (s *Store) advance(n *note, left *int) bool {
	next := func() (*link, bool) {
		if n.last == nil {
			return n.parent.kids.min()
		}
		return n.parent.kids.after(n.last)
	}
	for l, ok := next(); ok; l, ok = next() {
		if *left <= 0 {
			return false
		}
		*left--
		n.last = l
		s.apply(n, l)
	}
	return true
}

// apply does n with one child.
func (s *Store) apply(n *note, l *link) {
	c := l.child
	if n.restore {
		l.edge().Reset(c.On)
		if c.State == storage.Deleted && c.skip == n.parent && c.run == n.run {
			s.restore(c, n.parent)
		}
		return
	}
	s.setEdge(l, n.ended, n.run)
	if c.State == storage.Awaiting {
		s.judge(c, n.parent)
	}
}

// relay does what steps left, for at most budget jobs, and reports how many it took.
func (s *Store) relay(budget int) int {
	left := budget
	for len(s.later) > 0 && left > 0 {
		n := s.later[0]
		if !s.advance(n, &left) {
			break
		}
		s.later[0] = nil
		s.later = s.later[1:]
		n.parent.notes--
		s.keep(n.parent)
		left -= s.spend(left)
	}
	left -= s.spend(left)
	return budget - left
}
