package memstore

import (
	"bytes"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// link joins j to a parent; a parent that ended already is judged by judge.
func (s *Store) link(j *job, parent *node) {
	l := &link{child: j, i: len(j.edges), parent: parent}
	j.links = append(j.links, l)
	j.edges = append(j.edges, rules.Edge{Parent: parent.id()})
	parent.kids.add(l)
	if state, run := parent.ended(); state != 0 {
		s.setEdge(l, state, run)
	}
}

// setEdge writes the end of a parent into the edge of a child, and with it the input
// that the child takes from that parent.
func (s *Store) setEdge(l *link, ended storage.State, run int) {
	c := l.child
	if !l.edge().Set(c.On, ended, run) || ended != storage.Succeeded || l.parent.asJob == nil {
		return
	}
	if p := l.parent.asJob; p.ID == c.InputFrom {
		c.Input = bytes.Clone(rules.Input(p.Result))
	}
}

// judge does with an awaiting child what its edges say. Last is the parent whose end
// let it be judged.
func (s *Store) judge(c *job, last *node) {
	switch verdict, by := rules.Judge(c.On, c.edges); verdict {
	case rules.Free:
		s.release(c, last)
	case rules.Skip:
		s.leave(c)
		s.skip(c, by)
	}
}

// release lets an awaiting child become enqueued or scheduled.
func (s *Store) release(c *job, last *node) {
	due, delay := c.at, c.Delay
	_, run := last.ended()
	reason := rules.Released(run, last.id())
	s.leave(c)
	if due.IsZero() && delay > 0 {
		due = rules.After(s.now, delay)
	}
	if due.After(s.now) {
		s.schedule(c, due, reason, storage.HistoryEntry{})
		return
	}
	s.enqueue(c, reason, storage.HistoryEntry{})
}

// skip deletes a child, which has left its state, for the edge that is not met. It is
// kept as long as that parent.
func (s *Store) skip(c *job, by int) {
	parent := c.links[by].parent
	to := rules.RetainedTo(storage.Deleted, s.now, 0)
	if parent != nil {
		c.skip, c.run = parent, c.edges[by].Run
		to = parent.retainedTo()
	}
	s.end(c, storage.Deleted, c.edges[by].SkipReason(), storage.HistoryEntry{}, to)
}

// restore makes a child that the last end of parent skipped awaiting again, and what
// was skipped below it. It stays as it is where it would be skipped again at once by
// another parent, where its key is taken, or in a cancelled batch.
func (s *Store) restore(c *job, parent *node) {
	if c.batch != nil && c.batch.Cancelled || s.blockedBy(c) != nil {
		return
	}
	verdict, by := rules.Judge(c.On, c.edges)
	if verdict == rules.Skip {
		s.skipInstead(c, by)
		return
	}
	run := c.Fetches
	s.leave(c)
	s.afresh(c)
	s.takeKey(c)
	s.await(c, rules.Restored(parent.id()))
	s.note(&note{parent: &c.node, restore: true, run: run})
	if verdict == rules.Free {
		s.release(c, parent)
	}
}

// skipInstead hands a skipped child over to another parent that skips it too.
func (s *Store) skipInstead(c *job, by int) {
	c.skip, c.run = c.links[by].parent, c.edges[by].Run
	if c.skip == nil {
		s.keep(&c.node)
		return
	}
	c.RetainedTo = c.skip.retainedTo()
	c.Reason = c.edges[by].SkipReason()
	c.history, c.dropped = rules.Append(c.history, c.dropped,
		storage.HistoryEntry{At: s.now, State: storage.Deleted, Reason: c.Reason})
}

// afresh gives a job that was final what a requeue gives it anew.
func (s *Store) afresh(j *job) {
	j.Retries, j.Lost = 0, 0
	j.begun, j.ExpiresAt = false, time.Time{}
	j.skip, j.run = nil, 0
	if j.counted {
		j.counted = false
		j.Attempt++
	}
}

// orphan cuts the bonds of a parent that is removed to its children.
func (s *Store) orphan(n *node) {
	for l := range n.kids.all {
		c := l.child
		l.parent = nil
		if e := l.edge(); e.Ended == 0 {
			e.Gone = true
		}
		if c.skip == n {
			c.skip = nil
			s.keep(&c.node)
		}
	}
}

// keep starts the retention of a final job or batch once nothing else keeps it.
func (s *Store) keep(n *node) {
	if n.waiting > 0 || n.notes > 0 {
		return
	}
	if j := n.asJob; j != nil {
		if j.State.Final() && !j.kept && j.skip == nil {
			j.kept = true
			s.retained.add(j)
		}
		return
	}
	if b := n.asBatch; b.State.Final() && !b.kept && b.jobs.len() == 0 && b.nested.len() == 0 {
		b.kept = true
		s.empty.add(b)
	}
}
