package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/library"
)

// kept measures whether finished jobs that are kept make others slower: those measured last
// are the last of many.
func kept(ctx context.Context, c Contender, z Size) ([]Sample, error) {
	few, many, measured := 10_000, 1_000_000, 100_000
	if z.Jobs > 0 {
		few, many, measured = z.Jobs/10, z.Jobs, z.Jobs/4
	}
	return play(ctx, c, false, func(s *stage) ([]Sample, error) {
		if err := s.List(ctx); errors.Is(err, library.ErrCannot) {
			return nil, nil // keeps nothing
		}
		k := keeper{s: s, limit: 10 * z.Limit}
		if err := k.fill(ctx, few); err != nil {
			return nil, err
		}
		at := k.next
		small, err := k.run(ctx, measured)
		if err != nil {
			return nil, err
		}
		if err := k.fill(ctx, many-measured-(k.next-at)-few); err != nil {
			return nil, err
		}
		large, err := k.run(ctx, measured)
		if err != nil {
			return nil, err
		}
		small.Name, large.Name = fmt.Sprintf("kept-%d", few), fmt.Sprintf("kept-%d", many)
		factor := Sample{Name: "kept-factor", Value: small.Value / large.Value, Unit: "times the cost", Lower: true, Jobs: measured}
		page, err := s.page(ctx)
		page.Name = fmt.Sprintf("list-%d", many)
		return []Sample{small, large, factor, page}, err
	})
}

// keeper fills a space with finished jobs.
type keeper struct {
	s     *stage
	next  int           // number of the next order
	limit time.Duration // of storing, and of running: what is left over would spoil the next run
}

// fill adds n finished jobs, by running them where the library has no quicker way.
func (k *keeper) fill(ctx context.Context, n int) error {
	if fast, ok := k.s.Instance.(library.Keeper); ok {
		return fast.Keep(ctx, n)
	}
	for n > 0 {
		step := min(n, 100_000)
		if _, err := k.run(ctx, step); err != nil {
			return err
		}
		n -= step
	}
	return nil
}

func (k *keeper) run(ctx context.Context, n int) (Sample, error) {
	first := k.next
	k.next += n
	stored, bytes, err := k.s.preload(ctx, first, n, k.limit)
	if err == nil && stored < n {
		err = fmt.Errorf("storing %d jobs took more than %v", n, k.limit)
	}
	if err == nil && k.s.space.Rest != nil {
		err = k.s.space.Rest(ctx)
	}
	if err != nil {
		return Sample{}, err
	}
	sample, err := k.s.process(ctx, 100, first, n, k.limit)
	sample.Cost.Bytes = bytes
	return sample, err
}

// page is the median time of reading a page of finished jobs.
func (s *stage) page(ctx context.Context) (Sample, error) {
	const times = 21
	took := make([]time.Duration, times)
	for i := range took {
		start := time.Now()
		if err := s.List(ctx); err != nil {
			return Sample{}, err
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return Sample{Value: millis(took[times/2]), Unit: "ms", Lower: true, Jobs: times}, nil
}

// held60 measures a mixed load before and while an old snapshot is held.
func held60(ctx context.Context, c Contender, z Size) ([]Sample, error) {
	return play(ctx, c, false, func(s *stage) ([]Sample, error) {
		var ran clock
		stop, err := s.Serve(ctx, library.ServeOptions{Workers: mixedWorkers, Run: ran.run})
		if err != nil {
			return nil, err
		}
		e := s.enqueuers(ctx, mixedCallers)
		before, during, err := s.hold60(ctx, &ran, 6*z.For)
		if err = errors.Join(err, e.stop(), stop()); err != nil {
			return nil, err
		}
		cpu := func(p pace) int64 { return (p.cost.Client + p.cost.Server).Microseconds() }
		return []Sample{{Name: "held-60s", Value: 100 * during.rate / before.rate, Unit: "% of the rate", Jobs: int(ran.done.Load()), Cost: during.cost,
			Note: fmt.Sprintf("%.0f jobs/s before, %.0f in the last quarter of %v; %d and %d us CPU/job", before.rate, during.rate, 6*z.For, cpu(before), cpu(during))}}, nil
	})
}

// pace is how a load goes for a while.
type pace struct {
	rate float64
	cost Cost
}

// hold60 gives the pace before the snapshot, and in the last quarter of its life.
func (s *stage) hold60(ctx context.Context, ran *clock, life time.Duration) (before, during pace, err error) {
	measure := func() (pace, error) {
		m, err := s.meter()
		if err != nil {
			return pace{}, err
		}
		n := ran.done.Load()
		if err := sleep(ctx, life/4); err != nil {
			return pace{}, err
		}
		jobs := int(ran.done.Load() - n)
		ran.reset() // so that the waits of minutes do not gather
		elapsed, cost, err := m.stop(jobs)
		return pace{rate(jobs, elapsed), cost}, err
	}
	if err = sleep(ctx, life/20); err != nil {
		return before, during, err
	}
	if before, err = measure(); err != nil {
		return before, during, err
	}
	release, err := s.space.Hold(ctx)
	if err != nil {
		return before, during, err
	}
	defer release()
	if err = sleep(ctx, life*3/4); err != nil {
		return before, during, err
	}
	during, err = measure()
	return before, during, err
}
