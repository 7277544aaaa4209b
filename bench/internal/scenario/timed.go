package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/library"
	"github.com/gojobgen/jobgen/bench/jobs"
)

// scheduled measures how long it takes until all jobs that fall due at one time have
// become enqueued. Its one worker sleeps in the first job, so that nothing else runs.
func scheduled(ctx context.Context, c Contender, z Size) ([]Sample, error) {
	return play(ctx, c, false, func(s *stage) ([]Sample, error) {
		n := z.Jobs
		if n == 0 {
			n = 100_000
		}
		due := time.Now().Add(2*time.Second + time.Duration(n)*200*time.Microsecond)
		const step = 10_000
		for at := 0; at < n; at += step {
			if err := s.Schedule(ctx, due, jobs.NewOrders(at, min(step, n-at))); err != nil {
				return nil, err
			}
		}
		if time.Until(due) < time.Second {
			return nil, fmt.Errorf("storing %d scheduled jobs took too long: they are due already", n)
		}
		end := make(chan struct{})
		stop, err := s.Serve(ctx, library.ServeOptions{Workers: 1, Run: func(jobs.Order) { <-end }})
		if err != nil {
			return nil, err
		}
		cost, err := s.awaitPromotion(ctx, due, n)
		late := time.Since(due)
		close(end)
		if err = errors.Join(err, stop()); err != nil {
			return nil, err
		}
		return []Sample{{Name: "scheduled", Value: late.Seconds(), Unit: "s", Lower: true, Jobs: n, Cost: cost}}, nil
	})
}

// awaitPromotion returns when none of n jobs is scheduled any more, with what that cost.
func (s *stage) awaitPromotion(ctx context.Context, due time.Time, n int) (Cost, error) {
	if err := sleep(ctx, time.Until(due)); err != nil {
		return Cost{}, err
	}
	m, err := s.meter()
	if err != nil {
		return Cost{}, err
	}
	for {
		left, err := s.ScheduledLeft(ctx)
		if err != nil {
			return Cost{}, err
		}
		if !left {
			_, cost, err := m.stop(n)
			return cost, err
		}
		if time.Since(due) > 5*time.Minute {
			return Cost{}, errors.New("the scheduled jobs are not enqueued after 5 minutes")
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			return Cost{}, err
		}
	}
}

// recurring measures what a run of a recurring job costs when there are many of them.
func recurring(ctx context.Context, c Contender, z Size) ([]Sample, error) {
	return play(ctx, c, false, func(s *stage) ([]Sample, error) {
		every := max(z.For.Truncate(time.Second), time.Second)
		n := z.Jobs / 10
		if n == 0 {
			n = 10_000
		}
		const rounds = 3
		var ran clock
		stop, err := s.Serve(ctx, library.ServeOptions{Workers: 100, Run: ran.run, Recurring: n, Every: every})
		if err != nil {
			return nil, err
		}
		// The first round passes, however long a library takes to begin.
		for late := time.Now().Add(z.Limit); err == nil && ran.done.Load() == 0 && time.Now().Before(late); {
			err = sleep(ctx, 20*time.Millisecond)
		}
		err = errors.Join(err, sleep(ctx, every/2))
		before := ran.done.Load()
		m, err2 := s.meter()
		err = errors.Join(err, err2, sleep(ctx, rounds*every))
		runs := int(ran.done.Load() - before)
		_, cost, err2 := m.stop(runs)
		if err = errors.Join(err, err2, stop()); err != nil {
			return nil, err
		}
		return []Sample{{Name: "recurring", Value: float64((cost.Client + cost.Server).Microseconds()), Unit: "us CPU/run", Lower: true, Jobs: runs, Cost: cost,
			Note: fmt.Sprintf("%d of %d runs within %d rounds of %v", runs, rounds*n, rounds, every)}}, nil
	})
}

// idle measures what a server costs that has nothing to do, without a client beside it.
func idle(ctx context.Context, c Contender, z Size) ([]Sample, error) {
	return play(ctx, c, true, func(s *stage) ([]Sample, error) {
		queues := make([]string, 20)
		for i := range queues {
			queues[i] = fmt.Sprintf("queue-%02d", i)
		}
		stop, err := s.Serve(ctx, library.ServeOptions{Workers: 10, Queues: queues, Run: func(jobs.Order) {}})
		if err != nil {
			return nil, err
		}
		err = sleep(ctx, z.For/2) // what servers do at their start
		m, err2 := s.meter()
		err = errors.Join(err, err2, sleep(ctx, 2*z.For))
		elapsed, cost, err2 := m.stop(1)
		if err = errors.Join(err, err2, stop()); err != nil {
			return nil, err
		}
		seconds := elapsed.Seconds()
		cost.Client, cost.Server = time.Duration(float64(cost.Client)/seconds), time.Duration(float64(cost.Server)/seconds)
		cost.Allocs, cost.Writes = cost.Allocs/seconds, cost.Writes/seconds
		samples := []Sample{{Name: "idle-cpu", Value: millis(cost.Client + cost.Server), Unit: "ms CPU/s", Lower: true, Cost: cost}}
		if c.Backend.CPU() != nil {
			samples = append(samples, Sample{Name: "idle", Value: cost.Writes, Unit: "round trips/s", Lower: true, Cost: cost})
		}
		return samples, nil
	})
}
