package redisstore_test

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/redis/go-redis/v9"
)

// handOver has p's client insert a job that p is given at once: the next insert expects the same.
func handOver(t *testing.T, p *parked) {
	t.Helper()
	ids := p.insert(t, 1)
	p.wait(t)
	p.want(t, p.fetch(t, 10), ids)
	p.none(t)
}

// An insert that waits for replicas does so also after one that was handed over.
func TestHandedWaitsForReplicas(t *testing.T) {
	a, b := testservers.Redis(t, testservers.RedisOptions{}), testservers.Redis(t, testservers.RedisOptions{})
	host, port, _ := strings.Cut(a.Addr, ":")
	follow(t, b, host, port)
	linked(t, a, b)
	p := newParkedOn(t, connect(t, a.Addr), connect(t, a.Addr))
	p.client = open(t, connect(t, a.Addr), redisstore.Namespace(p.name), redisstore.WaitReplicas(1, 3*time.Second))
	handOver(t, p)
	follow(t, b) // no replica any more
	j := storage.NewJob{ID: storage.NewIDIn(1), Kind: "k", Queue: "q", Payload: []byte(`{"a":1}`)}
	if _, err := p.client.Insert(t.Context(), storage.Group{Jobs: []storage.NewJob{j}}); err == nil || !strings.Contains(err.Error(), "may survive a failover or not") {
		t.Errorf("a job that no replica has: got %v", err)
	}
}

// refusing is a connection on which the server refuses one script, when it is to.
type refusing struct {
	net.Conn
	how *atomic.Pointer[string]
	mu  sync.Mutex
	say bytes.Buffer
}

func (c *refusing) Write(b []byte) (int, error) {
	if !bytes.Contains(b, []byte("evalsha")) {
		return c.Conn.Write(b)
	}
	how := c.how.Swap(nil)
	if how == nil {
		return c.Conn.Write(b)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if bytes.Contains(b, []byte("ping")) {
		c.say.WriteString("+PONG\r\n")
	}
	c.say.WriteString("-" + *how + "\r\n")
	return len(b), nil
}

func (c *refusing) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.say.Len() > 0 {
		return c.say.Read(b)
	}
	return c.Conn.Read(b)
}

// What is tried again for any insert is so for one after another that was handed over.
func TestHandedIsTriedAgain(t *testing.T) {
	for _, how := range []string{"READONLY You can't write against a read only replica.", "TRYAGAIN later", "NOSCRIPT No matching script."} {
		t.Run(strings.Fields(how)[0], func(t *testing.T) {
			var refuse atomic.Pointer[string]
			other := redis.NewClient(&redis.Options{Addr: testservers.RedisShared(t).Addr, Protocol: 2, Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
				return &refusing{Conn: c, how: &refuse}, err
			}})
			defer other.Close()
			p := newParkedOn(t, dial(t), other)
			handOver(t, p)
			refuse.Store(&how)
			p.insert(t, 1)
			if refuse.Load() != nil {
				t.Error("nothing was refused")
			}
		})
	}
}
