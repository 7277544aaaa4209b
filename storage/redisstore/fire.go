package redisstore

import (
	"context"
	"errors"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var recurringFire = lazySafe("recurring_fire")

// Fire moves a recurring job on; see [storage.Recurrer].
func (s *Store) Fire(ctx context.Context, f storage.Fire) (bool, error) {
	if err := rules.Fire(&f); err != nil {
		return false, err
	}
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	sh, group, final := s.shardNamed(f.ID), storage.Group{Jobs: f.Jobs}, []byte(nil)
	if n := len(f.Jobs); n > 0 {
		final = f.Jobs[n-1].ID[:]
		if f.UnlessRunning {
			group.Jobs = f.Jobs[n-1:]
		}
	}
	last, open, err := s.openElsewhere(ctx, sh, &f)
	if err != nil {
		return false, err
	}
	reply, err := sh.reserving(ctx, &group, func(packed []byte) (any, error) {
		if final == nil {
			packed = nil
		}
		return sh.call(ctx, recurringFire(), f.ID, f.Trigger, f.UnlessRunning,
			msOf(f.Expected), msOf(f.Next), msOf(rules.LastOf(&f)), packed, final, last, open)
	})
	if err != nil {
		return false, err
	}
	if wrong := asList(reply); wrong != nil {
		_, err := insertAnswer(wrong)
		return false, err
	}
	switch asInt(reply) {
	case 1:
		return true, nil
	case -1:
		return false, noRecurring(f.ID)
	}
	return false, nil
}

// openElsewhere is the last job of a recurring job that must not overlap, where that is in
// another shard (the holder of a unique key), and whether it is not final.
func (s *Store) openElsewhere(ctx context.Context, sh *shard, f *storage.Fire) (last []byte, open bool, err error) {
	if len(s.shards) == 1 || !f.UnlessRunning {
		return nil, false, nil
	}
	r, err := s.RecurringJob(ctx, f.ID)
	if err != nil || r.LastJob.IsZero() || s.shardOf(r.LastJob) == sh {
		return nil, false, err
	}
	d, err := s.Job(ctx, r.LastJob)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, false, nil
	}
	return r.LastJob[:], err == nil && !d.State.Final(), err
}
