package redisstore

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/redis/go-redis/v9"
)

// What a plain fetch gave is settled with the record that Go has made; everything else
// sees the one that Lua makes of the same claim.
func TestClaimedIsAlikeInGoAndLua(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.RedisShared(t).Addr, Protocol: 2})
	defer rdb.Close()
	apply := redis.NewScript(load("claim").text + "return claim.apply(ARGV[1], ARGV[2])")
	for i := range 200 {
		r := randomRecord(i)
		session, start := storage.NewID(), int64(1_700_000_000_000+i)
		if i%3 == 0 {
			start = 0
		}
		server := "server"[:i%7]
		want := claimed(r, session, 1_700_000_000_000, start, server)
		claim := newClaim(session, 1_700_000_000_000, start, uint32(want.fetches()), server)
		got, err := apply.Run(t.Context(), rdb, []string{"claim"}, []byte(r), claim).Text()
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Fatalf("record %d with a claim:\nLua %x\nGo  %x", i, got, want)
		}
		if !want.valid() || want.server() != server || want.state() != storage.Processing || want.bit(bitAhead) != (start == 0) {
			t.Fatalf("record %d with a claim is %x", i, want)
		}
	}
}

// randomRecord is one of a job that waits, with some history.
func randomRecord(seed int) record {
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	r := make(record, headLen)
	for i := range r {
		r[i] = byte(rng.UintN(256))
	}
	r[atState] = byte(storage.Enqueued)
	r[atBits] &^= bitAhead
	r[atFlags] &^= hasMore | hasCancel | hasProgress
	clear(r[atSession : atSession+16])
	r[atEntries] = byte(rng.UintN(40))
	r[atServerLen] = byte(rng.UintN(20))
	r = append(r, bytes.Repeat([]byte{'s'}, int(r[atServerLen]))...)
	return append(r, bytes.Repeat([]byte{0, 8, 0, 3, 1, 2, 3, 4, 5, 6}, int(rng.UintN(4)))...)
}
