package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// runSafe runs a script and waits until as many replicas as the option asks for have
// what it wrote: both on one connection, since the server waits for what that wrote.
func (sh *shard) runSafe(ctx context.Context, sc *script, args []any) (any, error) {
	node, err := sh.node(ctx)
	if err != nil {
		return nil, sh.s.fault(sc.name, err)
	}
	opt := sh.s.opt
	try := func(asText bool) (*redis.Cmd, *redis.Cmd) {
		p := node.Pipeline()
		cmd := sh.command(ctx, sc, asText, args)
		_ = p.Process(ctx, cmd) // it is only queued
		wait := p.Do(ctx, "wait", opt.replicas, opt.timeout.Milliseconds())
		// Each command has its own error.
		_, _ = p.Exec(ctx)
		return cmd, wait
	}
	cmd, wait := try(false)
	if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
		cmd, wait = try(true)
	}
	reply, err := cmd.Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, sh.s.fault(sc.name, err)
	}
	n, err := wait.Int()
	if err != nil {
		return nil, sh.s.fault("waiting for replicas failed", err)
	}
	if n < opt.replicas && !sc.may {
		return nil, fmt.Errorf("redisstore: %d of %d replicas have the write after %v: it may survive a failover or not, make the same call again",
			n, opt.replicas, opt.timeout)
	}
	return reply, nil
}

// node is the server that has the shard.
func (sh *shard) node(ctx context.Context) (redis.UniversalClient, error) {
	if c, ok := sh.s.rdb.(*redis.ClusterClient); ok {
		return c.MasterForKey(ctx, sh.keys[0])
	}
	return sh.s.rdb, nil
}
