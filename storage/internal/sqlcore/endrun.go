package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// after is what becomes of a job after a run, beside its state.
type after struct {
	delay   time.Duration // scheduled
	retain  time.Duration // final
	started bool          // the handler had started
	counted bool          // the run counts as an attempt
	retried bool
	place   bool // enqueued again where it was
}

// endRun turns a job whose run is over into what the entry says. The entry of the
// run's start, which was derived from the claim until now, is written with it.
func (t *tx) endRun(e *ended, s *session, entry storage.HistoryEntry, a after) error {
	if err := t.freeSlots(e.record, e.fetch); err != nil {
		return err
	}
	e.over = true
	e.fetches = e.fetch
	e.server = s.server
	entry.At = t.now
	entry.Attempt, entry.Fetch, entry.Session, entry.Server = e.attempt, e.fetch, s.id, s.server
	if !entry.State.Final() {
		why, err := t.inCancelled(e.record)
		if err != nil {
			return err
		}
		if why != "" {
			entry.State, entry.Reason = storage.Deleted, why
		}
	}
	var err error
	if a.started {
		begin := storage.HistoryEntry{At: e.started, State: storage.Processing, Attempt: e.attempt, Fetch: e.fetch, Session: s.id, Server: s.server}
		e.record.started = e.started
		e.expires = time.Time{}
		err = e.note(begin, entry)
	} else {
		err = e.note(entry)
	}
	if err != nil {
		return err
	}
	e.reason = rules.Reason(entry.Reason)
	e.ran = true
	if entry.State.Final() {
		if a.counted {
			e.links |= linkCounted
		}
		return t.finish(e.record, entry.State, a.retain)
	}
	if a.counted {
		e.attempt++
	}
	return t.waitAgain(e.record, entry.State, a)
}

// waitAgain puts a job back: for a time, where it was, or at the end of its queue.
func (t *tx) waitAgain(r *record, state storage.State, a after) error {
	if state == storage.Scheduled {
		r.cls = classScheduled
		if a.retried {
			r.cls = classRetrying
		}
		r.due = rules.After(t.now, a.delay)
		return t.save(r)
	}
	place := r.rank
	t.setEnqueued(r)
	if a.place {
		r.rank = place
	}
	if err := t.save(r); err != nil {
		return err
	}
	return t.addReady(r)
}
