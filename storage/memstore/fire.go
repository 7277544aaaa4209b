package memstore

import (
	"context"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Fire implements [storage.Recurrer].
func (s *Store) Fire(ctx context.Context, f storage.Fire) (bool, error) {
	if err := rules.Fire(&f); err != nil {
		return false, err
	}
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	r := s.recurring[f.ID]
	if r == nil {
		return false, noRecurring(f.ID)
	}
	if !f.Trigger && (r.Paused || r.Next.IsZero() || !r.Next.Equal(f.Expected)) {
		return false, nil
	}
	jobs := s.toFire(r, &f)
	if f.Trigger && len(jobs) == 0 {
		return false, nil
	}
	answers, err := s.insert(&storage.Group{Jobs: jobs})
	if err != nil {
		return false, err
	}
	if n := len(answers); n > 0 && !answers[n-1].ID.IsZero() {
		r.LastJob = answers[n-1].ID
	}
	if !f.Trigger {
		r.Last, r.Next = rules.LastOf(&f), f.Next
	}
	return true, nil
}

// toFire is which of the jobs of f are stored: while the last job is not final, none
// of one that must not overlap, but for the repetition of a trigger.
func (s *Store) toFire(r *recurring, f *storage.Fire) []storage.NewJob {
	if !f.UnlessRunning || len(f.Jobs) == 0 {
		return f.Jobs
	}
	jobs := f.Jobs[len(f.Jobs)-1:]
	if s.jobs[jobs[0].ID] != nil {
		return jobs
	}
	if last := s.jobs[r.LastJob]; last != nil && !last.State.Final() {
		return nil
	}
	return jobs
}
