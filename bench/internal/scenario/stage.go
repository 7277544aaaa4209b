package scenario

import (
	"context"
	"errors"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/backend"
	"github.com/gojobgen/jobgen/bench/internal/library"
	"github.com/gojobgen/jobgen/bench/internal/usage"
	"github.com/gojobgen/jobgen/bench/jobs"
)

// stage is a library at work in an empty space.
type stage struct {
	library.Instance
	c     Contender
	space backend.Space
	wire  *usage.Wire
	empty int64 // bytes before the first job
}

// set makes a stage. Client and server get connections of their own, as in two
// programs, unless one is set. SQLite and MariaDB have no signal between programs, only
// a poll: there both share a store.
func set(ctx context.Context, c Contender, one bool) (*stage, error) {
	space, err := c.Backend.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	one = one || c.Backend.Name() == "sqlite" || c.Backend.Name() == "mysql"
	s := &stage{c: c, space: space, wire: new(usage.Wire)}
	if s.Instance, err = c.Library.Open(ctx, library.Setup{Space: space, Wire: s.wire, OneStore: one}); err != nil {
		return nil, err
	}
	if s.empty, err = space.Bytes(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// play runs f on a new stage.
func play(ctx context.Context, c Contender, one bool, f func(*stage) ([]Sample, error)) ([]Sample, error) {
	s, err := set(ctx, c, one)
	if err != nil {
		return nil, err
	}
	samples, err := f(s)
	return samples, errors.Join(err, s.Close())
}

// preload stores n waiting jobs, or as many as it can within the limit, and says how
// many there are and how many bytes one takes.
func (s *stage) preload(ctx context.Context, first, n int, limit time.Duration) (stored int, bytes float64, err error) {
	const step = 10_000 // so that the arguments of all do not lie in memory at once
	for end := time.Now().Add(limit); stored < n && time.Now().Before(end); {
		more := min(step, n-stored)
		if err := s.EnqueueMany(ctx, jobs.NewOrders(first+stored, more)); err != nil {
			return stored, 0, err
		}
		stored += more
	}
	full, err := s.space.Bytes(ctx)
	return stored, float64(full-s.empty) / float64(stored), err
}

// meter takes the counters before and after.
type meter struct {
	s      *stage
	before usage.Counters
}

func (s *stage) meter() (*meter, error) {
	before, err := usage.Read(s.c.Backend.CPU(), s.wire)
	return &meter{s, before}, err
}

// stop gives the time since the start and what each of n jobs took.
func (m *meter) stop(n int) (time.Duration, Cost, error) {
	elapsed, all, err := m.sum()
	if err == nil && n == 0 {
		err = errors.New("no job was done")
	}
	if err != nil {
		return 0, Cost{}, err
	}
	return elapsed, all.each(n), nil
}

// sum gives the time since the start and what all took together.
func (m *meter) sum() (time.Duration, Cost, error) {
	elapsed := time.Since(m.before.At)
	after, err := usage.Read(m.s.c.Backend.CPU(), m.s.wire)
	if err != nil {
		return 0, Cost{}, err
	}
	used := after.Since(m.before)
	return elapsed, Cost{Client: used.Client, Server: used.Server, Allocs: float64(used.Allocs), Writes: float64(used.Writes)}, nil
}

func rate(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// sleep waits, but not longer than ctx lives.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
