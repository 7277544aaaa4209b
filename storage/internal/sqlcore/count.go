package sqlcore

import (
	"context"
	"maps"
	"slices"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Count counts jobs by state; see [storage.Reader]. Without other conditions than
// state, queue and kind the numbers come from the tallies, whatever they are.
func (s *Store) Count(ctx context.Context, f storage.Filter, limit int) (counts storage.Counts, err error) {
	if limit <= 0 {
		limit = rules.DefaultCount
	}
	err = s.read(ctx, func(v *view) error {
		counts = storage.Counts{By: make(map[storage.State]int), Capped: make(map[storage.State]bool)}
		states := f.States
		if len(states) == 0 {
			states = storage.States()
		}
		var tallies map[storage.State]int
		if tallied(f) {
			var err error
			if tallies, err = v.tallies(f); err != nil {
				return err
			}
		}
		for _, state := range states {
			n, more, err := v.count(f, state, limit, tallies)
			if err != nil {
				return err
			}
			if n > 0 {
				counts.By[state] = n
			}
			if more {
				counts.Capped[state] = true
			}
		}
		return nil
	})
	return counts, err
}

// tallied reports whether the tallies know the numbers of a filter.
func tallied(f storage.Filter) bool {
	return f.Server == "" && f.Recurring == "" && f.Batch.IsZero() && f.Parent.IsZero() && f.From.IsZero() && f.To.IsZero()
}

// count counts the jobs of one state that match, to limit.
func (v *view) count(f storage.Filter, state storage.State, limit int, tallies map[storage.State]int) (n int, more bool, err error) {
	if tallies != nil {
		n = tallies[state]
		return min(n, limit), n > limit, nil
	}
	f.States = []storage.State{state}
	l := &listing{view: v, filter: f, oldest: true, limit: limit}
	ids, more, err := l.ids()
	return len(ids), more, err
}

var sqlRunShapes = sqlText(`SELECT r.shape, count(*) FROM jg_session s CROSS JOIN jg_run r ON r.session = s.no
	GROUP BY r.shape`).scans("what runs").withClaims()

// runShapes is how many jobs of each shape run.
func (v *view) runShapes() (map[int]int, error) {
	runs := make(map[int]int)
	return runs, each(v.Link, func(r *rows) error {
		runs[r.int(0)] = r.int(1)
		return nil
	}, sqlRunShapes)
}

// tallies are the numbers of jobs by state.
func (v *view) tallies(f storage.Filter) (map[storage.State]int, error) {
	l := &listing{view: v, filter: f}
	if _, err := l.plan(); err != nil {
		return nil, err
	}
	runs, err := v.runShapes()
	if err != nil {
		return nil, err
	}
	numbers := make(map[storage.State]int)
	classes := []class{}
	for _, s := range slices.Sorted(maps.Keys(l.states)) {
		for _, c := range classesOf(s) {
			if l.states[s] && !slices.Contains(classes, c) {
				classes = append(classes, c)
			}
		}
	}
	err = each(v.Link, func(r *rows) error {
		shape, cls, n := r.int(0), class(r.int(1)), r.int(2)
		if l.shapes != nil && !l.shapes[shape] || !slices.Contains(classes, cls) ||
			f.Held && cls != classHeld || f.Retrying && cls != classRetrying {
			return nil
		}
		if cls == classLive {
			numbers[storage.Processing] += runs[shape]
			n -= runs[shape]
		}
		numbers[cls.state()] += n
		return nil
	}, sqlTallies)
	for s, wanted := range l.states {
		if !wanted {
			delete(numbers, s)
		}
	}
	return numbers, err
}

var sqlStats = sqlText(`SELECT at, shape, succeeded, failed, deleted, retried, run_time FROM jg_stat
	WHERE step = ? AND at >= ? AND at < ?`)

// Stats are the statistics; see [storage.Reader].
func (s *Store) Stats(ctx context.Context, q storage.StatQuery) (steps []storage.Stat, err error) {
	if _, err := rules.Steps(q); err != nil {
		return nil, err
	}
	kept := rules.FineStep
	if rules.Coarse(q.Step) {
		kept = rules.CoarseStep
	}
	err = s.read(ctx, func(v *view) error {
		steps, _ = rules.Steps(q)
		if len(steps) == 0 {
			return nil
		}
		end := steps[len(steps)-1].At.Add(q.Step)
		return each(v.Link, func(r *rows) error {
			shape := v.names.shapes[r.int(1)]
			i := rules.StepIndex(steps, q.Step, r.time(0))
			if i < 0 || shape == nil || q.Queue != "" && shape.queue.name != q.Queue || q.Kind != "" && shape.kind != q.Kind {
				return nil
			}
			to := &steps[i]
			to.Succeeded += r.int64(2)
			to.Failed += r.int64(3)
			to.Deleted += r.int64(4)
			to.Retried += r.int64(5)
			to.RunTime += span(r.int64(6)) / 1000
			return nil
		}, sqlStats, kept, steps[0].At, end)
	})
	return steps, err
}
