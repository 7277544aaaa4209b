package testservers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// RedisSentinelServers is a master with one replica, watched by three Sentinels.
type RedisSentinelServers struct {
	Nodes     []*RedisServer // the first master, then its replica; a failover swaps their roles
	Sentinels []*Server
	Addrs     []string // of the Sentinels
}

// SentinelMaster is the name by which the Sentinels know the master.
const SentinelMaster = "jobs"

// RedisSentinel starts a master, a replica and three Sentinels for this test alone. A
// silent master is called dead after 1 s.
func RedisSentinel(tb TB, o RedisOptions) *RedisSentinelServers {
	tb.Helper()
	g := &RedisSentinelServers{}
	must(tb, g.start(tb, o))
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	must(tb, until(ctx, func() error { return g.complete(ctx) }))
	return g
}

// Master is the node that the Sentinels call master now.
func (g *RedisSentinelServers) Master(ctx context.Context) (*RedisServer, error) {
	reply, err := redisDo(ctx, g.Addrs[0], "SENTINEL", "get-master-addr-by-name", SentinelMaster)
	if err != nil {
		return nil, fmt.Errorf("testservers: ask for the master: %w", err)
	}
	for _, n := range g.Nodes {
		if n.Addr == strings.Replace(reply, "\n", ":", 1) {
			return n, nil
		}
	}
	return nil, fmt.Errorf("testservers: the Sentinels name a master that is none of ours: %q", reply)
}

func (g *RedisSentinelServers) start(tb TB, o RedisOptions) error {
	master, err := startRedis(o)
	if err != nil {
		return err
	}
	own(tb, master.Server)
	host, port, _ := strings.Cut(master.Addr, ":")
	copied := o
	copied.Config = append([]string{"replicaof " + host + " " + port}, o.Config...)
	replica, err := startRedis(copied)
	if err != nil {
		return err
	}
	own(tb, replica.Server)
	g.Nodes = []*RedisServer{master, replica}
	for range 3 {
		var port int
		s, err := launch(1, func(ports []int) (*Server, error) {
			port = ports[0]
			return sentinelServer(port, master.Addr)
		})
		if err != nil {
			return err
		}
		own(tb, s)
		g.Sentinels, g.Addrs = append(g.Sentinels, s), append(g.Addrs, addr(port))
	}
	return nil
}

func sentinelServer(port int, master string) (*Server, error) {
	binary, err := find("JOBGEN_REDIS_SERVER", nil, "redis-server", "valkey-server")
	if err != nil {
		return nil, err
	}
	dir, err := newFolder("sentinel", "", nil)
	if err != nil {
		return nil, err
	}
	lines := []string{"port " + strconv.Itoa(port), "bind " + loopback, "dir " + dir, "daemonize no",
		"sentinel monitor " + SentinelMaster + " " + strings.Replace(master, ":", " ", 1) + " 2",
		"sentinel down-after-milliseconds " + SentinelMaster + " 1000",
		"sentinel failover-timeout " + SentinelMaster + " 3000"}
	file := filepath.Join(dir, "sentinel.conf")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("testservers: %w", err)
	}
	return redisProcess("sentinel", dir, port, binary, file, "--sentinel"), nil
}

// complete reports whether every Sentinel knows the two others and a replica that can
// take over.
func (g *RedisSentinelServers) complete(ctx context.Context) error {
	for _, a := range g.Addrs {
		text, err := redisDo(ctx, a, "SENTINEL", "master", SentinelMaster)
		if err != nil {
			return err
		}
		fields := strings.Split(text, "\n")
		for i := 0; i+1 < len(fields); i += 2 {
			want := map[string]string{"num-other-sentinels": "2", "num-slaves": "1"}[fields[i]]
			if want != "" && fields[i+1] != want {
				return fmt.Errorf("sentinel %s: %s is %s", a, fields[i], fields[i+1])
			}
		}
	}
	info, err := g.Nodes[1].Do(ctx, "INFO", "replication")
	if err == nil && !strings.Contains(info, "master_link_status:up") {
		err = fmt.Errorf("the replica has no link to its master: %s", info)
	}
	return err
}
