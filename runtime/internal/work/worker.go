package work

import (
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/stack"
)

// work is a worker: it takes its job from the line and goes on while there are more. One
// that has nothing to do stays, with its stack, for the next job.
func (p *Pool[J]) work() {
	defer p.busy.Done()
	stack.Grow()
	for more := true; more; more = p.stay() {
		if number, j, ok := p.first(); ok {
			p.runAll(number, j, time.Now())
		}
	}
}

// stay waits for a job to come; false when another worker does already, or all is over.
func (p *Pool[J]) stay() bool {
	p.mu.Lock()
	if p.stays || p.over {
		p.mu.Unlock()
		return false
	}
	p.stays = true
	p.mu.Unlock()
	_, more := <-p.call
	return more
}

// runAll runs j and what it finds in the line after it. A job may end its goroutine
// (runtime.Goexit); a new worker goes on then.
func (p *Pool[J]) runAll(number int, j J, began time.Time) {
	over := false
	defer func() {
		if over {
			return
		}
		now := time.Now()
		if j, ok := p.next(number, now.Sub(began)); ok {
			p.busy.Add(1)
			go func() {
				defer p.busy.Done()
				p.runAll(number, j, now)
			}()
		}
	}()
	for ok := true; ok; {
		ended := p.run(number, j, began)
		j, ok = p.next(number, ended.Sub(began))
		began = ended
	}
	over = true
}

// first is the job of a worker that was just started; the job it was started for may
// be gone.
func (p *Pool[J]) first() (number int, j J, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starting = false
	if ok = p.due > 0; ok {
		p.due--
		j = p.line.pop()
		last := len(p.numbers) - 1
		number, p.numbers = p.numbers[last], p.numbers[:last]
	}
	p.settleDue()
	p.answer()
	return number, j, ok
}

// next is the job for a worker whose last one took so long; without one the worker
// is free. Where the job had a worker to itself, that one is kept for the next job.
func (p *Pool[J]) next(number int, took time.Duration) (j J, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead.ran(took)
	if ok = p.line.len() > 0; ok {
		j = p.line.pop()
		p.settleDue()
	} else {
		p.free++
		p.numbers = append(p.numbers, number)
	}
	p.answer()
	return j, ok
}
