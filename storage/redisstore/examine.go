package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/storage"
	"github.com/redis/go-redis/v9"
)

// fault wraps an error of the server or of the way to it. A Cluster is asked anew who
// serves what: go-redis by itself would go on for up to a minute to ask a master that is
// gone.
func (s *Store) fault(what string, err error) error {
	if c, ok := s.rdb.(*redis.ClusterClient); ok && !errors.Is(err, context.Canceled) {
		c.ReloadState(context.Background())
	}
	if errors.Is(err, redis.ErrClosed) {
		return fmt.Errorf("redisstore: %s: the client was closed, open the store on another: %w", what, err)
	}
	return fmt.Errorf("redisstore: %s: %w", what, err)
}

// examine asks the server who it is and how it keeps what it is told.
func (s *Store) examine(ctx context.Context) error {
	text, err := s.rdb.Info(ctx, "server", "persistence", "memory").Result()
	if err != nil {
		// Servers before 7 take one section only.
		if text, err = s.rdb.Info(ctx, "all").Result(); err != nil {
			return s.fault("asking the server for its version failed; is it there, and is its address right", err)
		}
	}
	told := infoFields(text)
	s.info = storage.Info{Name: "redis", Durable: true, Lanes: 1, Version: told["redis_version"]}
	if v := told["valkey_version"]; v != "" {
		s.info.Version = "valkey " + v
	}
	if !atLeast(told["redis_version"], 6, 2) {
		return fmt.Errorf("redisstore: the server is Redis %s, 6.2 or later is needed", told["redis_version"])
	}
	s.judge(ctx, told)
	return nil
}

// judge warns of settings under which jobs can be lost.
func (s *Store) judge(ctx context.Context, told map[string]string) {
	if policy := s.setting(ctx, "maxmemory-policy", told["maxmemory_policy"]); policy != "" && policy != "noeviction" {
		s.warning(fmt.Sprintf("maxmemory-policy is %s: the server may drop jobs when its memory is full; set it to noeviction", policy))
	}
	switch told["aof_enabled"] {
	case "0":
		s.warning("the append-only file is off: jobs since the last snapshot are lost with the server; set appendonly yes")
	case "1":
		if fsync := s.setting(ctx, "appendfsync", ""); fsync == "no" {
			s.warning("appendfsync is no: the machine's failure may lose more than the last second; set it to everysec or always")
		}
	}
}

// setting asks for one setting; managed servers refuse, then otherwise stands.
func (s *Store) setting(ctx context.Context, name, otherwise string) string {
	values, err := s.rdb.ConfigGet(ctx, name).Result()
	if v := values[name]; err == nil && v != "" {
		return v
	}
	return otherwise
}

func (s *Store) warning(text string) {
	text = "redisstore: " + text
	s.warnings = append(s.warnings, text)
	if s.opt.warn != nil {
		s.opt.warn(text)
	}
}

// infoFields reads the answer of INFO.
func infoFields(text string) map[string]string {
	m := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			m[name] = value
		}
	}
	return m
}

func atLeast(version string, major, minor int) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return true
	}
	a, err1 := strconv.Atoi(parts[0])
	b, err2 := strconv.Atoi(parts[1])
	return err1 != nil || err2 != nil || a > major || a == major && b >= minor
}
