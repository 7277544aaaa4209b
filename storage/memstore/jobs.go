package memstore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// A job changes its state by leave, then one of the functions below, which write the
// fields of the new state and end in arrive.

// leave takes j out of everything its state has put it in. What happens to the batch
// and the parents of j is done here and in arrive only.
func (s *Store) leave(j *job) {
	s.states[j.State].remove(j)
	switch j.State {
	case storage.Scheduled:
		s.due.remove(j)
		j.queue.scheduled--
		j.DueAt, j.retried = time.Time{}, false
	case storage.Awaiting:
		s.stopAwaiting(j)
	case storage.Enqueued:
		s.dequeue(j)
	case storage.Processing:
		s.endRun(j)
	case storage.Succeeded, storage.Failed, storage.Deleted:
		if j.kept {
			s.retained.remove(j)
			j.kept = false
		}
		j.FinishedAt, j.RetainedTo = time.Time{}, time.Time{}
		s.backInBatch(j)
	}
}

// arrive puts j into state, with an entry in its history.
func (s *Store) arrive(j *job, state storage.State, reason string, e storage.HistoryEntry) {
	e.At, e.State, e.Reason = s.now, state, rules.Reason(reason)
	j.State, j.Reason = state, e.Reason
	j.history, j.dropped = rules.Append(j.history, j.dropped, e)
	s.states[state].add(j)
}

// enqueue makes j wait for a worker, behind all others of its priority; in a
// cancelled batch it is deleted instead.
func (s *Store) enqueue(j *job, reason string, e storage.HistoryEntry) {
	s.seq++
	j.seq = s.seq
	s.enqueueInPlace(j, reason, e)
}

// enqueueInPlace is enqueue for a job that keeps the place it was given before.
func (s *Store) enqueueInPlace(j *job, reason string, e storage.HistoryEntry) {
	if s.cancelledBatch(j, e) {
		return
	}
	j.EnqueuedAt = s.now
	if j.expires > 0 && !j.begun && j.ExpiresAt.IsZero() {
		j.ExpiresAt = rules.After(s.now, j.expires)
	}
	s.arrive(j, storage.Enqueued, reason, e)
	if !j.ExpiresAt.IsZero() {
		s.expiring.add(j)
	}
	j.queue.main.add(j)
	j.queue.waiting.add(j)
	s.wake(j.queue)
}

// schedule makes j wait for its time; in a cancelled batch it is deleted instead.
func (s *Store) schedule(j *job, due time.Time, reason string, e storage.HistoryEntry) {
	if s.cancelledBatch(j, e) {
		return
	}
	j.DueAt = due
	j.queue.scheduled++
	s.arrive(j, storage.Scheduled, reason, e)
	s.due.add(j)
}

// await makes j wait for its parents.
func (s *Store) await(j *job, reason string) {
	s.arrive(j, storage.Awaiting, reason, storage.HistoryEntry{})
	for _, l := range j.links {
		if l.parent != nil {
			l.parent.waiting++
		}
	}
}

// stopAwaiting tells the parents of j that it waits for them no more.
func (s *Store) stopAwaiting(j *job) {
	for _, l := range j.links {
		if l.parent != nil {
			l.parent.waiting--
			s.keep(l.parent)
		}
	}
}

// cancelledBatch deletes j when it has come into a cancelled batch.
func (s *Store) cancelledBatch(j *job, e storage.HistoryEntry) bool {
	if j.batch == nil || !j.batch.Cancelled {
		return false
	}
	s.finish(j, storage.Deleted, rules.BatchCancelled(j.batch.ID, j.batch.by), e, 0)
	return true
}

// finish makes j final: its key is free, its batch counts it, its retention starts,
// and what waits for it is released by the running step.
func (s *Store) finish(j *job, state storage.State, reason string, e storage.HistoryEntry, retain time.Duration) {
	s.end(j, state, reason, e, rules.RetainedTo(state, s.now, retain))
}

func (s *Store) end(j *job, state storage.State, reason string, e storage.HistoryEntry, retainedTo time.Time) {
	s.freeKey(j)
	j.FinishedAt, j.RetainedTo = s.now, retainedTo
	j.CancelRequested, j.cancelReason = false, ""
	s.arrive(j, state, reason, e)
	s.keep(&j.node)
	s.stats.finished(s.now, j, state)
	s.endInBatch(j)
	s.tell(&j.node)
}

// endRun gives back what a run of j held.
func (s *Store) endRun(j *job) {
	delete(j.session.running, j.ID)
	j.queue.processing--
	j.session, j.Session = nil, storage.ID{}
	j.ahead = false
	s.freeSlots(j)
}

// runEntry is the history entry that ends the present run of j.
func (s *Store) runEntry(j *job) storage.HistoryEntry {
	return storage.HistoryEntry{Attempt: j.Attempt, Fetch: j.Fetches, Session: j.Session, Server: j.Server}
}

// begin marks the present run of j as started at a time.
func (s *Store) begin(j *job, at time.Time) {
	j.ahead, j.begun = false, true
	j.StartedAt, j.ExpiresAt = at, time.Time{}
}

// forget removes a final job with all that is kept for it.
func (s *Store) forget(j *job) {
	s.states[j.State].remove(j)
	if j.kept {
		s.retained.remove(j)
	}
	delete(s.jobs, j.ID)
	j.queue.total--
	s.forgetQueue(j.queue)
	for _, l := range j.links {
		if l.parent != nil {
			l.parent.kids.remove(l)
		}
	}
	s.orphan(&j.node)
	if j.batch != nil {
		j.batch.jobs.remove(j)
		s.keep(&j.batch.node)
	}
	s.forgetOccurrence(j)
}
