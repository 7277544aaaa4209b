package sample

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Pause implements [storage.Controller].
func (s *Store) Pause(ctx context.Context, target storage.PauseTarget, name string, paused bool, by string) error {
	leave, err := s.enter(ctx, "Pause")
	if err != nil {
		return err
	}
	defer leave()
	if target == storage.PauseKind {
		delete(s.paused, name)
		if paused {
			s.paused[name] = by
		}
		return nil
	}
	i := slices.IndexFunc(s.queues, func(q storage.QueueInfo) bool { return q.Name == name })
	if i < 0 {
		s.queues, i = append(s.queues, storage.QueueInfo{Name: name}), len(s.queues)
	}
	s.queues[i].Paused, s.queues[i].PausedBy = paused, ""
	if paused {
		s.queues[i].PausedBy = by
	}
	return nil
}

// Recurring implements [storage.Recurrer].
func (s *Store) Recurring(ctx context.Context, after string, limit int) ([]storage.Recurring, error) {
	leave, err := s.enter(ctx, "Recurring")
	if err != nil {
		return nil, err
	}
	defer leave()
	var out []storage.Recurring
	for _, r := range s.recurring {
		if r.ID > after && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

// RecurringJob implements [storage.Recurrer].
func (s *Store) RecurringJob(ctx context.Context, id string) (storage.Recurring, error) {
	leave, err := s.enter(ctx, "RecurringJob")
	if err != nil {
		return storage.Recurring{}, err
	}
	defer leave()
	r, err := s.recurringByID(id)
	if err != nil {
		return storage.Recurring{}, err
	}
	return *r, nil
}

func (s *Store) recurringByID(id string) (*storage.Recurring, error) {
	for i := range s.recurring {
		if s.recurring[i].ID == id {
			return &s.recurring[i], nil
		}
	}
	return nil, fmt.Errorf("recurring job %q: %w", id, storage.ErrNotFound)
}

// PauseRecurring implements [storage.Recurrer].
func (s *Store) PauseRecurring(ctx context.Context, id string, paused bool, by string, next time.Time) error {
	leave, err := s.enter(ctx, "PauseRecurring")
	if err != nil {
		return err
	}
	defer leave()
	r, err := s.recurringByID(id)
	if err != nil {
		return err
	}
	r.Paused, r.PausedBy = paused, by
	if !next.IsZero() {
		r.Next = next
	}
	return nil
}

// Fire implements [storage.Recurrer] for triggers.
func (s *Store) Fire(ctx context.Context, f storage.Fire) (bool, error) {
	leave, err := s.enter(ctx, "Fire")
	if err != nil {
		return false, err
	}
	defer leave()
	r, err := s.recurringByID(f.ID)
	if err != nil {
		return false, err
	}
	for _, j := range f.Jobs {
		now := s.now().UTC()
		r.LastJob = s.add(storage.Details{Job: storage.Job{ID: j.ID, Kind: j.Kind, Queue: j.Queue, Payload: j.Payload, Metadata: j.Metadata,
			State: storage.Enqueued, Attempt: 1, Recurring: f.ID, CreatedAt: now, EnqueuedAt: now}})
	}
	return true, nil
}
