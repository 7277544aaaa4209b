// Package group gathers concurrent calls into shared round trips: while one flush
// is in flight, the calls that arrive wait together for the next. A call on an
// idle group is flushed at once, so grouping adds no latency of its own.
package group

import (
	"context"
	"sync"
)

// Flush handles items together and answers each in order. It gets a context of
// its own, since no caller may end what others wait for.
type Flush[T, R any] func(ctx context.Context, items []T) []R

// Group gathers calls of Do. Make one with New.
type Group[T, R any] struct {
	flush Flush[T, R]
	limit int

	mu      sync.Mutex
	waiting []entry[T, R]
	busy    bool
}

type entry[T, R any] struct {
	item   T
	answer chan R
}

// New makes a group that hands at most limit items to flush at once.
func New[T, R any](limit int, flush Flush[T, R]) *Group[T, R] {
	return &Group[T, R]{flush: flush, limit: limit}
}

// Do adds item to the next flush and waits for its answer. When ctx ends first, Do
// returns its error; the item may be handled all the same.
func (g *Group[T, R]) Do(ctx context.Context, item T) (R, error) {
	e := entry[T, R]{item, make(chan R, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, e)
	if !g.busy {
		g.busy = true
		go g.run(context.Background())
	}
	g.mu.Unlock()
	select {
	case r := <-e.answer:
		return r, nil
	case <-ctx.Done():
		var none R
		return none, context.Cause(ctx)
	}
}

// run flushes until nothing waits.
func (g *Group[T, R]) run(ctx context.Context) {
	for {
		batch := g.take()
		if len(batch) == 0 {
			return
		}
		items := make([]T, len(batch))
		for i, e := range batch {
			items[i] = e.item
		}
		for i, r := range g.flush(ctx, items) {
			batch[i].answer <- r
		}
	}
}

func (g *Group[T, R]) take() []entry[T, R] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), g.limit)
	batch := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	if n == 0 {
		g.busy, g.waiting = false, nil
	}
	return batch
}
