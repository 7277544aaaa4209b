package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/gojobgen/jobgen/storage/storagetest"
	"github.com/redis/go-redis/v9"
)

// cluster connects to the servers of a Redis Cluster.
func cluster(t *testing.T, servers *testservers.RedisClusterServers) *redis.ClusterClient {
	t.Helper()
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: servers.Addrs()})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// TestCluster runs the specification of package storage on a Redis Cluster.
func TestCluster(t *testing.T) {
	rdb := cluster(t, testservers.RedisClusterShared(t))
	h := harness(func(testing.TB) redis.UniversalClient { return rdb }, redisstore.Shards(shards))
	h.Lanes = shards
	storagetest.Run(t, h)
}

// A store follows its shard to the new master when a master dies, and has what the
// replica had.
func TestClusterFailover(t *testing.T) {
	servers := testservers.RedisCluster(t, 3, 1, testservers.RedisOptions{})
	name := fresh()
	s := open(t, cluster(t, servers), redisstore.Namespace(name), redisstore.Shards(3), redisstore.WaitReplicas(1, time.Second))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	inShard := func(shard int) storage.ID { return storage.NewIDIn(uint16((shard<<storage.LaneBits)/3 + 7)) }
	before := storage.NewJob{ID: inShard(0), Kind: "k", Queue: "q"}
	mustInsert(t, s, one(before))
	master, err := servers.Master(ctx, redisstore.Slot(name, 0, 3))
	if err != nil {
		t.Fatal(err)
	}
	if err := master.Kill(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for {
		try, stop := context.WithTimeout(ctx, 2*time.Second)
		_, err = s.Job(try, before.ID)
		stop()
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("not back a minute after the master died: %v", err)
		}
		time.Sleep(50 * time.Millisecond) // nobody tells of a failover
	}
	t.Logf("back after %v", time.Since(began))
	w := newWorker(t, s, "q", "k")
	if jobs := w.fetch(t, 10); len(jobs) != 1 || jobs[0].Job.ID != before.ID {
		t.Errorf("the job that a replica had is there: got %d jobs", len(jobs))
	}
}
