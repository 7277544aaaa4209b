package work

import "time"

// start starts a worker with its first job.
func (p *Pool[J]) start(j J) {
	p.busy.Add(1)
	go p.work(j)
}

// work runs j and then what is held ready. A job may end its goroutine
// (runtime.Goexit); a new one goes on then.
func (p *Pool[J]) work(j J) {
	defer p.busy.Done()
	began, over := time.Now(), false
	defer func() {
		if !over {
			if j, ok := p.next(time.Since(began)); ok {
				p.start(j)
			}
		}
	}()
	for ok := true; ok; {
		began = time.Now()
		p.run(j)
		j, ok = p.next(time.Since(began))
	}
	over = true
}

// next is the job for a worker whose last one took so long; without one the worker
// is free.
func (p *Pool[J]) next(took time.Duration) (j J, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mean += (took - p.mean) / 16
	if ok = len(p.held) > 0; ok {
		j = p.pop()
	} else {
		p.free++
	}
	p.signal()
	return j, ok
}

func (p *Pool[J]) pop() J {
	first := p.held[0]
	p.held[0] = held[J]{}
	p.held = p.held[1:]
	return first.job
}

// signal wakes Room or Idle.
func (p *Pool[J]) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// watch gives back the held jobs once the first of them has waited for too long.
func (p *Pool[J]) watch() {
	p.mu.Lock()
	var late []J
	p.armed = len(p.held) > 0
	if p.armed {
		left := maxHold - time.Since(p.held[0].since)
		if left > 0 {
			time.AfterFunc(left, p.watch)
		} else {
			for _, h := range p.held {
				late = append(late, h.job)
			}
			p.held, p.armed, p.mean = nil, false, longRun
		}
	}
	p.mu.Unlock()
	if len(late) > 0 {
		p.back(late)
	}
}
