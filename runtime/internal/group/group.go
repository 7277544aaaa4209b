// Package group gathers concurrent calls into shared round trips: while one flush
// is in flight, the calls that arrive wait together for the next. A call on an
// idle group is flushed at once, so grouping adds no latency of its own; after a quiet
// moment its caller flushes it itself. Where the store can work on one flush while the
// next is prepared, more are in flight, but only for calls that are many enough.
package group

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Config is what a Group needs. All fields but Flights and Least are required.
type Config[T, R any] struct {
	// Flush handles items together and puts the answer on each into answers. Its error
	// means that nothing is known of any. ctx is the caller's where there is one item of a
	// caller that waits for nothing else, and has no deadline, which a store may not heed; it
	// is not bound to any otherwise, since none may end what others wait for. It keeps
	// neither slice.
	Flush func(ctx context.Context, items []T, answers []R) error
	// Limit is how many items go into one flush at most.
	Limit int
	// Flights is how many flushes are in flight at once at most (0: one), and Least is how
	// many items have to wait for one beside another.
	Flights, Least int
	// Again reports whether a flush that failed so may be tried again, and Patience is
	// for how long after the first failure it is.
	Again    func(error) bool
	Patience time.Duration
}

// Group gathers calls of Do. Make one with New.
type Group[T, R any] struct {
	config  Config[T, R]
	entries sync.Pool // of *entry: without their goroutine

	mu      sync.Mutex
	waiting []*entry[T, R]
	limit   int             // items in one flush; less while flushes fail
	flights int             // goroutines that flush
	spare   []*flight[T, R] // of those that did
	ended   time.Time       // when the last of them did
}

// flight is what one goroutine flushes.
type flight[T, R any] struct {
	batch   []*entry[T, R]
	items   []T
	answers []R
}

// entry is one call of Do.
type entry[T, R any] struct {
	item   T
	answer R
	err    error
	done   chan struct{} // holds one when answer and err are final

	tried time.Time // when a flush of it, or of those before it, failed first
	last  error     // how it failed last
	gone  bool      // nobody waits for it any more
}

// New makes a group.
func New[T, R any](c Config[T, R]) *Group[T, R] {
	g := &Group[T, R]{config: c, limit: c.Limit}
	g.entries.New = func() any { return &entry[T, R]{done: make(chan struct{}, 1)} }
	return g
}

// quiet is how long nothing was flushed when a caller flushes its item itself: before, others
// may be about to call, which join while another goroutine is started.
const quiet = 2 * time.Millisecond

// Do adds item to the next flush and waits for its answer. When ctx ends first, Do
// returns its cause: an item that still waits is withdrawn, one that is in flight
// may be handled all the same. Where Do flushes itself and ctx is cancelled, it returns
// when the store heeds that.
func (g *Group[T, R]) Do(ctx context.Context, item T) (R, error) {
	var none R
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	e := g.entries.Get().(*entry[T, R])
	e.item = item
	_, hurried := ctx.Deadline()
	if g.add(e, !hurried) {
		g.flushOwn(ctx, e)
	}
	select {
	case <-e.done:
		return g.finish(e)
	case <-ctx.Done():
	}
	withdrawn, last := g.withdraw(e)
	select {
	case <-e.done: // both at once: the answer is worth more
		return g.finish(e)
	default:
	}
	if withdrawn {
		g.recycle(e)
	}
	if last != nil {
		return none, fmt.Errorf("%w; the last try failed: %w", context.Cause(ctx), last)
	}
	return none, context.Cause(ctx)
}

// finish is the answer of an entry that no one else refers to any more.
func (g *Group[T, R]) finish(e *entry[T, R]) (R, error) {
	answer, err := e.answer, e.err
	g.recycle(e)
	return answer, err
}

func (g *Group[T, R]) recycle(e *entry[T, R]) {
	*e = entry[T, R]{done: e.done}
	g.entries.Put(e)
}

// add puts e in the line, and has it flushed where it is time; it reports true where the
// caller is to do that, if it may.
func (g *Group[T, R]) add(e *entry[T, R], may bool) (own bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if may && g.flights == 0 && len(g.waiting) == 0 && time.Since(g.ended) > quiet {
		g.flights++
		return true
	}
	g.waiting = append(g.waiting, e)
	if g.flights == 0 || g.flights < g.config.Flights && len(g.waiting) >= g.config.Least {
		g.flights++
		go g.run()
	}
	return false
}

// withdraw takes e out of the line, if it still stands there. It says how e failed last.
func (g *Group[T, R]) withdraw(e *entry[T, R]) (withdrawn bool, last error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, e); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		return true, e.last
	}
	e.gone = true
	return false, e.last
}
