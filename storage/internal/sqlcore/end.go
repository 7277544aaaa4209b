package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// discard deletes a job that does not run, for a reason. It has left its line.
func (t *tx) discard(r *record, reason string) error {
	wakes := r.cls == classLive || r.cls == classHeld
	r.reason = rules.Reason(reason)
	if err := r.note(storage.HistoryEntry{At: t.now, State: storage.Deleted, Reason: reason}); err != nil {
		return err
	}
	if wakes && r.links&linkLimits != 0 {
		t.freeLimits(r)
	}
	return t.finish(r, storage.Deleted, 0)
}

// finish makes a job final with all that this releases. Its history is written, it is
// on no line and has no run.
func (t *tx) finish(r *record, state storage.State, retain time.Duration) error {
	awaited := r.cls == classAwaiting
	r.cls, r.line = finalClass(state), 0
	r.finished, r.retain = t.now, rules.RetainedTo(state, t.now, retain)
	r.due, r.expires = time.Time{}, time.Time{}
	if err := t.freeKey(r); err != nil {
		return err
	}
	if err := t.saveFinal(r); err != nil {
		return err
	}
	t.sweepAt(r.shape, r.id, r.retain)
	if awaited {
		if err := t.stopAwaiting(r); err != nil {
			return err
		}
	}
	return t.finished(r, state)
}

// finished tells the statistics, the batch and the children that a job became final.
func (t *tx) finished(r *record, state storage.State) error {
	t.count(r.shape, state)
	if err := t.leaveBatch(r, state); err != nil {
		return err
	}
	if r.links&linkChildren != 0 {
		t.push(effect{what: effectEnded, subject: r.id, state: state, run: r.fetches})
	}
	return nil
}

var sqlFinalSince = sqlText(`SELECT j.shape FROM ` + fromEnd + ` WHERE j.id = ? AND ` + clsNow + ` > 5 AND coalesce(e.retain, j.retain) <= ?`)

// stopAwaiting tells the parents of r that it waits for them no more: those that were
// kept for it only may go now.
func (t *tx) stopAwaiting(r *record) error {
	if _, err := t.Exec(sqlSetWaiting, 0, r.id); err != nil || len(r.extra.Parents) == 1 {
		return err
	}
	for _, p := range r.extra.Parents {
		shape := 0
		over, err := one(t.Link, func(rows *rows) { shape = rows.int(0) }, sqlFinalSince, p, t.now)
		if err != nil {
			return err
		}
		if over {
			t.sweepAt(shape, p, t.now.Add(-sweepStep*time.Millisecond))
		}
	}
	return nil
}

// saveFinal writes a final job, with the result of the run that ended.
func (t *tx) saveFinal(r *record) error {
	if !r.ran || r.result == nil {
		return t.save(r)
	}
	inline, err := t.place(r, partResult, r.result)
	if err != nil {
		return err
	}
	return t.saveBy(sqlSaveEnd, r, inline)
}

// count counts a final state in the statistics.
func (t *tx) count(shape int, state storage.State) {
	s := t.stat(shape)
	switch state {
	case storage.Succeeded:
		s.Succeeded++
	case storage.Failed:
		s.Failed++
	default:
		s.Deleted++
	}
}

var sqlLeaveReady = sqlText(`DELETE FROM jg_ready WHERE queue = ? AND line = ? AND rank = ? AND job = ?`)

// leaveLine takes an enqueued job off its line.
func (t *tx) leaveLine(r *record) error {
	if r.cls != classLive && r.cls != classHeld {
		return nil
	}
	queue := t.names.shapes[r.shape].queue
	if err := t.openAt(queue.no, r.line, r.rank); err != nil {
		return err
	}
	if _, err := t.Exec(sqlLeaveReady, queue.no, r.line, r.rank, r.id); err != nil {
		return err
	}
	if r.line == 0 {
		return nil
	}
	return t.forgetLine(queue.no, r.line)
}
