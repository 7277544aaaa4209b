package redisstore

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
	"github.com/redis/go-redis/v9"
)

// Recurring lists recurring jobs; see [storage.Recurrer].
func (s *Store) Recurring(ctx context.Context, after string, limit int) ([]storage.Recurring, error) {
	limit, err := rules.Page(limit)
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var list []storage.Recurring
	for _, sh := range s.shards {
		reply, err := sh.run(ctx, recurringList(), after, limit)
		if err != nil {
			return nil, err
		}
		found, err := decodeRecurrings(asList(reply), limit)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return firstRecurrings(list, limit), nil
}

// RecurringJob is one recurring job; see [storage.Recurrer].
func (s *Store) RecurringJob(ctx context.Context, id string) (storage.Recurring, error) {
	if err := s.enter(ctx); err != nil {
		return storage.Recurring{}, err
	}
	value, err := s.rdb.HGet(ctx, s.shardNamed(id).key("cron"), id).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return storage.Recurring{}, noRecurring(id)
	case err != nil:
		return storage.Recurring{}, s.fault("reading a recurring job", err)
	}
	d, err := decodeCron(id, value)
	return d.Recurring, err
}

// decodeDue reads what L.recurring_due answers: the recurring jobs that are due, by id.
func decodeDue(list []any) ([]storage.Recurring, error) {
	return decodeRecurrings(list, rules.MaxDue)
}

// decodeRecurrings reads ids with values, and gives the first by id.
func decodeRecurrings(l []any, limit int) (list []storage.Recurring, err error) {
	for ; len(l) >= 2; l = l[2:] {
		d, err := decodeCron(asString(l[0]), asString(l[1]))
		if err != nil {
			return nil, err
		}
		list = append(list, d.Recurring)
	}
	return firstRecurrings(list, limit), nil
}

func firstRecurrings(list []storage.Recurring, limit int) []storage.Recurring {
	slices.SortFunc(list, func(a, b storage.Recurring) int { return cmp.Compare(a.ID, b.ID) })
	return list[:min(limit, len(list))]
}
