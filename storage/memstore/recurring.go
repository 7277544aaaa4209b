package memstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// recurring is a stored recurring job.
type recurring struct {
	storage.Recurring
	heard time.Time // last declaration, also one that a higher revision outweighs
}

func recurringByID(a, b *recurring) int { return cmp.Compare(a.ID, b.ID) }

func noRecurring(id string) error {
	return fmt.Errorf("%w: recurring job %q", storage.ErrNotFound, id)
}

// PutRecurring implements [storage.Recurrer].
func (s *Store) PutRecurring(ctx context.Context, rs []storage.Recurring) ([]error, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	errs := make([]error, len(rs))
	for i := range rs {
		errs[i] = s.put(rs[i])
	}
	return errs, nil
}

func (s *Store) put(r storage.Recurring) error {
	if err := rules.Recurring(&r); err != nil {
		return err
	}
	r.Job = cloneTemplate(r.Job)
	stored := s.recurring[r.ID]
	if stored == nil {
		made, _, _ := rules.Declare(nil, r, false, s.now)
		stored = &recurring{Recurring: made, heard: s.now}
		s.recurring[r.ID] = stored
		s.recurringID.add(stored)
		return nil
	}
	merged, _, err := rules.Declare(&stored.Recurring, r, !s.oldest(stored.Owner).IsZero(), s.now)
	if err == nil {
		stored.Recurring, stored.heard = merged, s.now
	}
	return err
}

// oldest is since when the longest living session of an owner lives; zero: none does.
func (s *Store) oldest(owner string) (at time.Time) {
	for _, sess := range s.sessions {
		if sess.Owner == owner && (at.IsZero() || sess.started.Before(at)) {
			at = sess.started
		}
	}
	return at
}

// forgetRecurring removes what was declared in code and is not any more.
func (s *Store) forgetRecurring() {
	for _, r := range s.recurring {
		if rules.Forgotten(&r.Recurring, r.heard, s.oldest(r.Owner), s.owners[r.Owner], s.now) {
			s.removeRecurring(r)
		}
	}
}

func (s *Store) removeRecurring(r *recurring) {
	delete(s.recurring, r.ID)
	s.recurringID.remove(r)
}

// RemoveRecurring implements [storage.Recurrer].
func (s *Store) RemoveRecurring(ctx context.Context, id string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	r := s.recurring[id]
	if r == nil {
		return noRecurring(id)
	}
	s.removeRecurring(r)
	return nil
}

// PauseRecurring implements [storage.Recurrer].
func (s *Store) PauseRecurring(ctx context.Context, id string, paused bool, by string, next time.Time) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	r := s.recurring[id]
	if r == nil {
		return noRecurring(id)
	}
	r.Paused, r.PausedBy, r.UpdatedAt = paused, rules.Reason(by), s.now
	if !paused {
		r.PausedBy = ""
		if next = rules.Cut(next); !next.IsZero() {
			r.Next = next
		}
	}
	return nil
}

// dueRecurring lists what is due for an owner behind an id, or from the start when
// there is nothing behind it.
func (s *Store) dueRecurring(owner, after string) (due []storage.Recurring) {
	probe := &recurring{Recurring: storage.Recurring{ID: after}}
	for r, ok := s.recurringID.after(probe); ok && len(due) < rules.MaxDue; r, ok = s.recurringID.after(r) {
		if rules.IsDue(&r.Recurring, s.now) && (r.Owner == "" || r.Owner == owner) {
			due = append(due, r.copy())
		}
	}
	if len(due) == 0 && after != "" {
		return s.dueRecurring(owner, "")
	}
	return due
}

// Recurring implements [storage.Recurrer].
func (s *Store) Recurring(ctx context.Context, after string, limit int) ([]storage.Recurring, error) {
	limit, err := rules.Page(limit)
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []storage.Recurring
	probe := &recurring{Recurring: storage.Recurring{ID: after}}
	for r, ok := s.recurringID.after(probe); ok && len(list) < limit; r, ok = s.recurringID.after(r) {
		list = append(list, r.copy())
	}
	return list, nil
}

// RecurringJob implements [storage.Recurrer].
func (s *Store) RecurringJob(ctx context.Context, id string) (storage.Recurring, error) {
	if err := s.enter(ctx); err != nil {
		return storage.Recurring{}, err
	}
	defer s.mu.Unlock()
	r := s.recurring[id]
	if r == nil {
		return storage.Recurring{}, noRecurring(id)
	}
	return r.copy(), nil
}

func (r *recurring) copy() storage.Recurring {
	c := r.Recurring
	c.Job = cloneTemplate(c.Job)
	return c
}

func cloneTemplate(j storage.NewJob) storage.NewJob {
	j.Payload, j.Options = bytes.Clone(j.Payload), bytes.Clone(j.Options)
	j.Metadata = maps.Clone(j.Metadata)
	j.Parents, j.Limits = slices.Clone(j.Parents), slices.Clone(j.Limits)
	if j.Unique != nil {
		u := *j.Unique
		j.Unique = &u
	}
	return j
}
