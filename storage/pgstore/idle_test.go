package pgstore_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/jackc/pgx/v5/pgxpool"
)

// writes counts what is sent to a server.
type writes struct {
	net.Conn
	n *atomic.Int64
}

func (w writes) Write(b []byte) (int, error) {
	w.n.Add(1)
	return w.Conn.Write(b)
}

// A tick of an idle server is one statement and nothing else, however long its connection was
// not used; other calls ask an old connection first whether it lives.
func TestIdleTick(t *testing.T) {
	config, err := pgxpool.ParseConfig(testservers.PostgresShared(t).NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	var sent atomic.Int64
	config.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return writes{c, &sent}, err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s := stageOn(t, pool)
	s.add(1)
	s.settle(s.fetch(1))
	s.fetch(1)
	tick := func() {
		t.Helper()
		_, err := s.store.Tick(t.Context(), storage.TickRequest{Session: s.id, Budget: 100})
		s.must(err)
	}
	for range 3 {
		tick()
	}
	for range 2 {
		<-time.After(1100 * time.Millisecond) // pgxpool asks after a second
		before := sent.Load()
		tick()
		if n := sent.Load() - before; n != 1 {
			t.Errorf("an idle tick made %d writes", n)
		}
	}
	<-time.After(1100 * time.Millisecond)
	before := sent.Load()
	s.add(1)
	if n := sent.Load() - before; n < 2 {
		t.Errorf("an insert over an old connection made %d writes", n)
	}
}
