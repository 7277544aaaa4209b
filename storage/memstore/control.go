package memstore

import (
	"bytes"
	"context"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Control implements [storage.Controller].
func (s *Store) Control(ctx context.Context, c storage.Control) (storage.ControlResult, error) {
	if err := rules.Control(&c); err != nil {
		return storage.ControlResult{}, err
	}
	if err := s.enter(ctx); err != nil {
		return storage.ControlResult{}, err
	}
	defer s.mu.Unlock()
	var res storage.ControlResult
	ids := c.IDs
	if len(ids) == 0 {
		var found []*job
		found, res.More = s.find(*c.Filter, c.After, true, c.Limit)
		for _, j := range found {
			ids = append(ids, j.ID)
		}
		if res.Last = c.After; len(ids) > 0 {
			res.Last = ids[len(ids)-1]
		}
	}
	for _, id := range ids {
		if why := s.control(s.jobs[id], &c); why != "" {
			res.Skipped = append(res.Skipped, storage.Skip{ID: id, Why: why})
		} else {
			res.Done = append(res.Done, id)
		}
		s.flush()
	}
	return res, nil
}

// control acts on one job; it says why not.
func (s *Store) control(j *job, c *storage.Control) (why string) {
	switch {
	case j == nil:
		return rules.NotFound
	case c.Expect != 0 && j.State != c.Expect:
		return rules.InState(j.State)
	}
	reason := rules.By(c.Action, c.By, c.Reason)
	switch c.Action {
	case storage.Requeue:
		return s.requeue(j, c, reason)
	case storage.RunNow:
		if j.State != storage.Scheduled {
			return rules.InState(j.State)
		}
		s.leave(j)
		s.enqueue(j, reason, storage.HistoryEntry{})
	case storage.Reschedule:
		return s.reschedule(j, c.Due, reason)
	case storage.Cancel:
		if j.State.Final() {
			return rules.InState(j.State)
		}
		s.cancel(j, reason)
	case storage.Remove:
		return s.remove(j, reason)
	}
	return ""
}

func (s *Store) reschedule(j *job, w storage.When, reason string) (why string) {
	if j.State != storage.Scheduled && j.State != storage.Enqueued {
		return rules.InState(j.State)
	}
	retried := j.retried
	s.leave(j)
	s.schedule(j, rules.Due(w, s.now), reason, storage.HistoryEntry{})
	j.retried = retried && j.State == storage.Scheduled
	return ""
}

func (s *Store) remove(j *job, reason string) (why string) {
	switch {
	case !j.State.Final():
		s.cancel(j, reason)
		return ""
	case j.waiting > 0:
		return rules.StillAwaited
	case j.notes > 0:
		return rules.StillReleasing
	}
	s.forget(j)
	return ""
}

// requeue makes a final job run again, and restores what its end skipped.
func (s *Store) requeue(j *job, c *storage.Control, reason string) (why string) {
	switch holder := s.blockedBy(j); {
	case !j.State.Final():
		return rules.InState(j.State)
	case j.notes > 0:
		return rules.StillReleasing
	case holder != nil:
		return rules.KeyTaken(holder.ID)
	}
	verdict, by := rules.Judge(j.On, j.edges)
	if len(j.edges) > 0 && verdict == rules.Skip {
		return j.edges[by].SkipReason()
	}
	uncancel(j.batch)
	succeeded, run := j.State == storage.Succeeded, j.Fetches
	s.leave(j)
	s.afresh(j)
	s.takeKey(j)
	j.Result = nil
	if succeeded {
		j.Checkpoint = nil
	}
	if c.Payload != nil {
		j.Payload, j.Fingerprint = bytes.Clone(c.Payload), c.Fingerprint
	}
	s.note(&note{parent: &j.node, restore: true, run: run})
	if len(j.edges) > 0 && verdict == rules.Wait {
		s.await(j, reason)
		return ""
	}
	s.enqueue(j, reason, storage.HistoryEntry{})
	return ""
}

// Pause implements [storage.Controller].
func (s *Store) Pause(ctx context.Context, target storage.PauseTarget, name string, paused bool, by string) error {
	if err := rules.Pause(target, name); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	by = rules.Reason(by)
	if target == storage.PauseKind {
		s.pauseKind(name, paused, by)
		return nil
	}
	q := s.queue(name)
	q.paused, q.pausedBy = paused, by
	if !paused {
		q.pausedBy = ""
		s.wake(q)
		s.forgetQueue(q)
	}
	return nil
}

func (s *Store) pauseKind(name string, paused bool, by string) {
	if paused {
		s.pausedKinds[name] = by
		return
	}
	delete(s.pausedKinds, name)
	for _, q := range s.queues {
		if q.lines[lineKey{held: rules.PausedKindLine(name)}] != nil {
			s.wake(q)
		}
	}
}
