package redisstore

import (
	"context"
	"strconv"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var lookCounts = lazy("look_counts")

// counter is a number of jobs that the key count keeps: by state, queue and kind, or of
// held jobs by queue and cause.
type counter struct {
	state       storage.State // 0: held jobs
	queue, kind string        // N8
	cause       string        // storage.HeldKind and others
	n           int
}

// causes are the letters of causes in the keys count and held.
var causes = map[byte]string{'k': storage.HeldKind, 'p': storage.HeldPausedKind, 'l': storage.HeldLimit, 'r': storage.HeldRate}

// counters are those of all shards.
func (s *Store) counters(ctx context.Context) (all []counter, err error) {
	for _, sh := range s.shards {
		reply, err := sh.run(ctx, lookCounts())
		if err != nil {
			return nil, err
		}
		fields := asList(reply)
		for i := 1; i < len(fields); i += 2 {
			field, value := asString(fields[i-1]), asString(fields[i])
			c := counter{}
			switch {
			case len(field) == 17:
				c.state, c.queue, c.kind = storage.State(field[0]), field[1:9], field[9:]
			case len(field) == 10 && field[0] == 'H':
				c.queue, c.cause = field[1:9], causes[field[9]]
			default:
				continue
			}
			if c.n, err = strconv.Atoi(value); err == nil && c.n > 0 {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// Count counts jobs by state; see [storage.Reader]. Numbers by state, queue and kind are
// kept, all others are counted.
func (s *Store) Count(ctx context.Context, f storage.Filter, limit int) (storage.Counts, error) {
	if limit <= 0 {
		limit = rules.DefaultCount
	}
	counts := storage.Counts{By: make(map[storage.State]int), Capped: make(map[storage.State]bool)}
	if err := s.enter(ctx); err != nil {
		return counts, err
	}
	numbers, err := s.numbers(ctx, &f, limit)
	if err != nil {
		return counts, err
	}
	for state, n := range numbers {
		if n > 0 {
			counts.By[state] = min(n, limit)
		}
		if n > limit {
			counts.Capped[state] = true
		}
	}
	return counts, nil
}

// numbers are the numbers of jobs by state; what is above limit says only that.
func (s *Store) numbers(ctx context.Context, f *storage.Filter, limit int) (map[storage.State]int, error) {
	numbers := make(map[storage.State]int)
	l := listOf(f, storage.ID{}, true)
	if kept(f) {
		all, err := s.counters(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			if c.matches(l, f.Held) {
				numbers[c.stateOf()] += c.n
			}
		}
		return numbers, nil
	}
	for _, state := range l.states {
		one := *f
		one.States = []storage.State{storage.State(state)}
		hits, more, err := s.find(ctx, listOf(&one, storage.ID{}, true), limit, false)
		if err != nil {
			return nil, err
		}
		numbers[storage.State(state)] = len(hits)
		if more {
			numbers[storage.State(state)] = limit + 1
		}
	}
	return numbers, nil
}

// kept reports whether the counters know the numbers of a filter.
func kept(f *storage.Filter) bool {
	return f.Server == "" && f.Recurring == "" && f.Batch.IsZero() && f.Parent.IsZero() &&
		f.From.IsZero() && f.To.IsZero() && !f.Retrying && (!f.Held || f.Kind == "")
}

func (c *counter) stateOf() storage.State {
	if c.state == 0 {
		return storage.Enqueued
	}
	return c.state
}

func (c *counter) matches(l *listing, held bool) bool {
	if held != (c.state == 0) || l.queue != "" && l.queue != c.queue || l.kind != "" && l.kind != c.kind {
		return false
	}
	for _, state := range l.states {
		if storage.State(state) == c.stateOf() {
			return true
		}
	}
	return false
}
