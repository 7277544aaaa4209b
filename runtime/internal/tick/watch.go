package tick

import (
	"sync"
	"time"
)

// watch knows by the process's monotonic clock until when the session is certain
// to be alive, and tells when that is over.
type watch struct {
	lapsed, back func()

	mu    sync.Mutex
	timer *time.Timer
	until time.Time
	over  bool // the lease is over, as far as we know
}

func (w *watch) start(until time.Time, lapsed, back func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until, w.lapsed, w.back = until, lapsed, back
	w.timer = time.AfterFunc(time.Until(until), w.ring)
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.lapsed, w.back = func() {}, func() {} // a ring on its way finds nothing to tell
}

// contact: the store answered a sign of life that is good until the given time.
func (w *watch) contact(until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := time.Until(until)
	if left <= 0 {
		return // it took longer than the lease: nothing is certain
	}
	w.until = until
	w.timer.Reset(left)
	if w.over {
		w.over = false
		w.back()
	}
}

// ring is the timer's: the lease is over, unless there was contact meanwhile.
func (w *watch) ring() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if left := time.Until(w.until); left > 0 {
		w.timer.Reset(left)
		return
	}
	w.end()
}

// lose: the store said that the session is dead.
func (w *watch) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end()
}

func (w *watch) end() {
	if !w.over {
		w.over = true
		w.lapsed()
	}
}
