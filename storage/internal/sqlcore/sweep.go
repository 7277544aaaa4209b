package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var (
	sqlSweeps     = sqlText(`SELECT no, jobs FROM jg_sweep WHERE at <= ? ORDER BY at LIMIT 1`)
	sqlSetSweep   = sqlText(`UPDATE jg_sweep SET jobs = ? WHERE no = ?`)
	sqlDropSweep  = sqlText(`DELETE FROM jg_sweep WHERE no = ?`)
	sqlDropNote   = sqlText(`DELETE FROM jg_note WHERE job = ?`)
	sqlDropLog    = sqlText(`DELETE FROM jg_log WHERE job = ?`)
	sqlSweepState = sqlFamily(`SELECT j.id, j.shape, `+clsNow+`, j.links, j.spill, coalesce(e.retain, j.retain), j.batch, e.shelf FROM `+fromEnd+`
		WHERE j.id IN ({})`, "?")
	sqlDropJobs = sqlFamily(`DELETE FROM jg_job WHERE id IN ({})`, "?")
	sqlDropEnds = sqlFamily(`DELETE FROM jg_end WHERE shelf = ? AND id IN ({})`, "?")
)

// sweepAgain is when a final job that may not go yet is looked at again.
const sweepAgain = time.Minute

// sweepJobs removes final jobs that are past their retention.
func (k *ticking) sweepJobs() error {
	for k.budget > 0 {
		var no int64
		var jobs []byte
		found, err := one(k.Link, func(r *rows) { no, jobs = r.int64(0), r.bytes(1) }, sqlSweeps, k.now)
		if err != nil || !found {
			return err
		}
		n := min(len(jobs)/sweepSize, k.budget)
		if err := k.sweepThese(sweepEntries(jobs[:n*sweepSize])); err != nil {
			return err
		}
		k.spend(n)
		if rest := jobs[n*sweepSize:]; len(rest) > 0 {
			_, err = k.Exec(sqlSetSweep, rest, no)
		} else {
			_, err = k.Exec(sqlDropSweep, no)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepThese removes jobs that are still to be swept and that nobody needs.
func (k *ticking) sweepThese(entries []sweepEntry) error {
	wanted := make([]storage.ID, len(entries))
	for i, e := range entries {
		wanted[i] = e.id
	}
	var found []*record
	err := eachOf(k.Link, sqlSweepState, wanted, func(r *rows) error {
		rec := &record{id: r.id(0), shape: r.int(1), cls: class(r.int(2)), links: r.int(3), spill: r.int(4), retain: r.time(5), batch: r.id(6)}
		if !r.null(7) {
			rec.end = &endRow{shelf: r.int(7)}
		}
		// Else it is gone, or final anew with a later time: it is noted there.
		if rec.cls.final() && !rec.retain.After(k.now) {
			found = append(found, rec)
		}
		return nil
	})
	if err != nil {
		return err
	}
	var gone []storage.ID
	ends := make(map[int][]storage.ID) // by shelf
	for _, r := range found {
		if r.links&^(linkCounted|linkDue) != 0 || r.spill != 0 {
			if err := k.sweepJob(r); err != nil {
				return err
			}
			continue
		}
		gone = append(gone, r.id)
		if r.end != nil {
			ends[r.end.shelf] = append(ends[r.end.shelf], r.id)
		}
		k.tally[tallyKey{r.shape, r.cls}]--
	}
	for shelf, ids := range ends {
		if err := k.execOf(sqlDropEnds, []any{shelf}, ids); err != nil {
			return err
		}
	}
	if err := k.dropFind(gone...); err != nil {
		return err
	}
	return k.execOf(sqlDropJobs, nil, gone)
}

// execOf runs a statement of a family with as many ids as it takes at a time, behind
// other arguments.
func (t *tx) execOf(f stmtFamily, first []any, ids []storage.ID) error {
	for len(ids) > 0 {
		s, size := f.fit(len(ids))
		args := make([]any, len(first)+size)
		copy(args, first)
		n := min(size, len(ids))
		for i := range n {
			args[len(first)+i] = ids[i]
		}
		if _, err := t.Exec(s, args...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// sweepJob removes a job with bonds or parts elsewhere, if nobody needs it.
func (k *ticking) sweepJob(r *record) error {
	why, err := k.needed(r)
	if err != nil {
		return err
	}
	if why == "" {
		return k.remove(r)
	}
	k.sweepAt(r.shape, r.id, k.now.Add(sweepAgain))
	if r.end == nil {
		return nil
	}
	// Its session is not noted with it any more: the row names it by itself.
	full, err := k.job(r.id)
	if err != nil || full == nil {
		return err
	}
	return k.save(full)
}

// needed is why a final job cannot be removed: others wait for it, or its end still
// releases them, or the parent that skipped it is still there. Else it is empty.
func (t *tx) needed(r *record) (why string, err error) {
	if why, err = t.awaited(r.id, r.links); why != "" || err != nil || r.links&linkSkipped == 0 {
		return why, err
	}
	full, err := t.job(r.id)
	if err != nil || full == nil {
		return "", err
	}
	parent, err := one(t.Link, nil, sqlJobIs, full.extra.SkippedBy)
	if err == nil && !parent {
		parent, err = one(t.Link, nil, sqlBatchIsThere, full.extra.SkippedBy)
	}
	if parent {
		why = "kept with its parent"
	}
	return why, err
}

// awaited is why others still need the end of a final job or batch; else it is empty.
func (t *tx) awaited(id storage.ID, links int) (string, error) {
	if links&linkChildren == 0 {
		return "", nil
	}
	waits, err := one(t.Link, nil, sqlIsAwaited, id)
	if err != nil || waits {
		return rules.StillAwaited, err
	}
	releases, err := t.releasing(id)
	if err != nil || releases {
		return rules.StillReleasing, err
	}
	return "", nil
}

// remove deletes a final job with all that is kept for it.
func (t *tx) remove(r *record) error {
	steps := []struct {
		needed bool
		s      *Stmt
	}{
		{true, sqlDropJob},
		{r.spill != 0, sqlDropAll},
		{r.links&linkNote != 0, sqlDropNote},
		{r.links&linkLog != 0, sqlDropLog},
		{r.links&linkParents != 0, sqlDropEdges},
	}
	for _, step := range steps {
		if !step.needed {
			continue
		}
		if _, err := t.Exec(step.s, r.id); err != nil {
			return err
		}
	}
	t.tally[tallyKey{r.shape, r.cls}]--
	if err := t.dropFind(r.id); err != nil {
		return err
	}
	if r.end == nil {
		return nil
	}
	_, err := t.Exec(sqlDropEnd, r.end.shelf, r.id)
	return err
}

var (
	sqlOldBatches = sqlText(`SELECT id FROM jg_batch WHERE look > 0 AND look <= ? ORDER BY look LIMIT ?`)
	sqlDropBatch  = sqlText(`DELETE FROM jg_batch WHERE id = ?`)
	sqlHasJobs    = sqlText(`SELECT 1 FROM jg_job WHERE batch = ? LIMIT 1`)
	sqlHasNested  = sqlText(`SELECT 1 FROM jg_batch WHERE parent = ? LIMIT 1`)
	maxOldBatches = 200
	sqlOldKinds   = sqlText(`DELETE FROM jg_kind WHERE published < ?`).scans("a row for each kind")
	sqlOldOwners  = sqlText(`DELETE FROM jg_owner WHERE seen < ?`).scans("a row for each service")
	sqlOldStarts  = sqlText(`DELETE FROM jg_start WHERE (name, at, n) IN (SELECT name, at, n FROM jg_start WHERE until <= ? LIMIT 1000)`)
	sqlOldRan     = sqlText(`DELETE FROM jg_ran WHERE NOT EXISTS (SELECT 1 FROM jg_session s WHERE s.no = jg_ran.no)
		AND NOT EXISTS (SELECT 1 FROM jg_sweep w WHERE w.session = jg_ran.no AND w.session > 0)`).scans("a row for each session that was")
	sqlOldEnded    = sqlText(`DELETE FROM jg_ended WHERE at < ?`)
	sqlOldStats    = sqlText(`DELETE FROM jg_stat WHERE step = ? AND at < ?`)
	sqlPublishedBy = sqlText(`UPDATE jg_kind SET published = ? WHERE published < ?
		AND (kind, fingerprint) IN (SELECT kind, fingerprint FROM jg_kind k WHERE EXISTS (
			SELECT 1 FROM jg_session s, json_each(CAST(s.info AS TEXT), '$.kinds') j
			WHERE j.value ->> 'kind' = k.kind AND coalesce(j.value ->> 'fingerprint', '') = k.fingerprint))`).scans("a row for each kind").
		as(Postgres, `UPDATE jg_kind SET published = ? WHERE published < ?
			AND (kind, fingerprint) IN (SELECT j ->> 'kind', coalesce(j ->> 'fingerprint', '')
				FROM jg_session s, jsonb_array_elements(convert_from(s.info, 'UTF8')::jsonb -> 'kinds') j)`)
)

// sweepBatches removes final batches that are past their retention and empty.
func (k *ticking) sweepBatches() error {
	if k.budget <= 0 {
		return nil
	}
	found, err := ids(k.Link, sqlOldBatches, k.now, min(maxOldBatches, k.budget))
	if err != nil {
		return err
	}
	for _, id := range found {
		b, err := k.batch(id)
		if err != nil || b == nil {
			return err
		}
		used, err := k.batchUsed(id)
		if err != nil {
			return err
		}
		if used {
			b.look, b.changed = k.now.Add(sweepAgain), true
			continue
		}
		delete(k.batches, id)
		if _, err := k.Exec(sqlDropBatch, id); err != nil {
			return err
		}
	}
	k.spend(len(found))
	return nil
}

// batchUsed reports whether jobs or batches of it, or jobs that wait for it, are there.
func (t *tx) batchUsed(id storage.ID) (bool, error) {
	for _, s := range []*Stmt{sqlHasJobs, sqlHasNested} {
		if used, err := one(t.Link, nil, s, id); used || err != nil {
			return used, err
		}
	}
	why, err := t.awaited(id, linkChildren)
	return why != "", err
}

// smallEvery is how often a session looks for what is neither job nor batch and is
// past its time.
const smallEvery = 30 * time.Second

// SmallIdle is how long a driver may tick by itself, while nothing happens, before it
// leaves that look to the core.
const SmallIdle = 5 * time.Minute

// rememberEnded is how long the id of a session that is over stays known.
const rememberEnded = time.Hour

// housekeep drops what is neither job nor batch and is past its time.
func (k *ticking) housekeep() error {
	if k.now.Sub(k.session.swept) < smallEvery && !k.session.swept.After(k.now) {
		return nil
	}
	if _, err := k.Exec(sqlSetSeen, k.session.seen, k.session.unbroken, k.now, k.session.no); err != nil {
		return err
	}
	old := k.now.Add(-storage.ForgetOwner)
	for _, drop := range []struct {
		s    *Stmt
		args []any
	}{
		{sqlOldStarts, []any{k.now}},
		{sqlOldEnded, []any{k.now.Add(-rememberEnded)}},
		{sqlOldStats, []any{rules.FineStep, k.now.Add(-rules.FineKept - rules.FineStep)}},
		{sqlOldStats, []any{rules.CoarseStep, k.now.Add(-rules.CoarseKept - rules.CoarseStep)}},
		{sqlOldRan, nil},
		{sqlPublishedBy, []any{k.now, k.now.Add(-time.Hour)}},
		{sqlOldKinds, []any{old}},
	} {
		if _, err := k.Exec(drop.s, drop.args...); err != nil {
			return err
		}
	}
	return k.forgetRecurring(old)
}
