package memstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Tick implements [storage.Sessions].
func (s *Store) Tick(ctx context.Context, r storage.TickRequest) (storage.TickResult, error) {
	if err := s.enter(ctx); err != nil {
		return storage.TickResult{}, err
	}
	defer s.mu.Unlock()
	sess, err := s.live(r.Session)
	if err != nil {
		return storage.TickResult{}, err
	}
	s.contact(sess)
	s.declareDead(sess)
	res := storage.TickResult{Now: s.now, Cancelled: cancelled(sess)}
	budget := rules.Budget(r.Budget)
	for _, share := range []func(int) int{s.reclaim, s.promote, s.relay, s.expire, s.sweep} {
		res.Moved += share(budget - res.Moved)
	}
	res.More = len(s.dying) > 0 || len(s.later) > 0 || s.overdue()
	s.forgetSmall()
	res.Due = s.dueRecurring(sess.Owner, r.DueAfter)
	res.NextDue = s.nextDue(sess.Owner)
	return res, nil
}

// contact notes a sign of life. Contact breaks with a gap of more than half the lease.
func (s *Store) contact(sess *session) {
	if s.now.Sub(rules.Seen(sess.seen, s.now)) > sess.Lease/2 {
		sess.contact = s.now
	}
	sess.contact = rules.Seen(sess.contact, s.now)
	sess.seen = s.now
}

// declareDead ends the sessions that have been silent for longer than their lease,
// as far as the one that says so has been in unbroken contact for as long.
func (s *Store) declareDead(by *session) {
	var dead []*session
	for _, sess := range s.sessions {
		sess.seen = rules.Seen(sess.seen, s.now)
		if s.now.Sub(sess.seen) > sess.Lease && s.now.Sub(by.contact) >= sess.Lease {
			dead = append(dead, sess)
		}
	}
	slices.SortFunc(dead, func(a, b *session) int {
		return cmp.Or(a.seen.Compare(b.seen), compareIDs(a.ID, b.ID))
	})
	for _, sess := range dead {
		s.bury(sess)
		if len(sess.running) > 0 {
			s.dying = append(s.dying, sess)
		}
	}
}

func cancelled(sess *session) (ids []storage.ID) {
	for id, j := range sess.running {
		if j.CancelRequested {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, compareIDs)
	return ids
}

// reclaim takes the jobs of dead sessions back, at most budget.
func (s *Store) reclaim(budget int) (moved int) {
	for len(s.dying) > 0 {
		sess := s.dying[0]
		for _, j := range inTurn(sess) {
			if moved >= budget {
				return moved
			}
			s.lose(j, sess)
			s.flush()
			moved++
		}
		s.dying = s.dying[1:]
	}
	return moved
}

// lose ends the run of j with its dead session.
func (s *Store) lose(j *job, sess *session) {
	e := s.runEntry(j)
	started := !j.ahead
	if started {
		j.Lost++
	} else {
		j.noAhead = true
	}
	state, reason := rules.LostEnd(sess.Server, started, j.Lost, sess.MaxLost, j.CancelRequested, j.cancelReason)
	s.leave(j)
	if state == storage.Enqueued {
		if started {
			j.Attempt++
		}
		s.enqueueInPlace(j, reason, e)
		return
	}
	j.counted = started
	s.finish(j, state, reason, e, 0)
}

// promote makes enqueued what is due, at most budget.
func (s *Store) promote(budget int) (moved int) {
	for ; moved < budget; moved++ {
		j, ok := s.due.min()
		if !ok || j.DueAt.After(s.now) {
			return moved
		}
		s.leave(j)
		s.enqueue(j, rules.Promoted, storage.HistoryEntry{})
		s.flush()
	}
	return moved
}

// nextDue is how long until the next scheduled job, or the next recurring job of the
// owner or of none, not counting those that are due already; negative: none known.
func (s *Store) nextDue(owner string) time.Duration {
	next := time.Duration(-1)
	if j, ok := s.due.min(); ok {
		next = max(j.DueAt.Sub(s.now), 0)
	}
	for _, r := range s.recurring {
		if r.Paused || r.Next.IsZero() || !r.Next.After(s.now) || r.Owner != "" && r.Owner != owner {
			continue
		}
		if d := r.Next.Sub(s.now); next < 0 || d < next {
			next = d
		}
	}
	return next
}
