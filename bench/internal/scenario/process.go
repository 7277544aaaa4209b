package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/library"
	"github.com/gojobgen/jobgen/bench/jobs"
)

// processBy measures how fast so many workers run jobs that wait already.
func processBy(workers int, hold bool) func(context.Context, Contender, Size) ([]Sample, error) {
	return func(ctx context.Context, c Contender, z Size) ([]Sample, error) {
		name := fmt.Sprintf("process-%d", workers)
		if hold {
			name += "-held"
		}
		return play(ctx, c, false, func(s *stage) ([]Sample, error) {
			n, bytes, err := s.preload(ctx, 0, z.preload(c, hold), z.Preload)
			if err != nil {
				return nil, err
			}
			if hold {
				release, err := s.space.Hold(ctx)
				if err != nil {
					return nil, err
				}
				defer release()
			}
			sample, err := s.process(ctx, workers, 0, n, z.Limit)
			sample.Name, sample.Cost.Bytes = name, bytes
			return []Sample{sample}, err
		})
	}
}

// preload is how many jobs wait. A quick run lowers it for libraries that need longer
// than three seconds or so, but not where their rate depends on the number.
func (z Size) preload(c Contender, hold bool) int {
	if z.Jobs > 0 {
		return z.Jobs
	}
	if z.Quick && !hold && c.Library.Name != library.Ours {
		return map[string]int{"redis": 20_000, "postgres": 30_000, "sqlite": 6_000}[c.Backend.Name()]
	}
	return 100_000
}

// process runs the n jobs numbered from first, and checks that none ran twice.
func (s *stage) process(ctx context.Context, workers, first, n int, limit time.Duration) (Sample, error) {
	t := newTally(first, n)
	m, err := s.meter()
	if err != nil {
		return Sample{}, err
	}
	stop, err := s.Serve(ctx, library.ServeOptions{Workers: workers, Run: t.run})
	if err != nil {
		return Sample{}, err
	}
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-t.all:
	case <-late.C:
	case <-ctx.Done():
	}
	done := int(t.done.Load())
	elapsed, cost, err := m.stop(done)
	if err = errors.Join(err, stop(), ctx.Err(), t.check()); err != nil {
		return Sample{}, err
	}
	sample := Sample{Value: rate(done, elapsed), Unit: "jobs/s", Jobs: done, Cost: cost}
	if done < n {
		sample.Note = fmt.Sprintf("%d of %d jobs in %v", done, n, limit)
	}
	return sample, nil
}

// tally counts the runs of each job.
type tally struct {
	first int
	runs  []atomic.Int32
	done  atomic.Int64 // jobs that ran
	twice atomic.Int64 // runs beyond a job's first
	other atomic.Int64 // of jobs that are not ours
	all   chan struct{}
}

func newTally(first, n int) *tally {
	return &tally{first: first, runs: make([]atomic.Int32, n), all: make(chan struct{})}
}

func (t *tally) run(o jobs.Order) {
	n := int(o.OrderID) - t.first
	if n < 0 || n >= len(t.runs) {
		t.other.Add(1)
		return
	}
	if t.runs[n].Add(1) > 1 {
		t.twice.Add(1)
		return
	}
	if t.done.Add(1) == int64(len(t.runs)) {
		close(t.all)
	}
}

func (t *tally) check() error {
	if twice, other := t.twice.Load(), t.other.Load(); twice > 0 || other > 0 {
		return fmt.Errorf("%d jobs ran twice and %d unknown ones ran: the figures mean nothing", twice, other)
	}
	return nil
}
