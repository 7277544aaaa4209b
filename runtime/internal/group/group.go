// Package group gathers concurrent calls into shared round trips: while one flush
// is in flight, the calls that arrive wait together for the next. A call on an
// idle group is flushed at once, so grouping adds no latency of its own.
package group

import (
	"context"
	"slices"
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
	waiting []*entry[T, R]
	busy    bool // a goroutine flushes
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
// returns its cause: an item that still waits is withdrawn, one that is in flight
// may be handled all the same.
func (g *Group[T, R]) Do(ctx context.Context, item T) (R, error) {
	var none R
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	e := &entry[T, R]{item, make(chan R, 1)}
	g.add(e)
	select {
	case r := <-e.answer:
		return r, nil
	case <-ctx.Done():
	}
	g.withdraw(e)
	select {
	case r := <-e.answer: // both at once: the answer is worth more
		return r, nil
	default:
		return none, context.Cause(ctx)
	}
}

func (g *Group[T, R]) add(e *entry[T, R]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, e)
	if !g.busy {
		g.busy = true
		go g.run()
	}
}

// withdraw takes e out of the line, if it still stands there.
func (g *Group[T, R]) withdraw(e *entry[T, R]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, e); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
}

// run flushes until nothing waits.
func (g *Group[T, R]) run() {
	for {
		batch := g.take()
		if len(batch) == 0 {
			return
		}
		items := make([]T, len(batch))
		for i, e := range batch {
			items[i] = e.item
		}
		for i, r := range g.flush(context.Background(), items) {
			batch[i].answer <- r
		}
	}
}

// take cuts the next batch off the line; when there is none, the group rests.
func (g *Group[T, R]) take() []*entry[T, R] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), g.limit)
	if n == 0 {
		g.busy, g.waiting = false, nil
		return nil
	}
	batch := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return batch
}
