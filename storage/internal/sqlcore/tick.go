package sqlcore

import (
	"context"
	"math"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Tick keeps a session alive and does a part of the housekeeping; see [storage.Sessions].
func (s *Store) Tick(ctx context.Context, r storage.TickRequest) (result storage.TickResult, err error) {
	if d, ok := s.driver.(IdleTicker); ok {
		if result, done, err := s.tickHot(ctx, d, &r); done || err != nil {
			return result, err
		}
	}
	err = s.write(ctx, func(t *tx) error {
		k := &ticking{tx: t, req: &r, plain: s.config.Promote}
		k.result.Now = t.now
		err := k.run()
		result = k.result
		return err
	})
	if err != nil {
		return storage.TickResult{}, err
	}
	s.hot.ticked(r.Session, result.More)
	return result, nil
}

// ticking is one Tick.
type ticking struct {
	*tx
	req     *storage.TickRequest
	session session
	budget  int // jobs still to move
	plain   int // see Config.Promote
	result  storage.TickResult
}

func (k *ticking) run() error {
	found, err := k.sessionOf(k.req.Session, &k.session)
	if err != nil {
		return err
	}
	if !found || k.session.dead {
		return refuse(lost(k.req.Session))
	}
	if err := k.contact(); err != nil {
		return err
	}
	if err := k.cancelled(); err != nil {
		return err
	}
	k.budget = rules.Budget(k.req.Budget)
	shares := []func() error{k.reclaimDead, k.doTodos, k.promote, k.expire, k.sweepJobs, k.sweepBatches}
	for _, share := range shares {
		if err := share(); err != nil {
			return err
		}
	}
	k.result.Moved = rules.Budget(k.req.Budget) - k.budget
	if k.budget <= 0 {
		k.result.More = true
	}
	if f, ok := k.Link.(Folder); ok {
		if err := f.Fold(); err != nil {
			return err
		}
	}
	if err := k.housekeep(); err != nil {
		return err
	}
	if err := k.dueRecurring(); err != nil {
		return err
	}
	return k.nextDue()
}

// spend takes n jobs off the budget, and notes that there is more where the whole
// allowance was used up.
func (k *ticking) spend(n int) { k.budget -= n }

// contact notes the sign of life. Contact breaks with a gap of more than half the lease.
func (k *ticking) contact() error {
	unbroken := rules.Seen(k.session.unbroken, k.now)
	if k.now.Sub(rules.Seen(k.session.seen, k.now)) > k.session.lease/2 {
		unbroken = k.now
	}
	k.session.seen, k.session.unbroken = k.now, unbroken
	_, err := k.Exec(sqlSetSeen, k.now, unbroken, k.session.swept, k.session.no)
	return err
}

var (
	sqlCancelled = sqlText(`SELECT job FROM jg_run WHERE session = ? AND flags & 2 > 0 ORDER BY job`)
	sqlSessions  = sqlText(`SELECT ` + sessionColumns + ` FROM jg_session ORDER BY dead DESC, seen, no`).scans("a row for each session")
	sqlSeenNow   = sqlText(`UPDATE jg_session SET seen = ? WHERE no = ?`)
)

func (k *ticking) cancelled() error {
	return each(k.Link, func(r *rows) error {
		k.result.Cancelled = append(k.result.Cancelled, r.id(0))
		return nil
	}, sqlCancelled, k.session.no)
}

// sessions are all sessions, the dead ones first.
func sessions(l Link) (all []session, err error) {
	err = each(l, func(r *rows) error {
		var s session
		scanSession(r, &s)
		all = append(all, s)
		return nil
	}, sqlSessions)
	return all, err
}

// reclaimDead declares sessions dead, and takes back what the dead ones run.
func (k *ticking) reclaimDead() error {
	all, err := sessions(k.Link)
	if err != nil {
		return err
	}
	for i := range all {
		s := &all[i]
		if !s.dead {
			if err := k.declare(s); err != nil {
				return err
			}
		}
		if s.dead && k.budget > 0 {
			n, err := k.takeBack(s, k.budget, true)
			if err != nil {
				return err
			}
			k.spend(n)
			if k.budget > 0 {
				if err := k.bury(s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// declare declares a session dead that was silent for longer than its lease, if the
// one that ticks was in contact for as long.
func (k *ticking) declare(s *session) error {
	if s.seen.After(k.now) {
		s.seen = k.now
		if _, err := k.Exec(sqlSeenNow, k.now, s.no); err != nil {
			return err
		}
	}
	if s.no == k.session.no || (k.now.Sub(s.seen) <= s.lease /* guard: lease is over */) ||
		(k.now.Sub(k.session.unbroken) < s.lease /* guard: own contact */) {
		return nil
	}
	s.dead = true
	_, err := k.Exec(sqlSetDead, s.no)
	return err
}

// doTodos goes on with what ends could not release in their own step.
func (k *ticking) doTodos() error {
	last := int64(math.MaxInt64) // what is postponed has to wait for the next Tick
	for k.budget > 0 && (k.meta.Todos > 0 || k.shared) {
		var todos []effect
		err := each(k.Link, func(r *rows) error {
			todos = append(todos, effect{no: r.int64(0), what: r.int(1), subject: r.id(2), state: r.state(3), run: r.int(4), after: r.id(5)})
			return nil
		}, sqlTodos, 50)
		if err != nil || len(todos) == 0 {
			return err
		}
		if last == math.MaxInt64 {
			if _, err := one(k.Link, func(r *rows) { last = r.int64(0) }, sqlLastTodo); err != nil {
				return err
			}
		}
		for i := range todos {
			if k.budget <= 0 {
				return nil
			}
			if todos[i].no > last {
				return nil
			}
			before := k.moved
			if err := k.doTask(&todos[i], k.moved+k.budget); err != nil {
				return err
			}
			k.spend(k.moved - before)
		}
	}
	return nil
}

var sqlLastTodo = sqlText(`SELECT max(no) FROM jg_todo`)

var (
	sqlExpired = sqlText(`SELECT j.id FROM jg_job j WHERE j.expires > 0 AND j.expires <= ? AND j.cls IN (4, 5)
		AND NOT EXISTS (SELECT 1 FROM jg_session s CROSS JOIN jg_run r ON r.session = s.no AND r.job = j.id)
		ORDER BY j.expires LIMIT ?`).scans("sessions")
)

// ids reads a column of ids.
func ids(l Link, s *Stmt, args ...any) (found []storage.ID, err error) {
	err = each(l, func(r *rows) error {
		found = append(found, r.id(0))
		return nil
	}, s, args...)
	return found, err
}

// eachJob calls f for the jobs that a statement finds, at most as many as the budget.
func (k *ticking) eachJob(s *Stmt, f func(r *record) error) error {
	if k.budget <= 0 {
		return nil
	}
	found, err := ids(k.Link, s, k.now, k.budget)
	if err != nil {
		return err
	}
	for _, id := range found {
		r, err := k.job(id)
		if err != nil {
			return err
		}
		if err := f(r); err != nil {
			return err
		}
	}
	k.spend(len(found))
	return nil
}

// enqueueNow makes a waiting job enqueued; in a cancelled batch it is deleted instead.
func (t *tx) enqueueNow(r *record, reason string) error {
	why, err := t.inCancelled(r)
	if err != nil {
		return err
	}
	if why != "" {
		return t.discard(r, why)
	}
	t.setEnqueued(r)
	r.reason = reason
	if err := r.note(storage.HistoryEntry{At: t.now, State: storage.Enqueued, Reason: reason}); err != nil {
		return err
	}
	if err := t.save(r); err != nil {
		return err
	}
	return t.addReady(r)
}

// expire deletes what was not started in time.
func (k *ticking) expire() error {
	return k.eachJob(sqlExpired, func(r *record) error {
		if err := k.leaveLine(r); err != nil {
			return err
		}
		return k.discard(r, rules.Expired)
	})
}

var (
	sqlNextDue       = sqlText(`SELECT min(due) FROM jg_job WHERE due > 0`)
	sqlNextRecurring = sqlText(`SELECT min(next) FROM jg_recurring WHERE owner = ? AND next > ? AND next > 0 AND paused = 0`)
)

// nextDue is how long until the next scheduled or recurring job. While there is more to do
// the answer is now: what has just left an index is in the way of a search for the next.
func (k *ticking) nextDue() error {
	if k.result.More {
		return nil
	}
	var next time.Time
	sooner := func(r *rows) {
		if at := r.time(0); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if _, err := one(k.Link, sooner, sqlNextDue); err != nil {
		return err
	}
	for _, owner := range owners(k.session.owner) {
		if _, err := one(k.Link, sooner, sqlNextRecurring, owner, k.now); err != nil {
			return err
		}
	}
	k.result.NextDue = -1
	if !next.IsZero() {
		k.result.NextDue = max(next.Sub(k.now), 0)
	}
	return nil
}

// owners are those whose recurring jobs a session of owner sees.
func owners(owner string) []string {
	if owner == "" {
		return []string{""}
	}
	return []string{"", owner}
}
