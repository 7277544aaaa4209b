package mysqlstore

import (
	"context"
	"time"
)

// Ahead adds to the server's clock.
func Ahead(by func() time.Duration) Option { return func(o *options) { o.ahead = by } }

// Separate sends statements one by one, as to MySQL.
func Separate(o *options) { o.separate = true }

// Freeze takes the write lock on a connection of the store's own and leaves it there, as a
// process does that is stopped; the function goes on.
func (s *Store) Freeze(tb interface{ Fatal(...any) }) func() {
	c, err := s.d.borrow(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := s.d.lock(s.d.link(c)); err != nil {
		tb.Fatal(err)
	}
	return func() { s.d.giveBack(c, s.d.link(c).run("ROLLBACK") == nil) }
}
