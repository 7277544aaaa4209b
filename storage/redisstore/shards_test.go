package redisstore_test

import (
	"testing"

	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/gojobgen/jobgen/storage/storagetest"
	"github.com/redis/go-redis/v9"
)

// TestShards runs the specification of package storage over several shards.
func TestShards(t *testing.T) {
	h := harness(func(t testing.TB) redis.UniversalClient { return dial(t) }, redisstore.Shards(6))
	h.Lanes = 6
	storagetest.Run(t, h)
}
