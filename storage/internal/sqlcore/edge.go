package sqlcore

import (
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// edge is a row of jg_edge.
type edge struct {
	rules.Edge
	child   storage.ID
	batch   bool
	on      storage.Condition
	waiting bool
	place   int
}

var (
	sqlAddEdge = sqlText(`INSERT INTO jg_edge (parent, child, place, batch, cond, ended, run, waiting) VALUES (?, ?, ?, ?, ?, 0, 0, 1)`)
	sqlEdgesOf = sqlText(`SELECT parent, child, place, batch, cond, ended, run, waiting FROM jg_edge WHERE child = ? ORDER BY place`)
	sqlEdgesTo = sqlText(`SELECT parent, child, place, batch, cond, ended, run, waiting FROM jg_edge
		WHERE parent = ? AND child > ? ORDER BY child LIMIT ?`)
	sqlSetEdge    = sqlText(`UPDATE jg_edge SET ended = ?, run = ? WHERE parent = ? AND child = ?`)
	sqlSetWaiting = sqlText(`UPDATE jg_edge SET waiting = ? WHERE child = ?`)
	sqlIsAwaited  = sqlText(`SELECT 1 FROM jg_edge WHERE parent = ? AND waiting = 1 LIMIT 1`)
	sqlDropEdges  = sqlText(`DELETE FROM jg_edge WHERE child = ?`)
	sqlBatchEnd   = sqlText(`SELECT state, ends FROM jg_batch WHERE id = ?`)
	sqlJobEnd     = sqlText(`SELECT ` + clsNow + `, coalesce(e.fetch, j.fetches), CASE WHEN e.id IS NULL THEN j.result ELSE e.result END, j.spill
		FROM ` + fromEnd + ` WHERE j.id = ?`)
	sqlBatchIsThere = sqlText(`SELECT 1 FROM jg_batch WHERE id = ?`)
)

func scanEdge(r *rows) edge {
	return edge{Edge: rules.Edge{Parent: r.id(0), Ended: r.state(5), Run: r.int(6)}, child: r.id(1), place: r.int(2),
		batch: r.bool(3), on: storage.Condition(r.int(4)), waiting: r.bool(7)}
}

// edgesOf are the bonds of a child to its parents, in their order.
func edgesOf(l Link, child storage.ID) (all []edge, err error) {
	err = each(l, func(r *rows) error {
		all = append(all, scanEdge(r))
		return nil
	}, sqlEdgesOf, child)
	return all, err
}

func (t *tx) setEdge(e *edge) error {
	_, err := t.Exec(sqlSetEdge, int(e.Ended), e.Run, e.Parent, e.child)
	return err
}

// findParents refuses a group with a parent that does not exist.
func (t *tx) findParents(in *insertion) error {
	var unknown []storage.ID
	inGroup := make(map[storage.ID]bool)
	for i := range in.group.Jobs {
		if len(in.group.Jobs[i].Parents) > 0 {
			for k := range in.group.Jobs {
				inGroup[in.group.Jobs[k].ID] = true
			}
			break
		}
	}
	for i := range in.group.Jobs {
		for _, p := range in.group.Jobs[i].Parents {
			if !inGroup[p] && in.batches[p] == nil {
				inGroup[p] = true
				unknown = append(unknown, p)
			}
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	jobs := make(map[storage.ID]foundJob, len(unknown))
	if err := t.findJobs(jobs, unknown); err != nil {
		return err
	}
	return t.findBatchParents(in, jobs, unknown)
}

// findBatchParents looks among the batches for those parents that are no jobs.
func (t *tx) findBatchParents(in *insertion, jobs map[storage.ID]foundJob, ids []storage.ID) error {
	for _, p := range ids {
		if _, ok := jobs[p]; ok {
			continue
		}
		b, err := t.anyBatch(p)
		if err != nil {
			return err
		}
		if b == nil {
			isJob, err := t.jobOutside(p)
			if err != nil {
				return err
			}
			if isJob {
				continue
			}
			return refuse(rules.UnknownParent("parent", p))
		}
		for i := range in.group.Jobs {
			if in.group.Jobs[i].InputFrom == p {
				return refuse(rules.InputFromBatch(p))
			}
		}
	}
	return nil
}

// addEdges bonds a new continuation to its parents.
func (t *tx) addEdges(in *insertion, j *storage.NewJob, r *record) error {
	for place, p := range r.extra.Parents {
		isBatch := in.batches[p] != nil
		if !isBatch {
			b, cached := t.batches[p]
			isBatch = cached && b != nil
		}
		if _, err := t.Exec(sqlAddEdge, p, r.id, place, isBatch, int(j.On)); err != nil {
			return err
		}
		if isBatch {
			continue
		}
		own := false
		for _, other := range in.records { // if not stored yet, it brings the link along
			if other != nil && other.id == p {
				other.links |= linkChildren
				own = true
			}
		}
		if t.apart() && !own {
			continue // Tick does it, when it judges the job
		}
		if err := t.link(p, linkChildren); err != nil {
			return err
		}
	}
	return nil
}

// judgeNew judges a new continuation whose parents may have ended already. In a
// caller's transaction that is left to Tick.
func (t *tx) judgeNew(r *record) error {
	switch {
	case r.cls != classAwaiting:
		return nil
	case t.user:
		return t.saveEffect(effect{what: effectJudge, subject: r.id})
	}
	return t.judge(r)
}

// judge looks at the edges of an awaiting job, sets those whose parents are final and
// not judged, and does with the job what they say.
func (t *tx) judge(r *record) error {
	edges, err := edgesOf(t.Link, r.id)
	if err != nil {
		return err
	}
	for i := range edges {
		if edges[i].Ended == 0 {
			if err := t.lookAtParent(r, &edges[i]); err != nil {
				return err
			}
		}
	}
	return t.decide(r, edges)
}

// lookAtParent sets an edge whose parent is final or gone.
func (t *tx) lookAtParent(r *record, e *edge) error {
	state, run, found, err := t.parentEnd(e)
	switch {
	case err != nil:
		return err
	case !found:
		e.Gone = true
		return nil
	case !state.Final() || !e.Set(e.on, state, run):
		return nil
	}
	if err := t.setEdge(e); err != nil {
		return err
	}
	return t.copyInput(r, e)
}

// parentEnd is how the parent of an edge stands.
func (t *tx) parentEnd(e *edge) (state storage.State, run int, found bool, err error) {
	if e.batch {
		b, err := t.batch(e.Parent)
		if err != nil || b == nil {
			return 0, 0, false, err
		}
		return b.State, b.Ends, true, nil
	}
	found, err = one(t.Link, func(r *rows) { state, run = class(r.int(0)).state(), r.int(1) }, sqlJobEnd, e.Parent)
	return state, run, found, err
}

// copyInput keeps the result of the parent that an edge was just met by, when the
// child asked for it.
func (t *tx) copyInput(r *record, e *edge) error {
	if r.extra.InputFrom != e.Parent || !e.on.Met(e.Ended) {
		return nil
	}
	p := &record{id: e.Parent}
	var inline []byte
	if _, err := one(t.Link, func(rows *rows) { inline, p.spill = rows.bytes(2), rows.int(3) }, sqlJobEnd, e.Parent); err != nil {
		return err
	}
	result, err := partOf(t.Link, p, partResult, inline)
	if err != nil {
		return err
	}
	_, err = t.place(r, partInput, rules.Input(result))
	return err
}

// decide does with an awaiting job what its edges say.
func (t *tx) decide(r *record, edges []edge) error {
	bonds := make([]rules.Edge, len(edges))
	last := 0
	for i, e := range edges {
		bonds[i] = e.Edge
		if e.Ended != 0 && e.Run >= edges[last].Run {
			last = i
		}
	}
	verdict, by := rules.Judge(storage.Condition(r.extra.On), bonds)
	switch verdict {
	case rules.Skip:
		return t.skip(r, bonds[by])
	case rules.Free:
		return t.release(r, rules.Released(bonds[last].Run, bonds[last].Parent))
	}
	return t.save(r)
}

// skip deletes a child because of an edge.
func (t *tx) skip(r *record, e rules.Edge) error {
	r.links |= linkSkipped
	r.extra.SkippedBy, r.extra.SkippedRun = e.Parent, e.Run
	return t.discard(r, e.SkipReason())
}

// release lets a child go: it becomes enqueued, or scheduled when it has a delay.
func (t *tx) release(r *record, reason string) error {
	if err := t.stopAwaiting(r); err != nil {
		return err
	}
	why, err := t.inCancelled(r)
	if err != nil {
		return err
	}
	if why != "" {
		return t.discard(r, why)
	}
	r.reason = reason
	if r.extra.Delay > 0 {
		r.cls, r.due = classScheduled, t.now.Add(span(r.extra.Delay))
	} else {
		t.setEnqueued(r)
	}
	if err := r.note(storage.HistoryEntry{At: t.now, State: r.cls.state(), Reason: reason}); err != nil {
		return err
	}
	if err := t.save(r); err != nil || r.cls != classLive {
		return err
	}
	return t.addReady(r)
}

// inCancelled is why a job may not wait in its batch: it is cancelled; else empty.
func (t *tx) inCancelled(r *record) (why string, err error) {
	if r.batch.IsZero() {
		return "", nil
	}
	b, err := t.batch(r.batch)
	if err != nil || b == nil || !b.Cancelled {
		return "", err
	}
	return rules.BatchCancelled(b.ID, b.by), nil
}
