package group

import (
	"context"
	"runtime"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/pause"
)

// run flushes until nothing waits.
func (g *Group[T, R]) run() {
	var pauses pause.Pauses
	for {
		runtime.Gosched() // who is about to call may join: it costs nothing when nobody is
		if !g.take() {
			return
		}
		tried := time.Now()
		err := g.config.Flush(g.items, g.answers)
		switch {
		case err == nil:
			pauses.Reset()
			g.answer(nil)
		case g.config.Again(err):
			if g.putBack(err) {
				pauses.Sleep(context.Background(), tried)
			}
		default:
			g.answer(err)
		}
	}
}

// take cuts the next batch off the line; when there is none, the group rests.
func (g *Group[T, R]) take() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), g.limit)
	if n == 0 {
		g.busy = false
		return false
	}
	g.batch = append(g.batch[:0], g.waiting[:n]...)
	left := copy(g.waiting, g.waiting[n:])
	clear(g.waiting[left:])
	g.waiting = g.waiting[:left]
	g.items, g.answers = g.items[:0], g.answers[:0]
	for _, e := range g.batch {
		var none R
		g.items, g.answers = append(g.items, e.item), append(g.answers, none)
	}
	return true
}

// answer hands out the answers of a flush, or its error.
func (g *Group[T, R]) answer(err error) {
	if err == nil {
		g.mu.Lock()
		g.limit = min(2*g.limit, g.config.Limit)
		g.mu.Unlock()
	}
	for i, e := range g.batch {
		e.answer, e.err = g.answers[i], err
		e.done <- struct{}{} // from here on e is its caller's, or another's
	}
	g.forget()
}

// putBack lets what was in a flush that failed wait for another, but for those whose
// time is over. It goes behind what waits, and fewer go at once from now on: so what
// a store fails on for ever comes to be alone. It reports whether anything waits.
func (g *Group[T, R]) putBack(err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = max(len(g.batch)/4, 1)
	now := time.Now()
	all := append(g.waiting, g.batch...)
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
	g.forget()
	return len(g.waiting) > 0
}

// forget lets go of what the last flush was about.
func (g *Group[T, R]) forget() {
	clear(g.batch)
	clear(g.items)
	clear(g.answers)
}
