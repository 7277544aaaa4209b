package work

import "time"

// watchHeld sets the watch over held jobs, if there are any.
func (p *Pool[J]) watchHeld() {
	if !p.armed && p.line.len() > p.due {
		p.armed = true
		time.AfterFunc(maxHold, p.watch)
	}
}

// watch gives back the held jobs once the first of them has waited for too long.
func (p *Pool[J]) watch() {
	p.mu.Lock()
	p.armed = false
	var late []J
	if p.line.len() > p.due {
		left := maxHold - time.Since(p.line.at(p.due).since)
		if left > 0 {
			p.armed = true
			time.AfterFunc(left, p.watch)
		} else {
			late = p.line.take(p.due, nil)
			p.ahead.forget()
			p.answer()
		}
	}
	p.mu.Unlock()
	if len(late) > 0 {
		p.back(late)
	}
}
