package testservers_test

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
)

func TestClusterPromotesAReplica(t *testing.T) {
	begin := time.Now()
	c := testservers.RedisCluster(t, 3, 1, testservers.RedisOptions{})
	t.Logf("3 masters and 3 replicas after %v", time.Since(begin))
	promotes(t, func(ctx context.Context) (*testservers.RedisServer, error) { return c.Master(ctx, 0) })
}

func TestSentinelPromotesAReplica(t *testing.T) {
	begin := time.Now()
	g := testservers.RedisSentinel(t, testservers.RedisOptions{})
	t.Logf("a master, a replica and 3 Sentinels after %v", time.Since(begin))
	promotes(t, g.Master)
}

// promotes kills the master and waits for another.
func promotes(t *testing.T, master func(context.Context) (*testservers.RedisServer, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	old, err := master(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Kill(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	for {
		now, err := master(ctx)
		if err == nil && now != old {
			t.Logf("failover after %v", time.Since(begin))
			break
		}
		select {
		case <-ctx.Done():
			t.Fatalf("no new master: %v, %v", now, err)
		case <-time.After(50 * time.Millisecond): // nobody tells of a failover
		}
	}
	if err := old.Start(); err != nil { // it comes back as a replica
		t.Error(err)
	}
}
