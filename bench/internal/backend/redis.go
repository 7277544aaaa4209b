package backend

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/usage"
	"github.com/gojobgen/jobgen/internal/testservers"
)

type redisBackend struct{ server *testservers.RedisServer }

func startRedis(h *Host) (Backend, error) {
	b := &redisBackend{}
	err := h.start(func() { b.server = testservers.Redis(h, testservers.RedisOptions{AOF: "everysec"}) })
	return b, err
}

func (b *redisBackend) Name() string { return "redis" }

func (b *redisBackend) Settings() string {
	return "Redis, appendonly yes, appendfsync everysec, no snapshots, otherwise defaults"
}

func (b *redisBackend) CPU() func() (time.Duration, error) {
	return func() (time.Duration, error) { return usage.Tree(b.server.PID()) }
}

// Fresh empties the server.
func (b *redisBackend) Fresh(ctx context.Context) (Space, error) {
	if _, err := b.server.Do(ctx, "FLUSHALL", "SYNC"); err != nil {
		return Space{}, fmt.Errorf("backend: empty Redis: %w", err)
	}
	return Space{Address: b.server.Addr, Bytes: b.bytes, Rest: b.rest}, b.rest(ctx)
}

// rest has the append-only file written anew and waits for that, so that no rewrite of the data
// before falls into the next run: it begins by itself when the file has doubled.
func (b *redisBackend) rest(ctx context.Context) error {
	if _, err := b.server.Do(ctx, "BGREWRITEAOF"); err != nil && !strings.Contains(err.Error(), "in progress") {
		return fmt.Errorf("backend: rewrite the append-only file: %w", err)
	}
	for {
		info, err := b.server.Do(ctx, "INFO", "persistence")
		if err != nil {
			return fmt.Errorf("backend: %w", err)
		}
		if field(info, "aof_rewrite_in_progress") == "0" && field(info, "aof_rewrite_scheduled") == "0" {
			return nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

func (b *redisBackend) bytes(ctx context.Context) (int64, error) {
	info, err := b.server.Do(ctx, "INFO", "memory")
	if err != nil {
		return 0, fmt.Errorf("backend: %w", err)
	}
	n, err := strconv.ParseInt(field(info, "used_memory"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("backend: used_memory: %w", err)
	}
	return n, nil
}

// field is a value of INFO.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && key == name {
			return value
		}
	}
	return ""
}

// pause waits, but not longer than ctx lives.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
