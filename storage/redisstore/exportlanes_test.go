package redisstore

import (
	"context"
	"strings"

	"github.com/gojobgen/jobgen/storage"
	"github.com/redis/go-redis/v9"
)

// Abandon does what an insert of g does in other shards, and dies before it stores it.
func (s *Store) Abandon(ctx context.Context, g *storage.Group) error {
	_, err := s.reserve(ctx, s.shardOf(groupID(g)), wantedBy(g))
	return err
}

// AbandonFar does what an insert of g does in other shards for parents and batches, and
// dies before it stores it.
func (s *Store) AbandonFar(ctx context.Context, g *storage.Group) error {
	r, err := s.reserve(ctx, s.shardOf(groupID(g)), nil)
	if err != nil {
		return err
	}
	return r.meet(ctx, s.shardOf(groupID(g)), g)
}

// Mute makes the store leave the messages between shards to others, as a process that
// dies after each step.
func (s *Store) Mute() { s.mute.Store(true) }

// Mail are the messages that are left in a shard for another.
func (s *Store) Mail(ctx context.Context, from, to int) ([]string, error) {
	prefix := string([]byte{byte(to >> 8), byte(to)})
	return s.rdb.ZRangeByLex(ctx, s.shards[from].key("out"), &redis.ZRangeBy{Min: "[" + prefix, Max: "[" + prefix + strings.Repeat("\xff", 60)}).Result()
}

// Carry delivers messages, also ones that came already.
func (s *Store) Carry(ctx context.Context, from, to int, mail []string) error {
	_, _, err := s.shards[to].take(ctx, s.shards[from], mail)
	return err
}

// Slot is the Cluster slot of a shard.
func Slot(namespace string, shard, n int) int { return int(crc16(tagOf(namespace, shard, n))) % slots }

// Left counts what is left in all shards of messages, slots, reservations and preparations.
func (s *Store) Left(ctx context.Context) (map[string]int64, error) {
	left := make(map[string]int64)
	for _, sh := range s.shards {
		for _, key := range []string{"out", "slot"} {
			n, err := s.rdb.ZCard(ctx, sh.key(key)).Result()
			if err != nil {
				return nil, err
			}
			left[key] += n
		}
		for _, key := range []string{"reserve", "prep"} {
			n, err := s.rdb.HLen(ctx, sh.key(key)).Result()
			if err != nil {
				return nil, err
			}
			left[key] += n
		}
	}
	return left, nil
}
