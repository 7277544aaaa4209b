package sqlcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

const recurringColumns = `id, owner, revision, cron, zone, misfire, overlap, job, paused, paused_by, next, last, last_job,
	created, updated, declared, heard`

var (
	sqlRecurring    = sqlText(`SELECT ` + recurringColumns + ` FROM jg_recurring WHERE id = ?`)
	sqlRecurrings   = sqlText(`SELECT ` + recurringColumns + ` FROM jg_recurring WHERE id > ? ORDER BY id LIMIT ?`)
	sqlAllDeclared  = sqlText(`SELECT ` + recurringColumns + ` FROM jg_recurring WHERE owner > '' ORDER BY id`).scans("a row for each recurring job, twice a minute")
	sqlDueRecurring = sqlText(`SELECT ` + recurringColumns + ` FROM jg_recurring
		WHERE owner IN (?, '') AND next > 0 AND next <= ? AND paused = 0 AND id > ? ORDER BY id LIMIT ?`).scans("stops at its limit, in the order of the ids")
	sqlPutRecurring = sqlText(`INSERT INTO jg_recurring (` + recurringColumns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, revision = excluded.revision, cron = excluded.cron,
			zone = excluded.zone, misfire = excluded.misfire, overlap = excluded.overlap, job = excluded.job,
			paused = excluded.paused, paused_by = excluded.paused_by, next = excluded.next, last = excluded.last,
			last_job = excluded.last_job, updated = excluded.updated, declared = excluded.declared, heard = excluded.heard`)
	sqlDropRecurring = sqlText(`DELETE FROM jg_recurring WHERE id = ?`).counted()
	sqlOwnerLives    = sqlText(`SELECT min(opened) FROM jg_session WHERE owner = ? AND dead = 0`)
	sqlOwnerSeen     = sqlText(`SELECT seen FROM jg_owner WHERE owner = ?`)
)

// declared is a recurring job with when it was declared last, also by a revision that
// was ignored.
type declared struct {
	storage.Recurring
	heard time.Time
}

func scanRecurring(r *rows) (d declared, err error) {
	d = declared{Recurring: storage.Recurring{
		ID: r.str(0), Owner: r.str(1), Revision: r.int64(2), Cron: r.str(3), Zone: r.str(4),
		Misfire: storage.Misfire(r.int(5)), Overlap: r.bool(6), Paused: r.bool(8), PausedBy: r.str(9),
		Next: r.time(10), Last: r.time(11), LastJob: r.id(12),
		CreatedAt: r.time(13), UpdatedAt: r.time(14), Declared: r.time(15),
	}, heard: r.time(16)}
	if err = json.Unmarshal(r.bytes(7), &d.Job); err != nil {
		err = fmt.Errorf("recurring job %q is damaged: %w", d.ID, err)
	}
	return d, err
}

func (t *tx) saveRecurring(d *declared) error {
	job, err := json.Marshal(d.Job)
	if err != nil {
		return err
	}
	_, err = t.Exec(sqlPutRecurring, d.ID, d.Owner, d.Revision, d.Cron, d.Zone, int(d.Misfire), d.Overlap, job, d.Paused, d.PausedBy,
		d.Next, d.Last, d.LastJob, d.CreatedAt, d.UpdatedAt, d.Declared, d.heard)
	return err
}

func loadRecurring(l Link, id string) (found *declared, err error) {
	err = each(l, func(r *rows) error {
		d, err := scanRecurring(r)
		found = &d
		return err
	}, sqlRecurring, id)
	return found, err
}

func noRecurring(id string) error {
	return fmt.Errorf("recurring job %q: %w", id, storage.ErrNotFound)
}

// PutRecurring adds or updates recurring jobs; see [storage.Recurrer].
func (s *Store) PutRecurring(ctx context.Context, rs []storage.Recurring) ([]error, error) {
	errs := make([]error, len(rs))
	for i := range rs {
		errs[i] = rules.Recurring(&rs[i])
	}
	err := s.write(ctx, func(t *tx) error {
		for i := range rs {
			if rules.Recurring(&rs[i]) != nil {
				continue
			}
			err := t.putRecurring(rs[i])
			var no refusal
			if errors.As(err, &no) {
				errs[i] = no.error
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return errs, nil
}

func (t *tx) putRecurring(r storage.Recurring) error {
	known, err := loadRecurring(t.Link, r.ID)
	if err != nil {
		return err
	}
	r.Job.ID = storage.ID{}
	if known == nil {
		made, _, _ := rules.Declare(nil, r, false, t.now)
		return t.saveRecurring(&declared{made, t.now})
	}
	oldest, err := t.oldest(known.Owner)
	if err != nil {
		return err
	}
	merged, _, err := rules.Declare(&known.Recurring, r, !oldest.IsZero(), t.now)
	if err != nil {
		return refuse(err)
	}
	return t.saveRecurring(&declared{merged, t.now})
}

// oldest is since when the longest living session of an owner lives; zero: none does.
func (t *tx) oldest(owner string) (at time.Time, err error) {
	_, err = one(t.Link, func(r *rows) { at = r.time(0) }, sqlOwnerLives, owner)
	return at, err
}

// RemoveRecurring removes a recurring job; see [storage.Recurrer].
func (s *Store) RemoveRecurring(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.Exec(sqlDropRecurring, id)
		if err == nil && n == 0 {
			err = refuse(noRecurring(id))
		}
		return err
	})
}

// PauseRecurring pauses or resumes a recurring job; see [storage.Recurrer].
func (s *Store) PauseRecurring(ctx context.Context, id string, paused bool, by string, next time.Time) error {
	return s.write(ctx, func(t *tx) error {
		d, err := loadRecurring(t.Link, id)
		if err != nil {
			return err
		}
		if d == nil {
			return refuse(noRecurring(id))
		}
		d.Paused, d.PausedBy, d.UpdatedAt = paused, rules.Reason(by), t.now
		if !paused {
			d.PausedBy = ""
			if next := rules.Cut(next); !next.IsZero() {
				d.Next = next
			}
		}
		return t.saveRecurring(d)
	})
}

// Fire moves a recurring job on; see [storage.Recurrer].
func (s *Store) Fire(ctx context.Context, f storage.Fire) (fired bool, err error) {
	if err := rules.Fire(&f); err != nil {
		return false, err
	}
	err = s.write(ctx, func(t *tx) error {
		fired = false
		d, err := loadRecurring(t.Link, f.ID)
		if err != nil {
			return err
		}
		if d == nil {
			return refuse(noRecurring(f.ID))
		}
		if !f.Trigger && (d.Paused || d.Next.IsZero() || (!d.Next.Equal(f.Expected) /* guard: expected occurrence */)) {
			return nil
		}
		fired, err = t.fire(d, &f)
		return err
	})
	return fired, err
}

func (t *tx) fire(d *declared, f *storage.Fire) (bool, error) {
	jobs, err := t.toFire(d, f)
	if err != nil || f.Trigger && len(jobs) == 0 {
		return false, err
	}
	if len(jobs) > 0 {
		g := storage.Group{Jobs: jobs}
		for _, key := range keysOf(&g) { // nobody may wait with the write lock
			if locked, err := t.lockKey(key); err != nil || !locked {
				return false, firstError(err, refuse(fmt.Errorf("recurring job %q: a unique key or occurrence of it is in a transaction that is open", d.ID)))
			}
		}
		answers, err := t.insertGroup(&g)
		if err != nil {
			return false, err
		}
		if last := answers[len(answers)-1].ID; !last.IsZero() {
			d.LastJob = last
		}
	}
	if !f.Trigger {
		d.Last, d.Next = rules.LastOf(f), f.Next
	}
	return true, t.saveRecurring(d)
}

// toFire is which of the jobs are stored: while the last job is not final, none of one
// that must not overlap, but for the repetition of a trigger.
func (t *tx) toFire(d *declared, f *storage.Fire) ([]storage.NewJob, error) {
	if !f.UnlessRunning || len(f.Jobs) == 0 {
		return f.Jobs, nil
	}
	jobs := f.Jobs[len(f.Jobs)-1:]
	repeated, err := one(t.Link, nil, sqlJobIs, jobs[0].ID)
	if err != nil || repeated {
		return jobs, err
	}
	open := false
	_, err = one(t.Link, func(r *rows) { open = !class(r.int(1)).final() }, sqlJobIs, d.LastJob)
	if open {
		jobs = nil
	}
	return jobs, err
}

// dueRecurring lists what is due for the session behind an id, or from the start when
// there is nothing behind it.
func (k *ticking) dueRecurring() error {
	for _, after := range []string{k.req.DueAfter, ""} {
		err := each(k.Link, func(r *rows) error {
			d, err := scanRecurring(r)
			k.result.Due = append(k.result.Due, d.Recurring)
			return err
		}, sqlDueRecurring, k.session.owner, k.now, after, rules.MaxDue)
		if err != nil || len(k.result.Due) > 0 || after == "" {
			return err
		}
	}
	return nil
}

// forgetRecurring removes what was declared in code and is not any more.
func (k *ticking) forgetRecurring(old time.Time) error {
	var all []declared
	err := each(k.Link, func(r *rows) error {
		d, err := scanRecurring(r)
		all = append(all, d)
		return err
	}, sqlAllDeclared)
	if err != nil {
		return err
	}
	for i := range all {
		d := &all[i]
		if k.now.Sub(d.heard) <= storage.ForgetDeclared {
			continue
		}
		oldest, err := k.oldest(d.Owner)
		if err != nil {
			return err
		}
		var seen time.Time
		if _, err := one(k.Link, func(r *rows) { seen = r.time(0) }, sqlOwnerSeen, d.Owner); err != nil {
			return err
		}
		if rules.Forgotten(&d.Recurring, d.heard, oldest, seen, k.now) {
			if _, err := k.Exec(sqlDropRecurring, d.ID); err != nil {
				return err
			}
		}
	}
	_, err = k.Exec(sqlOldOwners, old)
	return err
}

// Recurring lists recurring jobs; see [storage.Recurrer].
func (s *Store) Recurring(ctx context.Context, after string, limit int) (list []storage.Recurring, err error) {
	if limit, err = rules.Page(limit); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(v *view) error {
		return each(v.Link, func(r *rows) error {
			d, err := scanRecurring(r)
			list = append(list, d.Recurring)
			return err
		}, sqlRecurrings, after, limit)
	})
	return list, err
}

// RecurringJob is one recurring job; see [storage.Recurrer].
func (s *Store) RecurringJob(ctx context.Context, id string) (found storage.Recurring, err error) {
	err = s.read(ctx, func(v *view) error {
		d, err := loadRecurring(v.Link, id)
		if err == nil && d == nil {
			return noRecurring(id)
		}
		if d != nil {
			found = d.Recurring
		}
		return err
	})
	return found, err
}
