package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var tickScript = lazy("tick")

// Tick implements [storage.Sessions]. It is one run of a script in each
// shard, all at once.
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
	var mu sync.Mutex
	tick := func(sh *shard, share int) error {
		reply, err := sh.call(ctx, tickScript(), r.Session[:], share, r.DueAfter, waiting, markFor.Milliseconds())
		if err != nil {
			return err
		}
		answer := asList(reply)
		mu.Lock()
		err = s.ticked(&res, r, answer)
		mu.Unlock()
		if err == nil {
			err = sh.free(ctx, asList(answer[6]))
		}
		return err
	}
	var err error
	if budget >= rules.DefaultBudget {
		err = s.each(func(sh *shard) error { return tick(sh, budget/len(s.shards)) })
	} else {
		// One after the other, since a small budget may be needed where the work is.
		turn := int(s.ticks.Add(1))
		for i := range s.shards {
			err = errors.Join(err, tick(s.shards[(i+turn)%len(s.shards)], max(budget-res.Moved, 0)))
		}
	}
	if err != nil {
		return storage.TickResult{}, err
	}
	if waiting == 1 {
		s.bell.noted(began)
	}
	return res, nil
}

// ticked adds what one shard answered.
func (s *Store) ticked(res *storage.TickResult, r storage.TickRequest, answer []any) error {
	if len(answer) == 1 && asString(answer[0]) == "lost" {
		for _, sh := range s.shards {
			sh.runs.forgetSession(r.Session)
		}
		return lost(r.Session)
	}
	if len(answer) != 7 {
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
