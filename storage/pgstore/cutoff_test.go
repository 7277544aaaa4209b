package pgstore_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A process that is stopped while it sends a large write frees everybody.
func TestFrozenInTheMiddleOfAWrite(t *testing.T) {
	url := testservers.PostgresShared(t).NewDatabase(t)
	s := stageOn(t, connect(t, url))
	s.add(1)
	config, err := pgxpool.ParseConfig(url)
	s.must(err)
	goOn := make(chan struct{})
	var left atomic.Int64
	left.Store(1 << 62)
	config.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return &stopping{c, &left, goOn}, err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	s.must(err)
	t.Cleanup(pool.Close)
	frozen := stageOn(t, pool)
	t.Cleanup(func() { close(goOn) })
	var g storage.Group
	for range 200 {
		j := job()
		j.Due = storage.When{In: time.Hour}
		j.Payload = []byte(`{"a":"` + strings.Repeat("x", 64<<10) + `"}`)
		g.Jobs = append(g.Jobs, j)
	}
	left.Store(200_000)
	go frozen.store.Insert(context.Background(), g)
	for end := time.Now().Add(5 * time.Second); left.Load() > 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := s.store.Fetch(ctx, s.request(1))
	if took := time.Since(start); err != nil || len(r.Jobs) != 1 || took > 8*time.Second {
		t.Errorf("after %v: got %v, %v", took, r.Jobs, err)
	}
}

// stopping is a connection that sends no more when so many bytes are sent: the process
// is stopped.
type stopping struct {
	net.Conn
	left *atomic.Int64
	goOn chan struct{}
}

func (c *stopping) Write(b []byte) (int, error) {
	for sent := 0; sent < len(b); {
		n := min(len(b)-sent, 16<<10)
		if c.left.Add(-int64(n)) < 0 {
			<-c.goOn
		}
		if _, err := c.Conn.Write(b[sent : sent+n]); err != nil {
			return sent, err
		}
		sent += n
	}
	return len(b), nil
}
