// Package work runs jobs on a bounded number of workers. Where jobs take no longer
// than a few milliseconds it also holds further ones ready, so that a worker need
// not wait for a round trip to the store between two of them.
package work

import (
	"context"
	"sync"
	"time"
)

// Limits of what is held ready.
const (
	maxAhead  = 256
	perWorker = 4
	// shortRun is the longest mean run for which jobs are held ready.
	shortRun = 3 * time.Millisecond
	// maxHold is how long a held job waits for a worker: longer means that the mean
	// misleads, and that another server should have it.
	maxHold = 250 * time.Millisecond
	// longRun is the mean that is assumed where nothing is measured yet. It takes
	// some dozens of short runs to wear it down.
	longRun = time.Second
)

// Pool is the workers of a server. Make one with New. All methods are safe for
// concurrent use, but Room and Idle are one goroutine's.
type Pool[J any] struct {
	size int
	run  func(J)
	back func([]J)

	mu    sync.Mutex
	free  int
	held  []held[J] // first in, first out
	armed bool      // the watch over held is set
	mean  time.Duration
	wake  chan struct{}
	busy  sync.WaitGroup // workers
}

type held[J any] struct {
	job   J
	since time.Time
}

// New makes a pool of size workers. run works one job; it may end its goroutine.
// back gets held jobs that found no worker in time.
func New[J any](size int, run func(J), back func([]J)) *Pool[J] {
	return &Pool[J]{size: size, run: run, back: back, free: size, mean: longRun, wake: make(chan struct{}, 1)}
}

// Room waits until there is room, takes all free workers, and says how many they
// are and how many further jobs may be held ready; none when ctx ended. Put gives
// the workers back.
func (p *Pool[J]) Room(ctx context.Context) (workers, ahead int) {
	for {
		p.mu.Lock()
		workers, p.free = p.free, 0
		ahead = p.ahead()
		p.mu.Unlock()
		if workers+ahead > 0 {
			return workers, ahead
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			return 0, 0
		}
	}
}

// ahead is how many jobs to hold in addition: none until half of the held are used.
func (p *Pool[J]) ahead() int {
	if p.mean > shortRun {
		return 0
	}
	limit := min(perWorker*p.size, maxAhead)
	if len(p.held) > limit/2 {
		return 0
	}
	return limit - len(p.held)
}

// Put starts the given jobs on workers taken by Room, holds the others, or starts
// them too as far as workers are left, and frees the rest of the workers.
func (p *Pool[J]) Put(workers int, start, hold []J) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, j := range start {
		p.start(j)
		workers--
	}
	now := time.Now()
	for _, j := range hold {
		p.held = append(p.held, held[J]{j, now})
	}
	for workers > 0 && len(p.held) > 0 {
		p.start(p.pop())
		workers--
	}
	p.free += workers
	if len(p.held) > 0 && !p.armed {
		p.armed = true
		time.AfterFunc(maxHold, p.watch)
	}
	p.signal()
}

// Idle waits until no job runs and none is held, while Room is not called.
func (p *Pool[J]) Idle(ctx context.Context) error {
	for {
		p.mu.Lock()
		idle := p.free == p.size && len(p.held) == 0
		p.mu.Unlock()
		if idle {
			return nil
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Take takes the held jobs that match out of the pool; nil matches all.
func (p *Pool[J]) Take(match func(J) bool) []J {
	p.mu.Lock()
	defer p.mu.Unlock()
	var taken []J
	var left []held[J]
	for _, h := range p.held {
		if match == nil || match(h.job) {
			taken = append(taken, h.job)
		} else {
			left = append(left, h)
		}
	}
	p.held = left
	return taken
}

// Wait waits until all workers have returned. Nothing may be put meanwhile.
func (p *Pool[J]) Wait() { p.busy.Wait() }
