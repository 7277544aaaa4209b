package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/gojobgen/jobgen/storage"
	"github.com/redis/go-redis/v9"
)

// Shards spreads the jobs over n slots of a Redis Cluster, 1 to 64. It is fixed by the
// first store of a namespace: another number is an error. The default is what the
// namespace has; for a new one 12 on a Cluster, and 1 on other servers.
func Shards(n int) Option { return func(o *options) { o.shards = n } }

const (
	maxShards     = 64
	clusterShards = 12
	slots         = 1 << 14
)

// spread makes the shards, as many as the namespace has or gets now.
func (s *Store) spread(ctx context.Context) error {
	n := s.opt.shards
	if _, cluster := s.rdb.(*redis.ClusterClient); n == 0 && cluster {
		n = clusterShards
	} else if n == 0 {
		n = 1
	}
	if n < 0 || n > maxShards {
		return fmt.Errorf("redisstore: %w: %d shards: take 1 to %d", storage.ErrInvalid, s.opt.shards, maxShards)
	}
	key := "jg:{" + s.opt.namespace + "}:shards"
	if _, err := s.rdb.SetNX(ctx, key, n, 0).Result(); err != nil {
		return s.fault("fixing the number of shards", err)
	}
	text, err := s.rdb.Get(ctx, key).Result()
	if err != nil {
		return s.fault("reading the number of shards", err)
	}
	was, _ := strconv.Atoi(text)
	if s.opt.shards == 0 && was > 0 && was <= maxShards {
		n = was
	}
	if was != n {
		return fmt.Errorf("redisstore: %w: the namespace %q has %s shards, not %d: open it with Shards(%s), or take another namespace",
			storage.ErrInvalid, s.opt.namespace, text, n, text)
	}
	for i := range n {
		s.shards = append(s.shards, newShard(s, i, tagOf(s.opt.namespace, i, n)))
	}
	s.info.Lanes = n
	return nil
}

// tagOf is the tag of the keys of a shard: one whose slot is in the shard's part of all
// slots, so that the shards lie evenly on servers that have even parts.
func tagOf(namespace string, shard, n int) string {
	tag := fmt.Sprintf("%s:%d", namespace, shard)
	if n == 1 {
		return tag
	}
	for i := 0; ; i++ {
		if t := fmt.Sprintf("%s:%d", tag, i); int(crc16(t))%slots*n/slots == shard {
			return t
		}
	}
}

// crc16 is the sum from which Redis Cluster takes slots: CRC-16/XMODEM.
func crc16(text string) (sum uint16) {
	for i := range len(text) {
		sum ^= uint16(text[i]) << 8
		for range 8 {
			if sum&0x8000 != 0 {
				sum = sum<<1 ^ 0x1021
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

// each does something with every shard: with several at once, so that one that does not
// answer does not hold up the others. All are tried; the errors are joined.
func (s *Store) each(do func(sh *shard) error) error {
	if len(s.shards) == 1 {
		return do(s.shards[0])
	}
	errs := make([]error, len(s.shards))
	var all sync.WaitGroup
	for i, sh := range s.shards {
		all.Go(func() { errs[i] = do(sh) })
	}
	all.Wait()
	return errors.Join(errs...)
}
