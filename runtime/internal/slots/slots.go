// Package slots counts the free workers of a server.
package slots

import (
	"context"
	"sync"
)

// Slots is a counter that can be waited for. One goroutine takes, any may give back.
type Slots struct {
	mu    sync.Mutex
	free  int
	total int
	wake  chan struct{}
}

// New makes n free slots.
func New(n int) *Slots {
	return &Slots{free: n, total: n, wake: make(chan struct{}, 1)}
}

// TakeAll waits until a slot is free and takes all that are.
func (s *Slots) TakeAll(ctx context.Context) (int, error) {
	for {
		s.mu.Lock()
		n := s.free
		s.free = 0
		s.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// Give returns n slots.
func (s *Slots) Give(n int) {
	if n == 0 {
		return
	}
	s.mu.Lock()
	s.free += n
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Busy is how many slots are taken.
func (s *Slots) Busy() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total - s.free
}
