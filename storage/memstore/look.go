package memstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// listed is j as lists show it, for the caller to own.
func (j *job) listed() storage.Job {
	c := j.Job
	c.Payload, c.Input, c.Result, c.Options, c.Checkpoint = nil, nil, nil, nil, nil
	c.Metadata = maps.Clone(c.Metadata)
	c.Parents, c.Limits = slices.Clone(c.Parents), slices.Clone(c.Limits)
	if c.Unique != nil {
		u := *c.Unique
		c.Unique = &u
	}
	if c.Failure != nil {
		f := *c.Failure
		c.Failure = &f
	}
	if c.Progress != nil {
		p := *c.Progress
		c.Progress = &p
	}
	return c
}

// whole is all of j, for the caller to own.
func (j *job) whole() storage.Job {
	c := j.listed()
	c.Payload, c.Input, c.Result = bytes.Clone(j.Payload), bytes.Clone(j.Input), bytes.Clone(j.Result)
	c.Options, c.Checkpoint = bytes.Clone(j.Options), bytes.Clone(j.Checkpoint)
	return c
}

// Job implements [storage.Reader].
func (s *Store) Job(ctx context.Context, id storage.ID) (storage.Details, error) {
	if err := s.enter(ctx); err != nil {
		return storage.Details{}, err
	}
	defer s.mu.Unlock()
	j := s.jobs[id]
	if j == nil {
		return storage.Details{}, fmt.Errorf("%w: job %s", storage.ErrNotFound, id)
	}
	d := storage.Details{Job: j.whole(), Dropped: j.dropped, LogLines: j.lines}
	d.History = slices.Clone(j.history)
	for i := range d.History {
		d.History[i].Failure = rules.Failure(d.History[i].Failure)
	}
	for _, l := range j.links {
		d.ParentsOf = append(d.ParentsOf, l.toParent())
	}
	d.Children, d.MoreKids = j.children()
	return d, nil
}

// toParent shows a bond from the side of the child.
func (l *link) toParent() storage.Edge {
	e := storage.Edge{Job: l.edge().Parent, On: l.child.On, Ended: l.edge().Ended, Run: l.edge().Run}
	switch {
	case l.parent == nil:
	case l.parent.asJob != nil:
		e.Kind, e.State = l.parent.asJob.Kind, l.parent.asJob.State
	default:
		e.Batch, e.State = true, l.parent.asBatch.State
	}
	return e
}

// children shows the bonds from the side of the parent.
func (n *node) children() (edges []storage.Edge, more bool) {
	for l := range n.kids.all {
		if len(edges) == storage.MaxPage {
			return edges, true
		}
		c := l.child
		edges = append(edges, storage.Edge{
			Job: c.ID, Kind: c.Kind, Batch: n.asBatch != nil, State: c.State,
			On: c.On, Ended: l.edge().Ended, Run: l.edge().Run,
		})
	}
	return edges, false
}

// Logs implements [storage.Reader].
func (s *Store) Logs(ctx context.Context, q storage.LogQuery) ([]storage.NumberedLine, error) {
	limit, err := rules.LogPage(q.Limit)
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	j := s.jobs[q.Job]
	if j == nil {
		return nil, fmt.Errorf("%w: job %s", storage.ErrNotFound, q.Job)
	}
	start, _ := slices.BinarySearchFunc(j.logs, q.After+1, func(l storage.NumberedLine, n int) int { return cmp.Compare(l.Number, n) })
	var lines []storage.NumberedLine
	for _, l := range j.logs[start:] {
		if len(lines) == limit {
			break
		}
		if q.Fetch == 0 || q.Fetch == l.Fetch {
			lines = append(lines, l)
		}
	}
	return lines, nil
}

// Queues implements [storage.Reader].
func (s *Store) Queues(ctx context.Context) ([]storage.QueueInfo, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	servers := make(map[string]int)
	for _, sess := range s.sessions {
		for i, name := range sess.Queues {
			if !slices.Contains(sess.Queues[:i], name) {
				servers[name]++
			}
		}
	}
	var infos []storage.QueueInfo
	for _, q := range s.queues {
		info := storage.QueueInfo{
			Name: q.name, Enqueued: q.waiting.len(), Held: maps.Clone(q.held),
			Processing: q.processing, Scheduled: q.scheduled,
			Paused: q.paused, PausedBy: q.pausedBy, Servers: servers[q.name],
		}
		if j, ok := q.waiting.min(); ok {
			info.Oldest = j.EnqueuedAt
		}
		infos = append(infos, info)
		delete(servers, q.name)
	}
	for name, n := range servers {
		infos = append(infos, storage.QueueInfo{Name: name, Held: make(map[string]int), Servers: n})
	}
	slices.SortFunc(infos, func(a, b storage.QueueInfo) int { return cmp.Compare(a.Name, b.Name) })
	return infos, nil
}

// PausedKinds implements [storage.Reader].
func (s *Store) PausedKinds(ctx context.Context) (map[string]string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return maps.Clone(s.pausedKinds), nil
}
