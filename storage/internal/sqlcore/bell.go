package sqlcore

import (
	"context"
	"sync"
	"time"
)

// A bell wakes those who wait for work. Every ring has a number; who saw the line at
// a number is woken by a ring with a higher one, so no ring is slept over.
type bell struct {
	mu     sync.Mutex
	n      uint64
	all    uint64            // last ring for every queue
	queues map[string]uint64 // last ring for one
	rung   chan struct{}     // closed and made anew by each ring
	ears   int
	closed bool
}

func (b *bell) init() {
	b.n = 1
	b.queues = make(map[string]uint64)
	b.rung = make(chan struct{})
}

// mark is where the line of rings stands.
func (b *bell) mark() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

// maxBells bounds how many queues are remembered one by one.
const maxBells = 10_000

func (b *bell) ring(queues map[string]bool) {
	if len(queues) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	if len(b.queues) > maxBells {
		clear(b.queues)
		b.all = b.n
	}
	for q := range queues {
		b.queues[q] = b.n
	}
	b.wake()
}

func (b *bell) ringAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	b.all = b.n
	b.wake()
}

func (b *bell) wake() {
	if b.ears > 0 {
		close(b.rung)
		b.rung = make(chan struct{})
	}
}

func (b *bell) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.wake()
}

// listened reports whether somebody waits.
func (b *bell) listened() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ears > 0
}

// since reports whether one of the queues was rung behind mark; if not, it gives what
// to wait for.
func (b *bell) since(queues []string, mark uint64) (rung bool, next chan struct{}) {
	if b.all > mark || b.closed {
		return true, nil
	}
	for _, q := range queues {
		if b.queues[q] > mark {
			return true, nil
		}
	}
	return false, b.rung
}

// longestWait is when Wait returns for nothing; longestIdle where ticks look for work too:
// there a fetch for nothing is only a precaution.
const (
	longestWait = 5 * time.Second
	longestIdle = 5 * time.Minute
)

func (s *Store) longestWait() time.Duration {
	if _, ok := s.driver.(IdleTicker); ok {
		return longestIdle
	}
	return longestWait
}

// Wait returns when a Fetch of the queues may give more than it did at mark. What
// this Store value wrote wakes it at once; what other processes and callers'
// transactions wrote is found by a poll, within some 5 ms when there was work lately
// and within a second after a long quiet time.
func (s *Store) Wait(ctx context.Context, queues []string, mark uint64) error {
	b := &s.bell
	end := time.NewTimer(s.longestWait())
	defer end.Stop()
	b.mu.Lock()
	b.ears++
	first := b.ears == 1
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.ears--
		b.mu.Unlock()
	}()
	if first {
		s.wakeWriter() // to poll
	}
	for {
		if err := ctx.Err(); err != nil {
			return s.fault(err)
		}
		if s.isClosed() {
			return s.errClosed()
		}
		b.mu.Lock()
		rung, next := b.since(queues, mark)
		b.mu.Unlock()
		if rung {
			return nil
		}
		select {
		case <-next:
		case <-end.C:
			return nil
		case <-s.stop:
		case <-ctx.Done():
		}
	}
}
