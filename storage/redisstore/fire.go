package redisstore

import (
	"context"

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
	var group, final []byte
	if n := len(f.Jobs); n > 0 {
		jobs := f.Jobs
		if f.UnlessRunning {
			jobs = jobs[n-1:]
		}
		group, final = encodeGroup(&storage.Group{Jobs: jobs}), f.Jobs[n-1].ID[:]
	}
	reply, err := s.shardNamed(f.ID).call(ctx, recurringFire(), f.ID, f.Trigger, f.UnlessRunning,
		msOf(f.Expected), msOf(f.Next), msOf(rules.LastOf(&f)), group, final)
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
