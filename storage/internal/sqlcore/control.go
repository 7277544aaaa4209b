package sqlcore

import (
	"context"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Control changes stored jobs from outside; see [storage.Controller].
func (s *Store) Control(ctx context.Context, c storage.Control) (result storage.ControlResult, err error) {
	if err := rules.Control(&c); err != nil {
		return result, err
	}
	err = s.write(ctx, func(t *tx) error {
		result = storage.ControlResult{}
		ids := c.IDs
		if len(ids) == 0 {
			l := &listing{view: &view{Link: t.Link, names: t.names, now: t.now}, filter: *c.Filter, after: c.After, oldest: true, limit: c.Limit}
			if ids, result.More, err = l.ids(); err != nil {
				return err
			}
			if result.Last = c.After; len(ids) > 0 {
				result.Last = ids[len(ids)-1]
			}
		}
		for _, id := range ids {
			why, err := t.control(id, &c)
			if err != nil {
				return err
			}
			if why != "" {
				result.Skipped = append(result.Skipped, storage.Skip{ID: id, Why: why})
			} else {
				result.Done = append(result.Done, id)
			}
			t.moved = 0 // each job has its own step
			if err := t.settleEffects(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return storage.ControlResult{}, err
	}
	return result, nil
}

// control acts on one job; it says why not.
func (t *tx) control(id storage.ID, c *storage.Control) (why string, err error) {
	r, err := t.job(id)
	if err != nil || r == nil {
		return rules.NotFound, err
	}
	run, err := t.runOf(r)
	if err != nil {
		return "", err
	}
	state := r.cls.state()
	if run != nil {
		state = storage.Processing
	}
	if c.Expect != 0 && state != c.Expect {
		return rules.InState(state), nil
	}
	reason := rules.By(c.Action, c.By, c.Reason)
	switch {
	case c.Action == storage.Remove && state.Final():
		return t.removeNow(r)
	case c.Action == storage.Requeue && state.Final():
		return t.requeue(r, c, reason)
	case c.Action == storage.RunNow && state == storage.Scheduled:
		return "", t.enqueueNow(r, reason)
	case c.Action == storage.Reschedule && (state == storage.Scheduled || state == storage.Enqueued):
		return "", t.reschedule(r, rules.Due(c.Due, t.now), reason)
	case (c.Action == storage.Cancel || c.Action == storage.Remove) && !state.Final():
		return "", t.cancel(r, run, reason)
	}
	return rules.InState(state), nil
}

// runRow is where the run of a job is found.
type runRow struct {
	session int
	id      storage.ID
	server  string
	fetch   int
	flags   int
	started time.Time
}

var sqlRunOf = sqlText(`SELECT r.session, s.id, s.server, r.fetch, r.flags, r.started
	FROM jg_session s CROSS JOIN jg_run r ON r.session = s.no AND r.job = ?`).scans("sessions").
	as(Postgres, `SELECT r.session, s.id, s.server, r."fetch", r.flags, r.started FROM jg_session s JOIN jg_run r ON r.session = s.no AND r.job = ?1
		UNION ALL
		SELECT r.session, s.id, s.server, r."fetch", r.flags, r.started
		FROM jg_session s JOIN jg_claim c ON c.session = s.no AND ?1 = ANY (c.jobs) JOIN jg_claimed r ON r.session = c.session AND r.call = c.call AND r.job = ?1`)

// runOf is the run of a job; nil when it does not run.
func (t *tx) runOf(r *record) (*runRow, error) { return runOf(t.Link, r) }

func runOf(l Link, r *record) (run *runRow, err error) {
	if r.cls != classLive {
		return nil, nil
	}
	_, err = one(l, func(rows *rows) {
		run = &runRow{session: rows.int(0), id: rows.id(1), server: rows.str(2), fetch: rows.int(3), flags: rows.int(4), started: rows.time(5)}
	}, sqlRunOf, r.id)
	return run, err
}

var sqlAskCancel = sqlText(`UPDATE jg_run SET flags = flags | 2, why = ? WHERE session = ? AND job = ? AND flags & 2 = 0`)

// cancel deletes a job that waits, and asks for the end of one that runs.
func (t *tx) cancel(r *record, run *runRow, reason string) error {
	if run != nil {
		_, err := t.Exec(sqlAskCancel, rules.Reason(reason), run.session, r.id)
		return err
	}
	if err := t.leaveLine(r); err != nil {
		return err
	}
	return t.discard(r, reason)
}

// reschedule makes a waiting job scheduled.
func (t *tx) reschedule(r *record, due time.Time, reason string) error {
	why, err := t.inCancelled(r)
	if err != nil {
		return err
	}
	if err := t.leaveLine(r); err != nil {
		return err
	}
	if r.links&linkLimits != 0 && r.cls != classScheduled && r.cls != classRetrying {
		t.freeLimits(r)
	}
	if why != "" {
		return t.discard(r, why)
	}
	if r.cls != classRetrying {
		r.cls = classScheduled
	}
	r.due, r.line, r.reason = due, 0, reason
	if err := r.note(storage.HistoryEntry{At: t.now, State: storage.Scheduled, Reason: reason}); err != nil {
		return err
	}
	return t.save(r)
}

// removeNow removes a final job that nobody needs.
func (t *tx) removeNow(r *record) (why string, err error) {
	if why, err = t.awaited(r.id, r.links); why != "" || err != nil {
		return why, err
	}
	return "", t.remove(r)
}

// requeue makes a final job run again, and restores what its end skipped.
func (t *tx) requeue(r *record, c *storage.Control, reason string) (why string, err error) {
	if releases, err := t.releasing(r.id); err != nil || releases {
		return rules.StillReleasing, err
	}
	if why, err := t.blocked(r); err != nil || why != "" {
		return why, err
	}
	edges, err := edgesOf(t.Link, r.id)
	if err != nil {
		return "", err
	}
	bonds := make([]rules.Edge, len(edges))
	for i, e := range edges {
		bonds[i] = e.Edge
	}
	verdict, by := rules.Free, -1
	if len(edges) > 0 {
		verdict, by = rules.Judge(storage.Condition(r.extra.On), bonds)
	}
	if verdict == rules.Skip {
		return bonds[by].SkipReason(), nil
	}
	if err := t.afresh(r, c); err != nil {
		return "", err
	}
	if verdict == rules.Wait {
		return "", t.await(r, reason)
	}
	was := r.cls.state()
	t.reopen(r)
	if err := t.rejoinBatch(r, was); err != nil {
		return "", err
	}
	if r.extra != nil && r.extra.Unique != nil {
		if err := t.takeKey(r); err != nil {
			return "", err
		}
	}
	if r.links&linkChildren != 0 {
		t.push(effect{what: effectRestore, subject: r.id, run: r.fetches})
	}
	return "", t.enqueueNow(r, reason)
}

// afresh gives a final job what a new one has: its retries, its expiry, no result. The
// mark of a cancelled batch is cleared.
func (t *tx) afresh(r *record, c *storage.Control) error {
	if err := t.uncancel(r.batch); err != nil {
		return err
	}
	if r.cls == classSucceeded && r.links&linkNote != 0 {
		if _, err := t.Exec(sqlDropCheckpoint, r.id); err != nil {
			return err
		}
	}
	if r.result != nil || r.spill&(1<<partResult) != 0 {
		if _, err := t.place(r, partResult, nil); err != nil {
			return err
		}
		if _, err := t.Exec(sqlSaveResult, nil, r.id); err != nil {
			return err
		}
		r.result = nil
	}
	r.retries, r.lost, r.started, r.expires = 0, 0, time.Time{}, time.Time{}
	r.links &^= linkWary
	if c.Payload == nil {
		return nil
	}
	inline, err := t.place(r, partPayload, c.Payload)
	if err != nil {
		return err
	}
	if _, err := t.Exec(sqlSavePayload, inline, r.id); err != nil {
		return err
	}
	return t.reshape(r, c.Fingerprint)
}

// reshape gives a job another fingerprint.
func (t *tx) reshape(r *record, fingerprint string) error {
	old := t.names.shapes[r.shape]
	s, err := t.shapeOf(old.queue.name, old.kind, fingerprint)
	if err != nil || s.no == r.shape {
		return err
	}
	t.tally[tallyKey{r.shape, r.stored}]--
	t.tally[tallyKey{s.no, r.stored}]++
	r.shape = s.no
	return nil
}

// uncancel clears the mark of a batch and of those around it.
func (t *tx) uncancel(id storage.ID) error {
	for !id.IsZero() {
		b, err := t.batch(id)
		if err != nil || b == nil {
			return err
		}
		if b.Cancelled {
			b.Cancelled, b.by, b.changed = false, "", true
		}
		id = b.Parent
	}
	return nil
}

// noBatch is the error of a batch that does not exist.
func noBatch(id storage.ID) error {
	return fmt.Errorf("batch %v: %w", id, storage.ErrNotFound)
}
