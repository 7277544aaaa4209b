package redisstore

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/redis/go-redis/v9"
)

// What a plain fetch gives Go makes of the claim; everything else sees the record that Lua
// makes of it.
func TestClaimedIsAlikeInGoAndLua(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.RedisShared(t).Addr, Protocol: 2})
	defer rdb.Close()
	apply := redis.NewScript(load("claim").text + "return {claim.apply(ARGV[1], ARGV[2])}")
	var keys []string
	for _, k := range load("claim").keys {
		keys = append(keys, keyNames[k])
	}
	in := func(r record, claim string) (string, string) {
		got, err := apply.Run(t.Context(), rdb, keys, []byte(r), claim).Slice()
		if err != nil {
			t.Fatal(err)
		}
		return asString(got[0]), asString(append(got, "")[1])
	}
	for i := range 200 {
		r := randomRecord(i)
		session, start := storage.NewID(), int64(1_700_000_000_000+i)
		if i%3 == 0 {
			start = 0
		}
		server := "server"[:i%7]
		c := newClaim(session, 1_700_000_000_000, start, uint32(r.fetches())+1, uint64(i), server)
		want := claimed(r, c)
		if got, _ := in(r, c.text); got != string(want) {
			t.Fatalf("record %d with a claim:\nLua %x\nGo  %x", i, got, want)
		}
		if !want.valid() || want.server() != server || want.state() != storage.Processing || want.bit(bitAhead) != (start == 0) {
			t.Fatalf("record %d with a claim is %x", i, want)
		}
		result := []byte("result"[:i%5])
		now, took := int64(1_700_000_001_000+i), time.Duration(i)*time.Millisecond/2
		want = want.succeeded(now, now+5000, took, len(result) > 0)
		got, gave := in(r, string(c.appendEnd(nil, now, now+5000, took, result)))
		if got != string(want) || gave != string(result) {
			t.Fatalf("record %d with a claim and its end:\nLua %x, %q\nGo  %x, %q", i, got, gave, want, result)
		}
	}
}

// succeeded is a record with a claim in it as a success ends it.
func (r record) succeeded(now, retained int64, took time.Duration, result bool) record {
	n := slices.Clone(r)
	n[atState] = byte(storage.Succeeded)
	if r.bit(bitAhead) {
		begun := now - (int64(took)+999_999)/1_000_000
		copy(n[atStarted:], be6(max(begun, 1)))
	}
	n[atBits] = n[atBits]&^(bitAhead|bitNoAhead) | bitBegun | bitCounted
	if result {
		n[atFlags] |= hasResult
	}
	copy(n[atSettled:], r[atSession:atSession+16])
	copy(n[atSettled+16:], r[atFetches:atFetches+4])
	n[atSettled+20] = byte(storage.Succeed)
	clear(n[atSession : atSession+16])
	copy(n[atFinished:], be6(now))
	copy(n[atRetained:], be6(retained))
	clear(n[atExpires : atExpires+6])
	n[atEntries]++
	n = append(n, 0, 17, markSame|markEnd, byte(storage.Succeeded))
	n = append(append(n, be6(now)...), byte(storage.Succeed))
	return binary.BigEndian.AppendUint64(n, uint64(took))
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
