package testservers

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// RedisClusterServers is a Redis Cluster on this machine.
type RedisClusterServers struct {
	Nodes []*RedisServer // the masters first, then the replicas; failovers swap their roles
	ids   []string
}

// clusterNodeTimeout is when nodes call a silent one failed, in milliseconds.
const clusterNodeTimeout = 2000

var clusterShared shared[*RedisClusterServers]

// RedisClusterShared is the cluster of 3 masters and 3 replicas that all tests of this
// binary share; none of them kills its nodes.
func RedisClusterShared(tb TB) *RedisClusterServers {
	tb.Helper()
	return clusterShared.get(tb, func() (*RedisClusterServers, error) { return startCluster(3, 1, RedisOptions{}) })
}

// RedisCluster starts a cluster for this test alone: so many masters, each with so
// many replicas, and a node timeout of 2 s.
func RedisCluster(tb TB, masters, replicas int, o RedisOptions) *RedisClusterServers {
	tb.Helper()
	c, err := startCluster(masters, replicas, o)
	must(tb, err)
	for _, n := range c.Nodes {
		own(tb, n.Server)
	}
	return c
}

// Addrs are the addresses of all nodes.
func (c *RedisClusterServers) Addrs() []string {
	var all []string
	for _, n := range c.Nodes {
		all = append(all, n.Addr)
	}
	return all
}

// Master is the living node that serves a slot (0 to 16383) now, as a node that lives
// knows it.
func (c *RedisClusterServers) Master(ctx context.Context, slot int) (*RedisServer, error) {
	for _, asked := range c.Nodes {
		text, err := asked.Do(ctx, "CLUSTER", "NODES")
		if err != nil {
			continue // this one may be the dead one
		}
		if n := c.holder(text, slot); n != nil && n.PID() != 0 {
			return n, nil
		}
	}
	return nil, fmt.Errorf("testservers: no living node of the cluster serves slot %d", slot)
}

// holder reads the lines of CLUSTER NODES: id, address, flags, master, three numbers,
// link state, slots.
func (c *RedisClusterServers) holder(nodes string, slot int) *RedisServer {
	for _, line := range strings.Split(nodes, "\n") {
		f := strings.Fields(line)
		if len(f) < 9 || !strings.Contains(f[2], "master") || strings.Contains(f[2], "fail") {
			continue
		}
		for _, span := range f[8:] {
			from, to, found := strings.Cut(span, "-")
			if !found {
				to = from
			}
			a, err1 := strconv.Atoi(from)
			b, err2 := strconv.Atoi(to)
			if err1 == nil && err2 == nil && a <= slot && slot <= b {
				return c.node(f[0])
			}
		}
	}
	return nil
}

func (c *RedisClusterServers) node(id string) *RedisServer {
	for i, known := range c.ids {
		if known == id {
			return c.Nodes[i]
		}
	}
	return nil
}

func startCluster(masters, replicas int, o RedisOptions) (*RedisClusterServers, error) {
	c := &RedisClusterServers{}
	for range masters * (1 + replicas) {
		n, err := startNode(o)
		if err != nil {
			c.discard()
			return nil, err
		}
		c.Nodes = append(c.Nodes, n)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	if err := c.join(ctx, masters, replicas); err != nil {
		c.discard()
		return nil, fmt.Errorf("testservers: make a Redis Cluster: %w", err)
	}
	return c, nil
}

func (c *RedisClusterServers) discard() {
	for _, n := range c.Nodes {
		n.discard()
	}
}

// startNode starts a node. Its second port is for the other nodes; the customary one,
// 10000 above the first, may not exist.
func startNode(o RedisOptions) (*RedisServer, error) {
	var port int
	s, err := launch(2, func(ports []int) (*Server, error) {
		port = ports[0]
		own := o
		own.Config = append([]string{"cluster-enabled yes", "cluster-port " + strconv.Itoa(ports[1]),
			"cluster-node-timeout " + strconv.Itoa(clusterNodeTimeout), "cluster-config-file nodes.conf"}, o.Config...)
		return redisServer("redis-node", port, own)
	})
	if err != nil {
		return nil, err
	}
	return &RedisServer{Server: s, Addr: addr(port)}, nil
}

// join makes one cluster of the nodes: epochs, slots, introductions, replicas.
func (c *RedisClusterServers) join(ctx context.Context, masters, replicas int) error {
	const slots = 16384
	for i, n := range c.Nodes {
		id, err := n.Do(ctx, "CLUSTER", "MYID")
		if err != nil {
			return err
		}
		c.ids = append(c.ids, id)
		if _, err := n.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1)); err != nil {
			return err
		}
		if i < masters {
			from, to := i*slots/masters, (i+1)*slots/masters-1
			if _, err := n.Do(ctx, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(from), strconv.Itoa(to)); err != nil {
				return err
			}
		}
	}
	if err := c.introduce(ctx); err != nil {
		return err
	}
	for i, n := range c.Nodes[masters:] {
		master := c.ids[i/max(replicas, 1)]
		// Refused until the gossip has told this node of its master.
		if err := until(ctx, func() error { _, err := n.Do(ctx, "CLUSTER", "REPLICATE", master); return err }); err != nil {
			return err
		}
	}
	return until(ctx, func() error { return c.complete(ctx, masters) })
}

// introduce makes every node known to every other.
func (c *RedisClusterServers) introduce(ctx context.Context) error {
	first := c.Nodes[0]
	host, port, _ := strings.Cut(first.Addr, ":")
	bus, err := first.Do(ctx, "CONFIG", "GET", "cluster-port")
	if err != nil {
		return err
	}
	_, bus, _ = strings.Cut(bus, "\n")
	for _, n := range c.Nodes[1:] {
		if _, err := n.Do(ctx, "CLUSTER", "MEET", host, port, bus); err != nil {
			return err
		}
	}
	return nil
}

// complete reports whether every node sees a working cluster and every replica holds
// its master's data.
func (c *RedisClusterServers) complete(ctx context.Context, masters int) error {
	for i, n := range c.Nodes {
		info, err := n.Do(ctx, "CLUSTER", "INFO")
		if err != nil {
			return err
		}
		if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d\r", len(c.Nodes))) {
			return fmt.Errorf("node %d: %s", i, info)
		}
		if i < masters {
			continue
		}
		if info, err = n.Do(ctx, "INFO", "replication"); err != nil {
			return err
		}
		if !strings.Contains(info, "master_link_status:up") {
			return fmt.Errorf("node %d: %s", i, info)
		}
	}
	return nil
}

// until repeats what fails until it does not, or ctx ends.
func until(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(20 * time.Millisecond): // servers tell nobody that they are ready
		}
	}
}
