package redisstore_test

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/gojobgen/jobgen/storage/storagetest"
	"github.com/redis/go-redis/v9"
)

func TestMain(m *testing.M) { os.Exit(testservers.Main(m)) }

var namespaces atomic.Int64

// fresh is the name of a namespace that nobody has used.
func fresh() string { return fmt.Sprintf("t%d", namespaces.Add(1)) }

// dial connects to the server that the tests of the package share.
func dial(t testing.TB) *redis.Client {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: testservers.RedisShared(t).Addr, Protocol: 2})
	t.Cleanup(func() { rdb.Close() })
	return rdb
}

// open opens a store that is closed with the test.
func open(t testing.TB, rdb redis.UniversalClient, opts ...redisstore.Option) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(rdb, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// opened is what a harness remembers of a store.
type opened struct {
	namespace string
	stores    *[]*redisstore.Store // of the test
	passed    time.Duration
}

// harness opens stores on a client; the stores of one test share a clock.
func harness(dial func(t testing.TB) redis.UniversalClient, opts ...redisstore.Option) storagetest.Harness {
	var all, tests sync.Map // by store; by test
	return storagetest.Harness{
		Open: func(t *testing.T) storage.Store {
			o := &opened{namespace: fresh(), stores: new([]*redisstore.Store)}
			s := open(t, dial(t), append(opts, redisstore.Namespace(o.namespace))...)
			*o.stores = append(*o.stores, s)
			all.Store(s, o)
			tests.Store(t, o)
			return s
		},
		Reopen: func(t *testing.T, s storage.Store) storage.Store {
			v, _ := all.Load(s)
			o := v.(*opened)
			again := open(t, dial(t), append(opts, redisstore.Namespace(o.namespace))...)
			again.Advance(o.passed)
			*o.stores = append(*o.stores, again)
			all.Store(again, o)
			return again
		},
		Advance: func(t *testing.T, d time.Duration) {
			v, _ := tests.Load(t)
			o := v.(*opened)
			o.passed += d
			for _, s := range *o.stores {
				s.Advance(d)
			}
		},
		OpenBench: func(b *testing.B) storage.Store {
			return open(b, dial(b), append(opts, redisstore.Namespace(fresh()))...)
		},
		Durable: true,
	}
}

// TestStore runs the specification of package storage.
func TestStore(t *testing.T) {
	storagetest.Run(t, harness(func(t testing.TB) redis.UniversalClient { return dial(t) }))
}

func BenchmarkStore(b *testing.B) {
	storagetest.Bench(b, harness(func(t testing.TB) redis.UniversalClient { return dial(t) }))
}
