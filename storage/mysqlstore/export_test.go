package mysqlstore

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
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

// Notices says in how many queues an idle tick of the only session finds jobs, and whether a
// poll finds news.
func (s *Store) Notices(tb testing.TB) (tick int, poll bool) {
	tb.Helper()
	t := sqlcore.IdleTick{Queues: []int{0}}
	err := s.d.db.QueryRow("SELECT s.no, m.generation, q.no FROM jobgen_session s, jobgen_meta m, jobgen_queue q WHERE s.dead = 0").Scan(&t.Session, &t.Generation, &t.Queues[0])
	if err != nil {
		tb.Fatal(err)
	}
	got, err := s.d.TickIdle(context.Background(), t)
	if err != nil || !got.Idle {
		tb.Fatal(err, got)
	}
	s.d.poll.busy(time.Now())
	s.d.poll.serve(t.Queues, t.Generation)
	if poll, err = s.d.Poll(); err != nil {
		tb.Fatal(err)
	}
	return len(got.Ready), poll
}

// SettleAcross ends a run as a settle does that found its claim before f and locks it after
// that; it reports whether it wrote the end. There is one session.
func (s *Store) SettleAcross(tb testing.TB, token storage.Token, f func()) bool {
	tb.Helper()
	var session int
	if err := s.d.db.QueryRow("SELECT no FROM jobgen_session WHERE dead = 0").Scan(&session); err != nil {
		tb.Fatal(err)
	}
	ends, written := []sqlcore.PlainEnd{{Job: token.Job, Fetch: token.Fetch, Retain: time.Hour}}, make([]bool, 1)
	late := s.d.inClaims(session, ends, nil)
	f()
	if _, err := late.settle(context.Background(), ends, nil, written); err != nil {
		tb.Fatal(err)
	}
	return written[0]
}
