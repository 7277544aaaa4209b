package sqlcore

import (
	"context"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var (
	sqlNested   = sqlText(`SELECT id FROM jg_batch WHERE parent = ? ORDER BY id`)
	sqlOpenJobs = sqlText(`SELECT j.id FROM jg_job j WHERE j.batch = ? AND j.shelf = ? AND j.cls = ?
		AND NOT EXISTS (SELECT 1 FROM jg_session s CROSS JOIN jg_run r ON r.session = s.no AND r.job = j.id AND r.flags & 2 > 0) LIMIT ?`).scans("sessions")
	sqlBatchShelves = shelvesOf(`batch`)
)

// CancelBatch cancels a batch and what is in it; see [storage.Controller].
func (s *Store) CancelBatch(ctx context.Context, id storage.ID, by string) (more bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		b, err := t.batch(id)
		if err != nil {
			return err
		}
		if b == nil {
			return refuse(noBatch(id))
		}
		c := &cancelling{tx: t, left: storage.MaxRelease}
		if err := c.mark(b, rules.Reason(by)); err != nil {
			return err
		}
		more = false
		for _, b := range c.all {
			left, err := c.jobs(b)
			if err != nil {
				return err
			}
			more = more || left
		}
		return nil
	})
	return more, err
}

// cancelling is the cancellation of a batch.
type cancelling struct {
	*tx
	all  []*batch // it, and those nested in it
	left int      // jobs that this step may still cancel
}

// mark marks a batch and those nested in it.
func (c *cancelling) mark(b *batch, by string) error {
	c.all = append(c.all, b)
	if !b.Cancelled || !b.Sealed {
		b.Cancelled, b.Sealed, b.by, b.changed = true, true, by, true
	}
	nested, err := ids(c.Link, sqlNested, b.ID)
	if err != nil {
		return err
	}
	for _, id := range nested {
		inner, err := c.batch(id)
		if err != nil {
			return err
		}
		if err := c.mark(inner, by); err != nil {
			return err
		}
	}
	return c.judgeBatch(b)
}

// jobs cancels jobs of one batch while the step may, and reports whether any are left.
func (c *cancelling) jobs(b *batch) (more bool, err error) {
	if b.Pending == 0 {
		return false, nil
	}
	var shelves []int
	err = each(c.Link, func(r *rows) error {
		shelves = append(shelves, r.int(0))
		return nil
	}, sqlBatchShelves, b.ID)
	if err != nil {
		return false, err
	}
	for _, shelf := range shelves {
		for cls := classScheduled; cls <= classHeld; cls++ {
			found, err := ids(c.Link, sqlOpenJobs, b.ID, shelf, int(cls), c.left+1)
			if err != nil {
				return false, err
			}
			for _, id := range found {
				if c.left == 0 {
					return true, nil
				}
				c.left--
				if err := c.cancelOne(b, id); err != nil {
					return false, err
				}
			}
		}
	}
	return false, nil
}

func (c *cancelling) cancelOne(b *batch, id storage.ID) error {
	r, err := c.job(id)
	if err != nil || r == nil {
		return err
	}
	run, err := c.runOf(r)
	if err != nil {
		return err
	}
	return c.cancel(r, run, rules.BatchCancelled(b.ID, b.by))
}

var (
	sqlPauseQueue  = sqlText(`UPDATE jg_queue SET paused = ?, paused_by = ? WHERE no = ?`)
	sqlPauseKind   = sqlText(`INSERT INTO jg_paused_kind (kind, by) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET by = excluded.by`)
	sqlResumeKind  = sqlText(`DELETE FROM jg_paused_kind WHERE kind = ?`)
	sqlPausedLines = sqlText(`SELECT queue FROM jg_line WHERE cause = 2 AND name = ?`)
)

// Pause pauses or resumes a queue or kind; see [storage.Controller].
func (s *Store) Pause(ctx context.Context, target storage.PauseTarget, name string, paused bool, by string) error {
	if err := rules.Pause(target, name); err != nil {
		return err
	}
	by = rules.Reason(by)
	if !paused {
		by = ""
	}
	return s.write(ctx, func(t *tx) error {
		if target == storage.PauseKind {
			return t.pauseKind(name, paused, by)
		}
		return t.pauseQueue(name, paused, by)
	})
}

func (t *tx) pauseQueue(name string, paused bool, by string) error {
	q, err := t.queueOf(name)
	if err != nil {
		return err
	}
	if _, err := t.Exec(sqlPauseQueue, paused, by, q.no); err != nil {
		return err
	}
	q.paused, q.pausedBy = paused, by
	t.renamed()
	t.wake(q)
	return nil
}

func (t *tx) pauseKind(kind string, paused bool, by string) error {
	t.renamed()
	if paused {
		t.names.paused[kind] = by
		_, err := t.Exec(sqlPauseKind, kind, by)
		return err
	}
	delete(t.names.paused, kind)
	if _, err := t.Exec(sqlResumeKind, kind); err != nil {
		return err
	}
	return each(t.Link, func(r *rows) error {
		t.wake(t.names.queues[r.int(0)])
		return nil
	}, sqlPausedLines, kind)
}
