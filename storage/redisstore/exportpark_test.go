package redisstore

import "testing"

// Deafen makes the store lose what is answered to parked calls.
func (s *Store) Deafen(t testing.TB) {
	s.bell.mu.Lock()
	defer s.bell.mu.Unlock()
	s.bell.deaf = true
}
