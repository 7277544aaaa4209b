package redisstore_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/redis/go-redis/v9"
)

// linked waits until a replica has all of its master.
func linked(t *testing.T, master, replica *testservers.RedisServer) {
	t.Helper()
	for t.Context().Err() == nil {
		has, wanted := replication(t, replica), replication(t, master)
		if has["role"] == "slave" && has["master_link_status"] == "up" && has["slave_repl_offset"] == wanted["master_repl_offset"] {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatal("the replica is not linked")
}

// replication is what a server says of it.
func replication(t *testing.T, s *testservers.RedisServer) map[string]string {
	t.Helper()
	info, err := s.Do(t.Context(), "INFO", "replication")
	if err != nil {
		t.Fatal(err)
	}
	said := make(map[string]string)
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		said[name] = value
	}
	return said
}

// follow makes a server the replica of another, or of none.
func follow(t *testing.T, s *testservers.RedisServer, master ...string) {
	t.Helper()
	if len(master) == 0 {
		master = []string{"NO", "ONE"}
	}
	if _, err := s.Do(t.Context(), append([]string{"REPLICAOF"}, master...)...); err != nil {
		t.Fatal(err)
	}
}

// Master and replica change places, and the connection that listens stays where it is: what is
// published on the new master is heard there, though the new master counts nobody.
func TestParkedListenerStaysBehind(t *testing.T) {
	a, b := testservers.Redis(t, testservers.RedisOptions{}), testservers.Redis(t, testservers.RedisOptions{})
	hostA, portA, _ := strings.Cut(a.Addr, ":")
	hostB, portB, _ := strings.Cut(b.Addr, ":")
	follow(t, b, hostA, portA)
	var master atomic.Value
	master.Store(a.Addr)
	connect := func() *redis.Client {
		rdb := redis.NewClient(&redis.Options{Addr: a.Addr, Protocol: 2, Dialer: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, master.Load().(string))
		}})
		t.Cleanup(func() { _ = rdb.Close() })
		return rdb
	}
	p := newParkedOn(t, connect(), connect())
	linked(t, a, b)
	follow(t, b)
	master.Store(b.Addr)
	follow(t, a, hostB, portB)
	linked(t, b, a)
	for { // until no connection to the old master is used
		p.call++
		_, err := p.server.Fetch(t.Context(), storage.FetchRequest{Session: p.session, Call: p.call, Queues: p.queues, Kinds: p.kinds, Max: 10})
		if err == nil {
			break
		}
		if !strings.Contains(err.Error(), "READONLY") {
			t.Fatal(err)
		}
	}
	ids := p.insert(t, 1)
	wantState(t, p.client, ids[0], storage.Enqueued, "nobody listens on the new master")
	p.want(t, p.fetch(t, 10), ids)
	p.none(t)
}

// The store is again what it was before some calls, as after a failover to a replica that was
// behind: a call that was parked then is not answered any more.
func TestParkedBeforeFailover(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t, testservers.RedisOptions{}).Addr, Protocol: 2})
	defer rdb.Close()
	p := newParkedOn(t, rdb, rdb)
	keys := func() []string {
		all, err := rdb.Keys(t.Context(), "*").Result()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	kept := make(map[string]string)
	for _, key := range keys() {
		var err error
		if kept[key], err = rdb.Dump(t.Context(), key).Result(); err != nil {
			t.Fatal(err)
		}
	}
	lost := p.insert(t, 1)
	p.want(t, p.fetch(t, 10), lost)
	rdb.Del(t.Context(), keys()...)
	for key, value := range kept {
		if err := rdb.Restore(t.Context(), key, 0, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := rdb.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
		t.Fatal(err)
	}
	p.waitShortly(t) // hears of it
	p.waitShortly(t) // listens again
	ids := p.insert(t, 1)
	wantState(t, p.client, ids[0], storage.Enqueued, "the call was made long ago")
	p.want(t, p.fetch(t, 10), ids)
}

// In a Cluster nothing is parked, also where all is in one shard.
func TestParkedNotInCluster(t *testing.T) {
	rdb, name := cluster(t, testservers.RedisClusterShared(t)), redisstore.Namespace(fresh())
	w := newWorker(t, open(t, rdb, name, redisstore.Shards(1)), "q", "k")
	client := open(t, rdb, name, redisstore.Shards(1))
	w.waitShortly(t)
	w.fetch(t, 10)
	j := storage.NewJob{ID: storage.NewIDIn(1), Kind: "k", Queue: "q"}
	mustInsert(t, client, one(j))
	wantState(t, client, j.ID, storage.Enqueued, "no call is parked")
}

// A call for nothing gives what came for it, and ends the parking: a server that stops makes one.
func TestParkedCallForNothing(t *testing.T) {
	p := newParked(t)
	ids := p.insert(t, 2)
	p.want(t, p.fetch(t, 0), ids)
	p.none(t)
	p.fetch(t, 0)
	more := p.insert(t, 1)
	wantState(t, p.client, more[0], storage.Enqueued, "the session wants nothing")
}

// An answer that lay for a while does not set the clock back.
func TestParkedAnswerIsOld(t *testing.T) {
	p := newParked(t)
	ids := p.insert(t, 1) // its answer lies in the process
	<-time.After(50 * time.Millisecond)
	other := newWorker(t, p.server, "other", "k")
	j := storage.NewJob{ID: storage.NewIDIn(1), Kind: "k", Queue: "other"}
	mustInsert(t, p.client, one(j))
	jobs := other.fetch(t, 1)
	p.want(t, p.fetch(t, 10), ids)
	other.succeed(t, jobs...)
	d, err := p.client.Job(t.Context(), j.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d.FinishedAt.Before(d.StartedAt) {
		t.Errorf("started %v, finished %v", d.StartedAt, d.FinishedAt)
	}
}
