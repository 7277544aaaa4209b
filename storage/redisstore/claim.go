package redisstore

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// A claim is what a plain fetch puts beside the record of a job that it gives: session,
// time of the fetch, time of the start (0 while it is held ready), number of the fetch,
// name of the server. lua/plain_fetch.lua writes it, lua/claim.lua reads it.
func newClaim(session storage.ID, at, start int64, fetch uint32, server string) string {
	c := make([]byte, 0, 32+len(server))
	c = append(c, session[:]...)
	c = append(append(c, be6(at)...), be6(start)...)
	c = binary.BigEndian.AppendUint32(c, fetch)
	return string(append(c, server...))
}

// claimed is the record of a job with its claim taken into it, as claim.apply makes it.
func claimed(r record, session storage.ID, at, start int64, server string) record {
	old := headLen + int(r[atServerLen])
	n := make(record, 0, len(r)+2*len(server)+64)
	n = append(n, r[:headLen-1]...)
	n = append(append(n, byte(len(server))), server...)
	n = append(n, r[old:]...)
	n[atState] = byte(storage.Processing)
	binary.BigEndian.PutUint32(n[atFetches:], binary.BigEndian.Uint32(r[atFetches:])+1)
	copy(n[atSession:], session[:])
	clear(n[atFinished : atRetained+6])
	clear(n[atReport : atReport+6])
	n[atEntries]++
	if start == 0 {
		n[atBits] |= bitAhead
	} else {
		n[atBits] |= bitBegun
		copy(n[atStarted:], be6(start))
		clear(n[atExpires : atExpires+6])
	}
	n = binary.BigEndian.AppendUint16(n, uint16(32+len(server)))
	n = append(n, markRun, byte(storage.Processing))
	n = append(n, be6(at)...)
	n = append(n, r[atAttempt:atAttempt+3]...)
	n = append(n, n[atFetches:atFetches+4]...)
	n = append(n, session[:]...)
	return append(append(n, byte(len(server))), server...)
}

// succeeded is a record with a claim in it as a success ends it.
func (r record) succeeded(now, retained int64, took time.Duration, result bool) record {
	n := make(record, 0, len(r)+19)
	n = append(n, r...)
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
	copy(n[atRetained:], be6(min(retained, maxTime)))
	clear(n[atExpires : atExpires+6])
	n[atEntries]++
	n = append(n, 0, 17, markSame|markEnd, byte(storage.Succeeded))
	n = append(append(n, be6(now)...), byte(storage.Succeed))
	return binary.BigEndian.AppendUint64(n, uint64(took))
}

// alone reports whether the end of the job is nobody else's matter.
func (r record) alone() bool {
	return binary.BigEndian.Uint32(r[atKids:]) == 0 && r[atFlags]&(hasMore|hasCancel) == 0 && r[atEntries] < storage.MaxHistory
}

// run is the member of the key run of a processing job.
func (r record) run(id storage.ID) []byte {
	m := make([]byte, 0, 38)
	m = append(append(m, r[atSession:atSession+16]...), r[atSeq:atSeq+6]...)
	return append(m, id[:]...)
}

// mine is a run that a plain fetch of this Store gave: its record with the claim in it.
type mine struct {
	record record
	claim  string
	at     int64 // of the fetch
	fetch  uint32
	server string
}

func (m *mine) of(t storage.Token) bool {
	return int(m.fetch) == t.Fetch && string(m.record[atSession:atSession+16]) == string(t.Session[:])
}

// runs remembers what plain fetches of this Store gave, until it is settled.
type runs struct {
	mu  sync.Mutex
	all map[storage.ID]*mine
}

// mostRuns is how many are remembered at most. What is not known is settled by the full
// script.
const mostRuns = 100_000

func (r *runs) add(id storage.ID, m *mine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil || len(r.all) >= mostRuns {
		r.all = make(map[storage.ID]*mine)
	}
	r.all[id] = m
}

// of is the run that a token is about, or nil.
func (r *runs) of(t storage.Token) *mine {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.all[t.Job]; m != nil && m.of(t) {
		return m
	}
	return nil
}

// forget drops the run of a token: it is over, or something else wrote about it.
func (r *runs) forget(t storage.Token) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.all[t.Job]; m != nil && m.of(t) {
		delete(r.all, t.Job)
	}
}

// forgetSession drops all runs of a session that is over.
func (r *runs) forgetSession(session storage.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, m := range r.all {
		if string(m.record[atSession:atSession+16]) == string(session[:]) {
			delete(r.all, id)
		}
	}
}

// clock is the server's clock as the last answer told it, carried on by our own.
type clock struct {
	mu   sync.Mutex
	ms   int64
	read time.Time
}

// told notes the server's time in ms, without the offset of tests.
func (c *clock) told(ms int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ms, c.read = ms, time.Now()
}

// now is the server's time in ms; false when it was not told for so long that the clocks
// may have moved apart.
func (c *clock) now() (int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ms == 0 {
		return 0, false
	}
	d := time.Since(c.read)
	return c.ms + d.Milliseconds(), d < time.Minute
}
