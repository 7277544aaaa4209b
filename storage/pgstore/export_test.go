package pgstore

import "sync/atomic"

// Offset moves the store's clock by microseconds, for tests.
func Offset(by *atomic.Int64) Option { return func(o *options) { o.offset = by } }

// WriteLock is the advisory lock that is a namespace's write lock.
func WriteLock(namespace string) int64 {
	prefix, _ := options{namespace: namespace}.prefix()
	return lockOf(prefix)
}

// Settings is what a transaction of the core sets first.
func (s *Store) Settings() string { return s.db.settings() }

// Hears reports whether the listener is connected.
func (s *Store) Hears() bool { return s.db.listener.hears.Load() }
