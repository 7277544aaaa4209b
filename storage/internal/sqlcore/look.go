package sqlcore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// jobOf is a record as lists show it: without payload, input, result and options.
func jobOf(n *names, l Link, r *record) (j storage.Job, err error) {
	err = jobInto(&j, n, l, r)
	return j, err
}

func jobInto(j *storage.Job, n *names, l Link, r *record) error {
	s := n.shapes[r.shape]
	if s == nil {
		return fmt.Errorf("job %v is of shape %d, which does not exist: the tables are damaged", r.id, r.shape)
	}
	*j = storage.Job{
		ID: r.id, Kind: s.kind, Fingerprint: s.fingerprint, Queue: s.queue.name, Priority: priorityOf(r.rank),
		State: r.cls.state(), Reason: r.reason, Attempt: r.attempt, Retries: r.retries, Lost: r.lost, Fetches: r.fetches,
		CreatedAt: r.created, EnqueuedAt: r.enqueued, DueAt: r.due, ExpiresAt: r.expires, StartedAt: r.started,
		FinishedAt: r.finished, RetainedTo: r.retain, Server: r.server, Batch: r.batch,
		Recurring: r.recurring, Occurrence: r.occurrence,
	}
	if r.line != 0 {
		if _, err := one(l, func(rows *rows) { j.Held = rows.str(0) }, sqlHeldOf, r.line); err != nil {
			return err
		}
	}
	if len(r.metadata) > 0 {
		if err := json.Unmarshal(r.metadata, &j.Metadata); err != nil {
			return fmt.Errorf("job %v is damaged: %w", r.id, err)
		}
	}
	if x := r.extra; x != nil {
		j.InputFrom, j.InputParam, j.Parents, j.On, j.Limits = x.InputFrom, x.InputParam, x.Parents, storage.Condition(x.On), x.Limits
		if r.cls == classAwaiting {
			j.Delay = span(x.Delay)
		}
		if u := x.Unique; u != nil {
			j.Unique = &storage.Unique{Key: u.Key, For: time.Duration(u.For), Until: storage.Until(u.Until)}
		}
	}
	return nil
}

// complement adds what lists show beside the row: the run, the last failure, progress.
func (v *view) complement(j *storage.Job, r *record, history []storage.HistoryEntry, run *runRow) error {
	j.Failure = lastFailure(history)
	if r.links&linkNote != 0 {
		var progress []byte
		if _, err := one(v.Link, func(rows *rows) { progress = rows.bytes(0) }, sqlNote, r.id); err != nil {
			return err
		}
		if len(progress) > 0 {
			if err := json.Unmarshal(progress, &j.Progress); err != nil {
				return fmt.Errorf("progress of job %v is damaged: %w", r.id, err)
			}
		}
	}
	if run != nil {
		running(j, run.fetch, run.started, run.id, run.server)
		j.CancelRequested = run.flags&runCancel != 0
	}
	return nil
}

// Job is one job with all that is known of it; see [storage.Reader].
func (s *Store) Job(ctx context.Context, id storage.ID) (d storage.Details, err error) {
	err = s.read(ctx, func(v *view) error {
		r, err := loadJob(v.Link, id)
		if err != nil {
			return err
		}
		if r == nil {
			return noJob(id)
		}
		d = storage.Details{}
		return v.details(r, &d)
	})
	return d, err
}

func noJob(id storage.ID) error {
	return fmt.Errorf("job %v: %w", id, storage.ErrNotFound)
}

func (v *view) details(r *record, d *storage.Details) (err error) {
	run, err := runOf(v.Link, r)
	if err != nil {
		return err
	}
	if d.Job, err = jobOf(v.names, v.Link, r); err != nil {
		return err
	}
	if d.History, err = decodeHistory(r.history); err != nil {
		return fmt.Errorf("job %v: %w", r.id, err)
	}
	d.Dropped = r.dropped
	if err := v.complement(&d.Job, r, d.History, run); err != nil {
		return err
	}
	if run != nil && run.flags&runAhead == 0 {
		v.noteRun(d, r, run)
	}
	for _, p := range []struct {
		part   int
		inline []byte
		into   *[]byte
	}{{partPayload, r.payload, &d.Payload}, {partResult, r.result, &d.Result}, {partOptions, r.options, &d.Options}, {partInput, nil, &d.Input}} {
		if *p.into, err = partOf(v.Link, r, p.part, p.inline); err != nil {
			return err
		}
	}
	if r.links&linkNote != 0 {
		if _, err := one(v.Link, func(rows *rows) { d.Checkpoint, d.LogLines = rows.bytes(1), rows.int(2) }, sqlNote, r.id); err != nil {
			return err
		}
	}
	return v.bonds(r, d)
}

// noteRun adds the entry of the run that has no end yet.
func (v *view) noteRun(d *storage.Details, r *record, run *runRow) {
	d.History, d.Dropped = rules.Append(d.History, d.Dropped, storage.HistoryEntry{
		At: run.started, State: storage.Processing, Attempt: r.attempt, Fetch: run.fetch, Session: run.id, Server: run.server,
	})
}

// bonds adds the edges to parents and children.
func (v *view) bonds(r *record, d *storage.Details) error {
	if r.links&linkParents != 0 {
		edges, err := edgesOf(v.Link, r.id)
		if err != nil {
			return err
		}
		for _, e := range edges {
			shown, err := v.edge(&e, e.Parent, e.batch)
			if err != nil {
				return err
			}
			d.ParentsOf = append(d.ParentsOf, shown)
		}
	}
	if r.links&linkChildren == 0 {
		return nil
	}
	var edges []edge
	err := each(v.Link, func(rows *rows) error {
		edges = append(edges, scanEdge(rows))
		return nil
	}, sqlEdgesTo, r.id, zeroID[:], storage.MaxPage+1)
	if err != nil {
		return err
	}
	if d.MoreKids = len(edges) > storage.MaxPage; d.MoreKids {
		edges = edges[:storage.MaxPage]
	}
	for _, e := range edges {
		shown, err := v.edge(&e, e.child, false)
		if err != nil {
			return err
		}
		d.Children = append(d.Children, shown)
	}
	return nil
}

// edge shows a bond with what is on its other side.
func (v *view) edge(e *edge, other storage.ID, isBatch bool) (storage.Edge, error) {
	shown := storage.Edge{Job: other, Batch: isBatch, On: e.on, Ended: e.Ended, Run: e.Run}
	if isBatch {
		_, err := one(v.Link, func(r *rows) { shown.State = r.state(0) }, sqlBatchEnd, other)
		return shown, err
	}
	r := &record{id: other}
	found, err := one(v.Link, func(rows *rows) { r.shape, r.cls = rows.int(0), class(rows.int(1)) }, sqlJobIs, other)
	if err != nil || !found {
		return shown, err
	}
	run, err := runOf(v.Link, r)
	shown.State = r.cls.state()
	if run != nil {
		shown.State = storage.Processing
	}
	if s := v.names.shapes[r.shape]; s != nil {
		shown.Kind = s.kind
	}
	return shown, err
}

var sqlLogs = sqlText(`SELECT number, fetch, at, level, text, fields FROM jg_log
	WHERE job = ?1 AND number > ?2 AND (?3 = 0 OR fetch = ?3) ORDER BY number LIMIT ?4`)

// Logs is the log of a job; see [storage.Reader].
func (s *Store) Logs(ctx context.Context, q storage.LogQuery) (lines []storage.NumberedLine, err error) {
	limit, err := rules.LogPage(q.Limit)
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, func(v *view) error {
		lines = nil
		if known, err := one(v.Link, nil, sqlJobIs, q.Job); err != nil || !known {
			return firstError(err, noJob(q.Job))
		}
		return each(v.Link, func(r *rows) error {
			lines = append(lines, storage.NumberedLine{Number: r.int(0), Fetch: r.int(1),
				LogLine: storage.LogLine{At: r.time(2), Level: r.str(3), Message: r.str(4), Fields: r.str(5)}})
			return nil
		}, sqlLogs, q.Job, q.After, q.Fetch, limit)
	})
	return lines, err
}

// Batch is one batch; see [storage.Reader].
func (s *Store) Batch(ctx context.Context, id storage.ID) (info storage.BatchInfo, err error) {
	err = s.read(ctx, func(v *view) error {
		b, err := loadBatch(v.Link, id)
		if err == nil && b == nil {
			return noBatch(id)
		}
		if b != nil {
			info = b.BatchInfo
		}
		return err
	})
	return info, err
}

var (
	sqlBatches      = sqlText(`SELECT ` + batchColumns + ` FROM jg_batch WHERE id < ? ORDER BY id DESC LIMIT ?`)
	sqlFirstBatches = sqlText(`SELECT ` + batchColumns + ` FROM jg_batch ORDER BY id DESC LIMIT ?`).scans("stops at its limit")
)

// Batches lists batches; see [storage.Reader].
func (s *Store) Batches(ctx context.Context, after storage.ID, limit int) (infos []storage.BatchInfo, err error) {
	if limit, err = rules.Page(limit); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(v *view) error {
		add := func(r *rows) error {
			b, err := scanBatch(r)
			if err == nil {
				infos = append(infos, b.BatchInfo)
			}
			return err
		}
		if after.IsZero() {
			return each(v.Link, add, sqlFirstBatches, limit)
		}
		return each(v.Link, add, sqlBatches, after, limit)
	})
	return infos, err
}

// zeroID comes before every id.
var zeroID storage.ID
