package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/bench/jobs"
)

// enqueueBy measures single enqueues by so many callers at once.
func enqueueBy(callers int) func(context.Context, Contender, Size) ([]Sample, error) {
	return func(ctx context.Context, c Contender, z Size) ([]Sample, error) {
		return play(ctx, c, false, func(s *stage) ([]Sample, error) {
			warm := s.enqueuers(ctx, callers)
			err := sleep(ctx, min(z.For/10, 300*time.Millisecond))
			if err = errors.Join(err, warm.stop()); err != nil {
				return nil, err
			}
			m, err := s.meter()
			if err != nil {
				return nil, err
			}
			e := s.enqueuers(ctx, callers)
			err = sleep(ctx, z.For)
			if err = errors.Join(err, e.stop()); err != nil {
				return nil, err
			}
			n := int(e.done.Load())
			elapsed, cost, err := m.stop(n)
			return []Sample{{Name: fmt.Sprintf("enqueue-%d", callers), Value: rate(n, elapsed), Unit: "jobs/s", Jobs: n, Cost: cost}}, err
		})
	}
}

// enqueuers are callers that enqueue one job after the other until they are stopped.
type enqueuers struct {
	done atomic.Int64
	end  atomic.Bool
	wg   sync.WaitGroup
	errs []error
}

func (s *stage) enqueuers(ctx context.Context, callers int) *enqueuers {
	e := &enqueuers{errs: make([]error, callers)}
	for n := range callers {
		e.wg.Go(func() {
			for i := n; !e.end.Load() && e.errs[n] == nil; i += callers {
				o := jobs.NewOrder(i)
				o.SentAt = time.Now().UnixNano()
				if e.errs[n] = s.Enqueue(ctx, o); e.errs[n] == nil {
					e.done.Add(1)
				}
			}
		})
	}
	return e
}

func (e *enqueuers) stop() error {
	e.end.Store(true)
	e.wg.Wait()
	return cmp.Or(e.errs...) // one says it for all
}

// bulk measures calls that store a thousand jobs each.
func bulk(ctx context.Context, c Contender, z Size) ([]Sample, error) {
	return play(ctx, c, false, func(s *stage) ([]Sample, error) {
		const size = 1000
		call := func(n int) error { return s.EnqueueMany(ctx, jobs.NewOrders(n*size, size)) }
		if err := call(0); err != nil {
			return nil, err
		}
		m, err := s.meter()
		if err != nil {
			return nil, err
		}
		calls := 0
		for end := time.Now().Add(z.For); time.Now().Before(end); calls++ {
			if err := call(calls + 1); err != nil {
				return nil, err
			}
		}
		elapsed, cost, err := m.stop(calls * size)
		if err != nil {
			return nil, err
		}
		full, err := s.space.Bytes(ctx)
		cost.Bytes = float64(full-s.empty) / float64((calls+1)*size)
		return []Sample{{Name: "bulk", Value: rate(calls*size, elapsed), Unit: "jobs/s", Jobs: calls * size, Cost: cost}}, err
	})
}
