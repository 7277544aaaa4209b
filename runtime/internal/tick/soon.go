package tick

import (
	"context"
	"sync"
	"time"
)

// soon is a sleep that others can shorten.
type soon struct {
	wake chan struct{}
	mu   sync.Mutex
	at   time.Time // asked for; zero: not
}

func (s *soon) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = time.Time{}
}

func (s *soon) within(d time.Duration) {
	s.mu.Lock()
	if at := time.Now().Add(d); s.at.IsZero() || at.Before(s.at) {
		s.at = at
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// until is when the sleep ends.
func (s *soon) until(t time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.at.IsZero() && s.at.Before(t) {
		return s.at
	}
	return t
}

// sleep sleeps until t or what was asked for; false when ctx ended.
func (s *soon) sleep(ctx context.Context, t time.Time) bool {
	for {
		left := time.NewTimer(time.Until(s.until(t)))
		select {
		case <-left.C:
			return ctx.Err() == nil
		case <-s.wake:
			left.Stop()
		case <-ctx.Done():
			left.Stop()
			return false
		}
	}
}
