package redisstore

import (
	"context"
	"testing"
)

// Deafen makes the store lose what is answered to parked calls.
func (s *Store) Deafen(t testing.TB) {
	s.bell.mu.Lock()
	defer s.bell.mu.Unlock()
	s.bell.deaf = true
}

// Gave are the fields of what calls gave.
func (s *Store) Gave(ctx context.Context) ([]string, error) {
	return s.rdb.HKeys(ctx, s.shards[0].key("gave")).Result()
}
