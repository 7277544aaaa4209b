package testservers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// RedisOptions are settings of one Redis. The zero value writes nothing to disk.
type RedisOptions struct {
	AOF    string   // "everysec" or "always": keep an append-only file, synced so
	Config []string // further lines of redis.conf, such as "maxmemory 100mb"
	Folder string   // where to put the data; empty: the temporary folder
}

// RedisServer is a Redis, or a Valkey.
type RedisServer struct {
	*Server
	Addr string // host:port
}

var redisShared shared[*RedisServer]

// RedisShared is the Redis that all tests of this binary share: each uses a namespace
// of its own. It keeps nothing on disk.
func RedisShared(tb TB) *RedisServer {
	tb.Helper()
	return redisShared.get(tb, func() (*RedisServer, error) { return startRedis(RedisOptions{}) })
}

// Redis starts a Redis for this test alone.
func Redis(tb TB, o RedisOptions) *RedisServer {
	tb.Helper()
	s, err := startRedis(o)
	must(tb, err)
	own(tb, s.Server)
	return s
}

// Do sends one command and gives the reply as text: for INFO, CONFIG, CLUSTER, DEBUG.
// An error reply is an error.
func (s *RedisServer) Do(ctx context.Context, args ...string) (string, error) {
	return redisDo(ctx, s.Addr, args...)
}

func startRedis(o RedisOptions) (*RedisServer, error) {
	var port int
	s, err := launch(1, func(ports []int) (*Server, error) {
		port = ports[0]
		return redisServer("redis", port, o)
	})
	if err != nil {
		return nil, err
	}
	return &RedisServer{Server: s, Addr: addr(port)}, nil
}

// redisServer prepares a Redis: its folder and its configuration.
func redisServer(name string, port int, o RedisOptions) (*Server, error) {
	binary, err := find("JOBGEN_REDIS_SERVER", nil, "redis-server", "valkey-server")
	if err != nil {
		return nil, err
	}
	dir, err := newFolder(name, o.Folder, nil)
	if err != nil {
		return nil, err
	}
	lines := []string{"port " + strconv.Itoa(port), "bind " + loopback, "dir " + dir, `save ""`,
		"daemonize no", "protected-mode no", "repl-diskless-sync-delay 0"}
	if o.AOF != "" {
		lines = append(lines, "appendonly yes", "appendfsync "+o.AOF)
	}
	lines = append(lines, o.Config...)
	file := filepath.Join(dir, "redis.conf")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return nil, err
	}
	return redisProcess(name, dir, port, binary, file), nil
}

// redisProcess is a Redis or Sentinel on its configuration file.
func redisProcess(name, dir string, port int, binary string, args ...string) *Server {
	return &Server{
		name: name, dir: dir, stop: stopByTerm,
		command: func() *exec.Cmd { return exec.Command(binary, args...) },
		ready: func(ctx context.Context) error {
			_, err := redisDo(ctx, addr(port), "PING") // an error while it loads its data
			return err
		},
	}
}
