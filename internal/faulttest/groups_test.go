package faulttest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
)

// groups are stores on several servers that take over from each other.
var groups = map[string]func(t *testing.T) *backend{
	"sentinel": func(t *testing.T) *backend { return startSentinel(t, "?replicas=1") },
	// Without waiting for the replica, what was acknowledged in the last moments before
	// the master died is gone: how much, the figures say. The replica is there: what a master
	// took while it had none dies with it.
	"sentinel, replica not awaited": func(t *testing.T) *backend {
		b := startSentinel(t, "")
		b.lossy = true
		return b
	},
	"cluster": startCluster,
}

func startCluster(t *testing.T) *backend {
	c := testservers.RedisCluster(t, 3, 1, testservers.RedisOptions{AOF: "everysec", Config: []string{"maxmemory-policy noeviction"}})
	u := fmt.Sprintf("redis+cluster://%s?replicas=1", strings.Join(c.Addrs(), ","))
	return &backend{url: u, direct: u, failover: func(ctx context.Context) error {
		slot := rand.IntN(16384)
		return failover(ctx, func(ctx context.Context) (*testservers.RedisServer, error) { return c.Master(ctx, slot) })
	}}
}

func startSentinel(t *testing.T, parameters string) *backend {
	g := testservers.RedisSentinel(t, testservers.RedisOptions{AOF: "everysec", Config: []string{"maxmemory-policy noeviction"}})
	u := fmt.Sprintf("redis+sentinel://%s/%s%s", strings.Join(g.Addrs, ","), testservers.SentinelMaster, parameters)
	return &backend{url: u, direct: u,
		failover:   func(ctx context.Context) error { return failover(ctx, g.Master) },
		replicated: func(ctx context.Context) error { return replicated(ctx, g.Master) },
	}
}

// replicated waits until the master has a replica that gets what it writes.
func replicated(ctx context.Context, master func(context.Context) (*testservers.RedisServer, error)) error {
	return until(ctx, "no replica", func() bool {
		now, err := master(ctx)
		if err != nil {
			return false
		}
		said, err := now.Do(ctx, "INFO", "replication")
		return err == nil && strings.Contains(said, "state=online")
	})
}

// until waits for what nobody tells of.
func until(ctx context.Context, otherwise string, holds func() bool) error {
	for !holds() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", otherwise, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// failover kills the master, waits until there is another, and starts the old one,
// which comes back as a replica.
func failover(ctx context.Context, master func(context.Context) (*testservers.RedisServer, error)) error {
	old, err := master(ctx)
	if err != nil {
		return err
	}
	if err := old.Kill(); err != nil {
		return err
	}
	if err := until(ctx, "no new master", func() bool { now, err := master(ctx); return err == nil && now != old }); err != nil {
		return err
	}
	return old.Start()
}
