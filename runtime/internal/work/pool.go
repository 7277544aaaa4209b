// Package work runs jobs on a bounded number of workers. Where jobs take no longer
// than a few milliseconds it also holds further ones ready, so that a worker need
// not wait for a round trip to the store between two of them.
package work

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Pool is the workers of a server. Make one with New. All methods are safe for
// concurrent use, but Room and Idle are one goroutine's.
//
// Jobs stand in one line. The first ones, due, have a worker each and run as soon as
// the scheduler lets them; behind them are those held ready. A worker is a goroutine
// that goes on while there is a job in the line. Workers are started one at a time,
// the next by the one before: jobs that are over in no time are then run by a few
// goroutines, not by one each.
type Pool[J any] struct {
	size int
	run  func(worker int, j J, began time.Time) time.Time
	back func([]J)

	mu       sync.Mutex
	free     int // workers neither running, nor kept for a due job, nor taken by Room
	line     line[J]
	due      int
	starting bool  // a worker is started and has not taken its job yet
	stays    bool  // a worker waits for a call
	over     bool  // none may any more
	numbers  []int // free numbers of workers
	armed    bool  // the watch over held jobs is set
	ahead    ahead
	asks     func() bool   // what Room or Idle waits for; nil: nobody waits
	wake     chan struct{} // answers asks
	call     chan struct{} // for the worker that stays
	busy     sync.WaitGroup
}

// New makes a pool of size workers. run works one job and returns when it ended; it
// may end its goroutine. It is told the number of its worker, from 0 to size-1, which
// no other job has meanwhile. back gets held jobs that found no worker in time.
func New[J any](size int, run func(worker int, j J, began time.Time) time.Time, back func([]J)) *Pool[J] {
	p := &Pool[J]{size: size, run: run, back: back, free: size, ahead: newAhead(size), wake: make(chan struct{}, 1), call: make(chan struct{}, 1)}
	for i := range size {
		p.numbers = append(p.numbers, size-1-i)
	}
	return p
}

// Room waits until there is room, takes all free workers, and says how many they
// are and how many further jobs may be held ready; none when ctx ended. Put gives
// the workers back.
func (p *Pool[J]) Room(ctx context.Context) (workers, ahead int) {
	_ = p.await(ctx, func() bool { return p.free+p.roomAhead() > 0 }, func() {
		workers, ahead, p.free = p.free, p.roomAhead(), 0
	})
	return workers, ahead
}

func (p *Pool[J]) roomAhead() int { return p.ahead.room(p.line.len() - p.due) }

// Idle waits until no job runs and none is held, while Room is not called.
func (p *Pool[J]) Idle(ctx context.Context) error {
	return p.await(ctx, func() bool { return p.free == p.size && p.line.len() == 0 }, func() {})
}

// await waits until the condition holds and does then, both under the lock.
func (p *Pool[J]) await(ctx context.Context, condition func() bool, then func()) error {
	for {
		p.mu.Lock()
		if condition() {
			then()
			p.asks = nil
			p.mu.Unlock()
			return nil
		}
		p.asks = condition
		p.mu.Unlock()
		select {
		case <-p.wake:
			runtime.Gosched() // workers that are about to be free, too, are served together
		case <-ctx.Done():
			p.mu.Lock()
			p.asks = nil
			p.mu.Unlock()
			return context.Cause(ctx)
		}
	}
}

// answer wakes Room or Idle when what it waits for is there.
func (p *Pool[J]) answer() {
	if p.asks == nil || !p.asks() {
		return
	}
	p.asks = nil
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Put starts as many of the jobs as there are workers, taken by Room or free, holds the
// others and frees the workers that are left.
func (p *Pool[J]) Put(workers int, jobs []J) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, j := range jobs {
		p.line.push(waiting[J]{j, now})
	}
	p.due += workers + p.free // some may have become free since Room
	p.free = 0
	p.settleDue()
	p.watchHeld()
	p.answer()
}

// settleDue frees the workers that have no job to wait for, and starts the next one
// that has.
func (p *Pool[J]) settleDue() {
	if more := p.due - p.line.len(); more > 0 {
		p.due -= more
		p.free += more
	}
	if p.due > 0 && !p.starting {
		p.starting = true
		if p.stays {
			p.stays = false
			p.call <- struct{}{} // one call for one who stays: there is room
			return
		}
		p.busy.Add(1)
		go p.work()
	}
}

// Took tells how long a round trip to the store was.
func (p *Pool[J]) Took(trip time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead.took(trip)
}

// Take takes the jobs that match and were not started out of the pool; nil matches all.
func (p *Pool[J]) Take(match func(J) bool) []J {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.line.take(0, match)
	p.settleDue()
	p.answer()
	return taken
}

// Wait waits until all workers have returned. Nothing may be put meanwhile or later.
func (p *Pool[J]) Wait() {
	p.mu.Lock()
	if !p.over {
		p.over, p.stays = true, false
		close(p.call)
	}
	p.mu.Unlock()
	p.busy.Wait()
}
