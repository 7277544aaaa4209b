package scenario

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/library"
	"github.com/gojobgen/jobgen/bench/jobs"
)

// latencyServers is how many servers a run of latency has, one after the other. The polls of one
// find most jobs at once, or most of them one poll later, for as long as it runs: it seems that Go
// lets a poll and the enqueuer's pause, which fall due at about the same time in one process, go
// on together, in an order that stays. With one server, a run measured which of both it was.
const latencyServers = 5

// quickServers is how many it has in a quick run, which has several runs of them instead.
const quickServers = 3

// leastDrip is for how long each is measured at least: for 30 jobs.
const leastDrip = 600 * time.Millisecond

// latency measures the wait of single jobs on servers with nothing else to do.
func latency(one bool) func(context.Context, Contender, Size) ([]Sample, error) {
	return func(ctx context.Context, c Contender, z Size) ([]Sample, error) {
		return play(ctx, c, one, func(s *stage) ([]Sample, error) {
			var ran clock
			var sum Cost
			servers := latencyServers
			if z.Quick {
				servers = quickServers
			}
			for range servers {
				cost, err := s.drips(ctx, max(z.For/latencyServers, leastDrip), &ran)
				if err != nil {
					return nil, err
				}
				sum.add(cost)
			}
			n := len(ran.waits)
			cost := sum.each(n)
			cost.P50, cost.P99 = ran.quantiles()
			name := "latency"
			if one {
				name = "latency-one-store"
			}
			samples := []Sample{{Name: name, Value: millis(cost.P50), Unit: "ms", Lower: true, Jobs: n, Cost: cost, Note: waits(cost)}}
			if !z.Quick {
				samples = append(samples, Sample{Name: name + "-p99", Value: millis(cost.P99), Unit: "ms", Lower: true, Jobs: n, Cost: cost})
			}
			return samples, nil
		})
	}
}

// drips measures a server of its own, and adds to what was gathered. It gives what its jobs took together.
func (s *stage) drips(ctx context.Context, d time.Duration, all *clock) (Cost, error) {
	var ran clock
	stop, err := s.Serve(ctx, library.ServeOptions{Workers: 10, Run: ran.run})
	if err != nil {
		return Cost{}, err
	}
	if err := s.drip(ctx, d/5); err != nil { // until connections stand
		return Cost{}, errors.Join(err, stop())
	}
	ran.reset()
	m, err := s.meter()
	err = errors.Join(err, s.drip(ctx, d))
	_, cost, err2 := m.sum()
	if err = errors.Join(err, err2, stop()); err != nil {
		return Cost{}, err
	}
	if len(ran.waits) == 0 {
		return Cost{}, errors.New("no job was done")
	}
	all.waits = append(all.waits, ran.waits...)
	return cost, nil
}

// drip enqueues a job each 10 to 30 ms, at random, so that no pace of polls fits that of the jobs.
func (s *stage) drip(ctx context.Context, d time.Duration) error {
	for n, end := 0, time.Now().Add(d); time.Now().Before(end); n++ {
		if err := sleep(ctx, 10*time.Millisecond+rand.N(20*time.Millisecond)); err != nil {
			return err
		}
		o := jobs.NewOrder(n)
		o.SentAt = time.Now().UnixNano()
		if err := s.Enqueue(ctx, o); err != nil {
			return err
		}
	}
	return sleep(ctx, 100*time.Millisecond) // for the last ones
}
