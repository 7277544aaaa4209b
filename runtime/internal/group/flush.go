package group

import (
	"context"
	"runtime"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/pause"
	"github.com/gojobgen/jobgen/runtime/internal/stack"
)

// run flushes until nothing waits, or too little for one flush beside another.
func (g *Group[T, R]) run() {
	stack.Grow()
	g.work(g.begin(), nil, time.Time{})
}

// work does that, after a flush of f that failed at a time, if one did.
func (g *Group[T, R]) work(f *flight[T, R], failed error, tried time.Time) {
	var pauses pause.Pauses
	for {
		switch {
		case failed == nil:
			pauses.Reset()
		case g.putBack(f, failed):
			pauses.Sleep(context.Background(), tried)
		}
		runtime.Gosched() // who is about to call may join: it costs nothing when nobody is
		if !g.take(f) {
			return
		}
		tried, failed = time.Now(), g.config.Flush(context.Background(), f.items, f.answers)
		if failed == nil || !g.config.Again(failed) {
			g.answer(f, failed)
			failed = nil
		}
	}
}

// flushOwn flushes what its caller waits for, in its goroutine. What others wait for by
// then, or for what failed and is tried again, is another's.
func (g *Group[T, R]) flushOwn(ctx context.Context, e *entry[T, R]) {
	f, tried, goesOn := g.begin(), time.Now(), false
	f.hold(e)
	defer func() {
		if !goesOn { // also where a store panics, and its caller lives on
			g.end(f)
		}
	}()
	err := g.config.Flush(ctx, f.items, f.answers)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case g.config.Again(err):
		goesOn = true
		go g.work(f, err, tried)
		return
	}
	g.answer(f, err)
}

// end ends a flush that its caller made: another goroutine has what waits by now.
func (g *Group[T, R]) end(f *flight[T, R]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.spare = append(g.spare, f)
	if len(g.waiting) > 0 {
		go g.run()
		return
	}
	g.flights, g.ended = g.flights-1, time.Now()
}

// begin takes what a goroutine flushes with.
func (g *Group[T, R]) begin() *flight[T, R] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := len(g.spare)
	if n == 0 {
		return new(flight[T, R])
	}
	f := g.spare[n-1]
	g.spare = g.spare[:n-1]
	return f
}

// take cuts the next batch off the line; when there is none, f is over.
func (g *Group[T, R]) take(f *flight[T, R]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), g.limit)
	if n == 0 || g.flights > 1 && n < g.config.Least {
		g.flights, g.ended = g.flights-1, time.Now()
		g.spare = append(g.spare, f)
		return false
	}
	f.hold(g.waiting[:n]...)
	left := copy(g.waiting, g.waiting[n:])
	clear(g.waiting[left:])
	g.waiting = g.waiting[:left]
	return true
}

// hold makes these what is flushed.
func (f *flight[T, R]) hold(batch ...*entry[T, R]) {
	f.batch, f.items, f.answers = append(f.batch[:0], batch...), f.items[:0], f.answers[:0]
	for _, e := range f.batch {
		var none R
		f.items, f.answers = append(f.items, e.item), append(f.answers, none)
	}
}

// answer hands out the answers of a flush, or its error.
func (g *Group[T, R]) answer(f *flight[T, R], err error) {
	if err == nil {
		g.mu.Lock()
		g.limit = min(2*g.limit, g.config.Limit)
		g.mu.Unlock()
	}
	for i, e := range f.batch {
		e.answer, e.err = f.answers[i], err
		e.done <- struct{}{} // from here on e is its caller's, or another's
	}
	f.forget()
}

// putBack lets what was in a flush that failed wait for another, but for those whose
// time is over. It goes behind what waits, and fewer go at once from now on: so what
// a store fails on for ever comes to be alone. It reports whether anything waits.
func (g *Group[T, R]) putBack(f *flight[T, R], err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = max(len(f.batch)/4, 1)
	now := time.Now()
	all := append(g.waiting, f.batch...)
	g.waiting = nil
	for _, e := range all {
		if e.tried.IsZero() {
			e.tried = now
		}
		e.last = err
		switch {
		case e.gone:
		case now.Sub(e.tried) >= g.config.Patience:
			e.err = err
			e.done <- struct{}{}
		default:
			g.waiting = append(g.waiting, e)
		}
	}
	f.forget()
	return len(g.waiting) > 0
}

// forget lets go of what the flush was about.
func (f *flight[T, R]) forget() {
	clear(f.batch)
	clear(f.items)
	clear(f.answers)
}
