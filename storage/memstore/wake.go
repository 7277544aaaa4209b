package memstore

import (
	"context"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// waitAtMost is how long Wait waits when nothing happens.
const waitAtMost = 5 * time.Second

// waiter is one call of Wait.
type waiter struct {
	queues []string
	ch     chan struct{} // closed once there is work
}

// wake tells that a fetch of q may give more than before.
func (s *Store) wake(q *queue) {
	s.wakes++
	q.woken = s.wakes
	for w := range s.waiters {
		if slices.Contains(w.queues, q.name) {
			close(w.ch)
			delete(s.waiters, w)
		}
	}
}

// Wait implements [storage.Worker]. It also returns when a rate has room again.
func (s *Store) Wait(ctx context.Context, queues []string, mark uint64) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	sleep := waitAtMost
	for _, name := range queues {
		q := s.queues[name]
		if q == nil {
			continue
		}
		if q.woken > mark {
			s.mu.Unlock()
			return nil
		}
		if l, ok := q.asleep.min(); ok && !q.paused {
			sleep = min(sleep, l.sleepsTo.Sub(s.exact))
		}
	}
	w := &waiter{queues: slices.Clone(queues), ch: make(chan struct{})}
	s.waiters[w] = struct{}{}
	s.mu.Unlock()
	return s.sleep(ctx, w, sleep)
}

func (s *Store) sleep(ctx context.Context, w *waiter, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	defer func() {
		s.mu.Lock()
		delete(s.waiters, w)
		s.mu.Unlock()
	}()
	select {
	case <-w.ch:
		return nil
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.done:
		return storage.ErrClosed
	}
}
