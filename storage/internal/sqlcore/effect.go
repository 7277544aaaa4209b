package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// An effect is what the end or the return of a job or batch does to others. A step does
// up to [storage.MaxRelease] jobs of it and notes the rest in jg_todo for Tick.
type effect struct {
	no      int64 // in jg_todo; 0: not there
	what    int
	subject storage.ID
	state   storage.State // how the subject ended
	run     int
	after   storage.ID // go on behind this child
}

const (
	effectEnded   = iota + 1 // the subject ended: judge its children
	effectRestore            // the subject is not final any more: restore what its last end skipped
	effectJudge              // the subject awaits parents that may have ended, or a place in its batch
	effectFree               // the subject's unique key is free
	effectNest               // the subject, a batch, is not counted in its outer one yet; it ended as state says
	effectSeal               // the subject, a batch, is complete
)

var (
	sqlAddTodo  = sqlText(`INSERT INTO jg_todo (what, subject, state, run, after) VALUES (?, ?, ?, ?, ?)`)
	sqlMoveTodo = sqlText(`UPDATE jg_todo SET after = ? WHERE no = ?`)
	sqlDropTodo = sqlText(`DELETE FROM jg_todo WHERE no = ?`)
	sqlHasTodo  = sqlText(`SELECT 1 FROM jg_todo WHERE subject = ? LIMIT 1`)
	sqlTodos    = sqlText(`SELECT no, what, subject, state, run, after FROM jg_todo ORDER BY no LIMIT ?`).scans("stops at its limit")
)

func (t *tx) push(k effect) { t.effects = append(t.effects, k) }

// saveEffect notes an effect for Tick.
func (t *tx) saveEffect(k effect) error {
	if k.no != 0 {
		_, err := t.Exec(sqlMoveTodo, k.after, k.no)
		return err
	}
	t.meta.Todos++
	_, err := t.Exec(sqlAddTodo, k.what, k.subject, int(k.state), k.run, k.after)
	return err
}

// releasing reports whether an effect about this subject is noted for Tick.
func (t *tx) releasing(subject storage.ID) (bool, error) {
	if t.meta.Todos == 0 {
		return false, nil
	}
	return one(t.Link, nil, sqlHasTodo, subject)
}

// settleEffects does what the part that ran has released, as far as one step may, and
// notes the rest. Effects of one subject keep their order.
func (t *tx) settleEffects() error {
	for len(t.effects) > 0 {
		k := t.effects[0]
		t.effects = t.effects[1:]
		later := t.user || t.moved >= storage.MaxRelease
		if !later {
			var err error
			if later, err = t.releasing(k.subject); err != nil {
				return err
			}
		}
		if later {
			if err := t.saveEffect(k); err != nil {
				return err
			}
			continue
		}
		if err := t.doTask(&k, storage.MaxRelease); err != nil {
			return err
		}
	}
	t.effects = nil
	return t.wakeLimits()
}

// doTask does an effect until limit jobs have moved in this step, and notes the rest.
func (t *tx) doTask(k *effect, limit int) (err error) {
	done := true
	switch k.what {
	case effectJudge:
		err = t.judgeLater(k)
	case effectFree:
		if done, err = t.freeLater(k.subject); err == nil && !done {
			return t.postpone(k)
		}
	case effectNest:
		err = t.nestLater(k)
	case effectSeal:
		err = t.sealLater(k.subject)
	default:
		done, err = t.doChildren(k, limit)
	}
	switch {
	case err != nil:
		return err
	case !done:
		return t.saveEffect(*k)
	case k.no != 0:
		t.meta.Todos--
		_, err = t.Exec(sqlDropTodo, k.no)
	}
	return err
}

func (t *tx) judgeLater(k *effect) error {
	r, err := t.job(k.subject)
	if err != nil || r == nil || r.cls != classAwaiting {
		return err
	}
	t.moved++
	if err := t.linkParents(r); err != nil {
		return err
	}
	if r.links&linkJoin != 0 {
		r.links &^= linkJoin
		if err := t.joinBatch(nil, r); err != nil || r.cls != classAwaiting {
			return err
		}
	}
	return t.judge(r)
}

// linkParents tells the parents of a job that was stored in a caller's transaction
// that they have it.
func (t *tx) linkParents(r *record) error {
	if !t.shared {
		return nil
	}
	edges, err := edgesOf(t.Link, r.id)
	if err != nil {
		return err
	}
	for _, e := range edges {
		if e.batch {
			continue
		}
		if err := t.link(e.Parent, linkChildren); err != nil {
			return err
		}
	}
	return nil
}

var sqlDelayTodo = sqlText(`INSERT INTO jg_todo (what, subject, state, run, after) SELECT what, subject, state, run, after FROM jg_todo WHERE no = ?`)

// postpone puts an effect that cannot be done yet behind all others.
func (t *tx) postpone(k *effect) error {
	t.moved++
	if k.no == 0 {
		return t.saveEffect(*k)
	}
	if _, err := t.Exec(sqlDelayTodo, k.no); err != nil {
		return err
	}
	_, err := t.Exec(sqlDropTodo, k.no)
	return err
}

// doChildren goes through the children of an effect's subject; it reports whether that
// was all of them.
func (t *tx) doChildren(k *effect, limit int) (bool, error) {
	for t.moved < limit {
		size := min(limit-t.moved, 100)
		var edges []edge
		err := each(t.Link, func(r *rows) error {
			edges = append(edges, scanEdge(r))
			return nil
		}, sqlEdgesTo, k.subject, k.after[:], size)
		if err != nil {
			return false, err
		}
		for i := range edges {
			t.moved++
			k.after = edges[i].child
			if k.what == effectEnded {
				err = t.parentEnded(k, &edges[i])
			} else {
				err = t.restore(k, &edges[i])
			}
			if err != nil {
				return false, err
			}
		}
		if len(edges) < size {
			return true, nil
		}
	}
	return false, nil
}

// parentEnded writes the end of a parent into an edge, and judges the child if it awaits.
func (t *tx) parentEnded(k *effect, e *edge) error {
	if !e.Set(e.on, k.state, k.run) {
		return nil
	}
	if err := t.setEdge(e); err != nil || !e.waiting && !e.on.Met(e.Ended) {
		return err
	}
	r, err := t.job(e.child)
	if err != nil || r == nil {
		return err
	}
	if err := t.copyInput(r, e); err != nil {
		return err
	}
	if r.cls != classAwaiting {
		return t.save(r)
	}
	edges := []edge{*e}
	if len(r.extra.Parents) > 1 {
		if edges, err = edgesOf(t.Link, r.id); err != nil {
			return err
		}
	}
	return t.decide(r, edges)
}

// restore makes a child await its parent again that the last end of it skipped.
func (t *tx) restore(k *effect, e *edge) error {
	run := e.Run
	if !e.Reset(e.on) {
		return nil
	}
	if err := t.setEdge(e); err != nil {
		return err
	}
	r, err := t.job(e.child)
	if err != nil || r == nil || r.cls != classDeleted {
		return err
	}
	if r.links&linkSkipped == 0 || r.extra.SkippedBy != k.subject || r.extra.SkippedRun != run {
		return nil
	}
	why, err := t.blocked(r)
	if err != nil || why != "" {
		return err
	}
	why, err = t.inCancelled(r)
	if err != nil || why != "" {
		return err
	}
	return t.await(r, rules.Restored(k.subject))
}

// await makes a final job with edges awaiting again, with what its own end skipped,
// and judges it anew.
func (t *tx) await(r *record, reason string) error {
	was := r.cls.state()
	t.reopen(r)
	r.cls, r.reason = classAwaiting, reason
	if err := t.rejoinBatch(r, was); err != nil {
		return err
	}
	if r.extra.Unique != nil {
		if err := t.takeKey(r); err != nil {
			return err
		}
	}
	if _, err := t.Exec(sqlSetWaiting, 1, r.id); err != nil {
		return err
	}
	if err := r.note(storage.HistoryEntry{At: t.now, State: storage.Awaiting, Reason: reason}); err != nil {
		return err
	}
	if err := t.save(r); err != nil {
		return err
	}
	if r.links&linkChildren != 0 {
		t.push(effect{what: effectRestore, subject: r.id, run: r.fetches})
	}
	return t.judge(r)
}

// reopen clears what only a final job has. The next run has the next number when the
// last one counted.
func (t *tx) reopen(r *record) {
	r.finished, r.retain = time.Time{}, time.Time{}
	if r.links&linkCounted != 0 {
		r.attempt++
	}
	r.links &^= linkSkipped | linkCounted
	if r.extra != nil {
		r.extra.SkippedBy, r.extra.SkippedRun = storage.ID{}, 0
	}
}
