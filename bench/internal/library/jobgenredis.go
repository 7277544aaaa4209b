package library

import (
	"context"
	"errors"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/redis/go-redis/v9"
)

var jobgenRedis = ours("redisstore", func(_ context.Context, s Setup) (storage.Store, func() error, error) {
	rdb := redisClient(s)
	store, err := redisstore.New(rdb)
	if err != nil {
		return nil, nil, errors.Join(err, rdb.Close())
	}
	return store, rdb.Close, nil
})

// redisClient is the client of all libraries on Redis, with go-redis's defaults.
func redisClient(s Setup) redis.UniversalClient {
	return redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{s.Space.Address}, Dialer: s.Wire.Dial})
}
