package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/library"
	"github.com/gojobgen/jobgen/bench/jobs"
)

const (
	mixedCallers = 16
	mixedWorkers = 100
)

// clock gathers the times from the call of enqueue to the start of the handler.
type clock struct {
	done  atomic.Int64
	mu    sync.Mutex
	waits []time.Duration
}

func (c *clock) run(o jobs.Order) {
	wait := time.Duration(time.Now().UnixNano() - o.SentAt)
	c.done.Add(1)
	c.mu.Lock()
	c.waits = append(c.waits, wait)
	c.mu.Unlock()
}

// reset forgets what was gathered.
func (c *clock) reset() {
	c.mu.Lock()
	c.waits = c.waits[:0]
	c.mu.Unlock()
}

// quantiles are the median and the 99th percentile.
func (c *clock) quantiles() (p50, p99 time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waits) == 0 {
		return 0, 0
	}
	slices.Sort(c.waits)
	return c.waits[len(c.waits)/2], c.waits[len(c.waits)*99/100]
}

// mixed measures how many jobs run while callers go on enqueueing.
func mixed(ctx context.Context, c Contender, z Size) ([]Sample, error) {
	return play(ctx, c, false, func(s *stage) ([]Sample, error) {
		var ran clock
		stop, err := s.Serve(ctx, library.ServeOptions{Workers: mixedWorkers, Run: ran.run})
		if err != nil {
			return nil, err
		}
		e := s.enqueuers(ctx, mixedCallers)
		err = sleep(ctx, z.For/5)
		ran.reset()
		before := ran.done.Load()
		m, err2 := s.meter()
		err = errors.Join(err, err2, sleep(ctx, z.For))
		n := int(ran.done.Load() - before)
		elapsed, cost, err2 := m.stop(n)
		if err = errors.Join(err, err2, e.stop(), stop()); err != nil {
			return nil, err
		}
		cost.P50, cost.P99 = ran.quantiles()
		return []Sample{{Name: "mixed", Value: rate(n, elapsed), Unit: "jobs/s", Jobs: n, Cost: cost, Note: waits(cost)}}, nil
	})
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func waits(c Cost) string {
	return fmt.Sprintf("waits p50 %v, p99 %v", c.P50.Round(10*time.Microsecond), c.P99.Round(10*time.Microsecond))
}
