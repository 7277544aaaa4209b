package memstore

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// stats counts what finished, by step of time, queue and kind: in minutes and in hours.
type stats struct {
	fine, coarse steps
}

type steps struct {
	step, kept time.Duration
	at         map[time.Time]map[counted]*storage.Stat
	last       time.Time // when old steps were forgotten

	// of the last call of of, which is mostly asked for the same
	lastKey counted
	lastOne *storage.Stat
}

// counted is what statistics are asked for by.
type counted struct{ queue, kind string }

func newStats() stats {
	in := func(step, kept time.Duration) steps {
		return steps{step: step, kept: kept, at: make(map[time.Time]map[counted]*storage.Stat)}
	}
	return stats{fine: in(rules.FineStep, rules.FineKept), coarse: in(rules.CoarseStep, rules.CoarseKept)}
}

func (s *steps) of(now time.Time, j *job) *storage.Stat {
	at := rules.StepOf(now, s.step)
	key := counted{j.Queue, j.Kind}
	if s.lastOne != nil && s.lastOne.At.Equal(at) && s.lastKey == key {
		return s.lastOne
	}
	numbers := s.at[at]
	if numbers == nil {
		numbers = make(map[counted]*storage.Stat)
		s.at[at] = numbers
	}
	if numbers[key] == nil {
		numbers[key] = &storage.Stat{At: at}
	}
	s.lastKey, s.lastOne = key, numbers[key]
	return s.lastOne
}

// finished counts a job that became final.
func (s *stats) finished(now time.Time, j *job, state storage.State) {
	for _, to := range []*storage.Stat{s.fine.of(now, j), s.coarse.of(now, j)} {
		switch state {
		case storage.Succeeded:
			to.Succeeded++
		case storage.Failed:
			to.Failed++
		default:
			to.Deleted++
		}
	}
}

// ran counts the end of a run.
func (s *stats) ran(now time.Time, j *job, d time.Duration, retried bool) {
	for _, to := range []*storage.Stat{s.fine.of(now, j), s.coarse.of(now, j)} {
		to.RunTime += d
		if retried {
			to.Retried++
		}
	}
}

// forget drops the steps that are past their time, once for each step.
func (s *stats) forget(now time.Time) {
	s.fine.forget(now)
	s.coarse.forget(now)
}

func (s *steps) forget(now time.Time) {
	if now.Sub(s.last) < s.step {
		return
	}
	s.last, s.lastOne = now, nil
	for at := range s.at {
		if now.Sub(at) > s.kept+s.step {
			delete(s.at, at)
		}
	}
}

// Stats implements [storage.Reader].
func (s *Store) Stats(ctx context.Context, q storage.StatQuery) ([]storage.Stat, error) {
	answer, err := rules.Steps(q)
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	from := &s.stats.fine
	if rules.Coarse(q.Step) {
		from = &s.stats.coarse
	}
	for at, numbers := range from.at {
		i := rules.StepIndex(answer, q.Step, at)
		if i < 0 {
			continue
		}
		for key, n := range numbers {
			if (q.Queue == "" || q.Queue == key.queue) && (q.Kind == "" || q.Kind == key.kind) {
				add(&answer[i], n)
			}
		}
	}
	return answer, nil
}

func add(to, n *storage.Stat) {
	to.Succeeded += n.Succeeded
	to.Failed += n.Failed
	to.Deleted += n.Deleted
	to.Retried += n.Retried
	to.RunTime += n.RunTime
}
