package redisstore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/redis/go-redis/v9"
)

// connect connects to a server of the test's own.
func connect(t testing.TB, addr string) *redis.Client {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// Settings under which acknowledged jobs can be lost are told, each with its cure.
func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name string
		opts testservers.RedisOptions
		want []string // the cures
	}{
		{"a safe server", testservers.RedisOptions{AOF: "everysec"}, nil},
		{"nothing is written", testservers.RedisOptions{}, []string{"set appendonly yes"}},
		{"written some time", testservers.RedisOptions{AOF: "no"}, []string{"set it to everysec or always"}},
		{"jobs are evicted", testservers.RedisOptions{AOF: "always", Config: []string{"maxmemory-policy allkeys-lru"}},
			[]string{"set it to noeviction"}},
		{"a managed server", testservers.RedisOptions{Config: []string{`rename-command CONFIG ""`, "maxmemory-policy volatile-ttl"}},
			[]string{"set it to noeviction", "set appendonly yes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var told []string
			rdb := connect(t, testservers.Redis(t, c.opts).Addr)
			s := open(t, rdb, redisstore.Warn(func(text string) { told = append(told, text) }))
			if !slices.Equal(told, s.Warnings()) {
				t.Errorf("Warn is told what Warnings lists: got %q and %q", told, s.Warnings())
			}
			if len(told) != len(c.want) {
				t.Fatalf("want %d warnings, got %q", len(c.want), told)
			}
			for i, cure := range c.want {
				if !strings.Contains(told[i], cure) {
					t.Errorf("want a warning with the cure %q, got %q", cure, told[i])
				}
			}
		})
	}
}

func TestNamespace(t *testing.T) {
	rdb := dial(t)
	for _, bad := range []string{"A", "a-b", "a b", "a:b", strings.Repeat("a", 33)} {
		if _, err := redisstore.New(rdb, redisstore.Namespace(bad)); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("namespace %q: want ErrInvalid, got %v", bad, err)
		}
	}
	a := open(t, rdb, redisstore.Namespace(fresh()))
	b := open(t, rdb, redisstore.Namespace(fresh()+strings.Repeat("z", 20)))
	j := storage.NewJob{ID: storage.NewID(), Kind: "k", Queue: "q"}
	mustInsert(t, a, storage.Group{Jobs: []storage.NewJob{j}})
	if _, err := a.Job(t.Context(), j.ID); err != nil {
		t.Error(err)
	}
	if _, err := b.Job(t.Context(), j.ID); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("another namespace does not see the job: got %v", err)
	}
}

// A store of a server that is not there fails at once, saying so.
func TestNoServer(t *testing.T) {
	server := testservers.Redis(t, testservers.RedisOptions{})
	rdb := connect(t, server.Addr)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	_, err := redisstore.New(rdb)
	if err == nil || !strings.Contains(err.Error(), "is it there, and is its address right") {
		t.Errorf("want an error with a cure, got %v", err)
	}
}

// A server with replicas that do not come keeps no promise about them.
func TestWaitReplicas(t *testing.T) {
	s := open(t, dial(t), redisstore.Namespace(fresh()), redisstore.WaitReplicas(1, 1e6))
	j := storage.NewJob{ID: storage.NewID(), Kind: "k", Queue: "q"}
	_, err := s.Insert(t.Context(), storage.Group{Jobs: []storage.NewJob{j}})
	if err == nil || !strings.Contains(err.Error(), "may survive a failover or not") {
		t.Errorf("Insert that no replica has: want an error that says so, got %v", err)
	}
	if _, err := s.Job(t.Context(), j.ID); err != nil {
		t.Errorf("the server itself has the job: got %v", err)
	}
}
