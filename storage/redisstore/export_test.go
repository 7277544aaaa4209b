package redisstore

import "time"

// Advance moves the clock of a store.
func (s *Store) Advance(d time.Duration) { s.offset.Add(d.Milliseconds()) }
