package redisstore

import (
	"context"
	"encoding/binary"

	"github.com/redis/go-redis/v9"
)

// What a step in one shard means for another is left there as a message, in the same
// step. Whoever ran the script delivers it at once, and Tick what a caller left. Messages
// from one shard to another have rising numbers and are taken once, in order: they are read
// from the first that is left, and removed when they have been taken.

var deliverScript = lazySafe("deliver")

const (
	// mailBag is how many messages one script takes.
	mailBag = 50
	// bagBytes is how many bytes, if they are more than one message.
	bagBytes = 2 << 20
	// mostBags is how many scripts one call runs for one shard's messages to another.
	mostBags = 40
	// mostHops is how far one call follows what messages cause in further shards.
	mostHops = 16
)

// hops is the key of a context for how many messages caused the call.
type hops struct{}

// deliver takes the messages of sh to the shards that it has some for, given as 2 bytes
// each. What fails, or is more than one call should do, is left: it is in the shard, and the
// next Tick goes on.
func (sh *shard) deliver(ctx context.Context, targets string) {
	n, _ := ctx.Value(hops{}).(int)
	if n >= mostHops || sh.s.mute.Load() {
		return
	}
	ctx = context.WithValue(ctx, hops{}, n+1)
	for ; len(targets) >= 2; targets = targets[2:] {
		n := int(binary.BigEndian.Uint16([]byte(targets)))
		if n < len(sh.s.shards) {
			sh.deliverTo(ctx, sh.s.shards[n])
		}
	}
}

func (sh *shard) deliverTo(ctx context.Context, to *shard) {
	prefix := string(binary.BigEndian.AppendUint16(nil, uint16(to.n)))
	end := "(" + string(binary.BigEndian.AppendUint16(nil, uint16(to.n)+1))
	for range mostBags {
		bag, err := sh.s.rdb.ZRangeByLex(ctx, sh.key("out"), &redis.ZRangeBy{Min: "[" + prefix, Max: end, Count: mailBag}).Result()
		if err != nil || len(bag) == 0 {
			return
		}
		last, took, err := to.take(ctx, sh, bag)
		if err != nil || last == 0 {
			return
		}
		upto := "(" + prefix + string(be6(last+1))
		if err := sh.s.rdb.ZRemRangeByLex(ctx, sh.key("out"), "["+prefix, upto).Err(); err != nil || took == len(bag) && len(bag) < mailBag {
			return
		}
	}
}

// take takes messages of another shard, as members of its key out. It gives the number of
// the last that came, and how many were sent.
func (sh *shard) take(ctx context.Context, from *shard, bag []string) (last int64, took int, err error) {
	args, size := []any{from.n}, 0
	for _, message := range bag {
		if size += len(message); took > 0 && size > bagBytes {
			break
		}
		args = append(args, message[2:])
		took++
	}
	reply, err := sh.call(ctx, deliverScript(), args...)
	return asInt(reply), took, err
}
