package redisstore

import (
	"context"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var tickScript = lazy("tick")

// Tick implements [storage.Sessions]. It is one run of a script in each shard.
func (s *Store) Tick(ctx context.Context, r storage.TickRequest) (storage.TickResult, error) {
	if err := s.enter(ctx); err != nil {
		return storage.TickResult{}, err
	}
	waiting, began := 0, time.Now()
	if s.bell.waiting() {
		waiting = 1
	}
	res := storage.TickResult{NextDue: -1}
	budget := rules.Budget(r.Budget)
	for _, sh := range s.shards {
		reply, err := sh.call(ctx, tickScript(), r.Session[:], budget-res.Moved, r.DueAfter, waiting, markFor.Milliseconds())
		if err != nil {
			return storage.TickResult{}, err
		}
		if err := s.ticked(&res, r, asList(reply)); err != nil {
			return storage.TickResult{}, err
		}
	}
	if waiting == 1 {
		s.bell.noted(began)
	}
	return res, nil
}

// ticked adds what one shard answered.
func (s *Store) ticked(res *storage.TickResult, r storage.TickRequest, answer []any) error {
	if len(answer) == 1 && asString(answer[0]) == "lost" {
		return lost(r.Session)
	}
	if len(answer) != 6 {
		return s.fault("tick", fmt.Errorf("unexpected answer %v", answer))
	}
	res.Now = timeOf(asInt(answer[0]))
	res.Moved += int(asInt(answer[1]))
	res.More = res.More || asInt(answer[2]) == 1
	if next := asInt(answer[3]); next >= 0 {
		d := time.Duration(next) * time.Millisecond
		if next > int64(maxWait/time.Millisecond) {
			d = maxWait
		}
		if res.NextDue < 0 || d < res.NextDue {
			res.NextDue = d
		}
	}
	for _, id := range asList(answer[4]) {
		res.Cancelled = append(res.Cancelled, asID(id))
	}
	due, err := decodeDue(asList(answer[5]))
	if err != nil {
		return err
	}
	res.Due = firstRecurrings(append(res.Due, due...), rules.MaxDue)
	return nil
}

// maxWait is the longest NextDue: far more than anybody sleeps.
const maxWait = 100 * 365 * 24 * time.Hour
