package redisstore

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// claim is what a plain fetch puts beside the record of a job that it gives: session, time
// of the fetch, time of the start (0 while it is held ready), number of the fetch, number of
// the call, name of the server. lua/plain_fetch.lua writes it, lua/claim.lua reads it. The
// jobs of one call share it, but for those with another number of fetch or not started.
type claim struct {
	text      string
	session   storage.ID
	at, start int64
	fetch     uint32
	call      uint64
	server    string
}

func newClaim(session storage.ID, at, start int64, fetch uint32, call uint64, server string) *claim {
	t := make([]byte, 0, 39+len(server))
	t = append(t, session[:]...)
	t = append(append(t, be6(at)...), be6(start)...)
	t = binary.BigEndian.AppendUint32(t, fetch)
	t = append(append(t, be6(int64(call))...), byte(len(server)))
	return &claim{string(append(t, server...)), session, at, start, fetch, call, server}
}

// started is the claim of a job that was held ready, from its start on.
func (c *claim) started(at int64) *claim {
	return newClaim(c.session, c.at, at, c.fetch, c.call, c.server)
}

const claimStart = 22 // where the start is in the text of a claim

// appendEnd appends the claim with a success behind it: time of the end, until when the job
// is retained, run time in ns in 8 bytes, result. So it stays beside the record.
func (c *claim) appendEnd(b []byte, now, retained int64, took time.Duration, result []byte) []byte {
	from := len(b)
	b = append(b, c.text...)
	if c.start == 0 {
		begun := now - (int64(took)+999_999)/1_000_000
		copy(b[from+claimStart:], be6(max(begun, 1)))
	}
	b = append(append(b, be6(now)...), be6(min(retained, maxTime))...)
	b = binary.BigEndian.AppendUint64(b, uint64(took))
	return append(b, result...)
}

// claimed is the record of a job with its claim taken into it, as claim.apply makes it.
func claimed(r record, c *claim) record {
	old := headLen + int(r[atServerLen])
	n := make(record, 0, len(r)+2*len(c.server)+64)
	n = append(n, r[:headLen-1]...)
	n = append(append(n, byte(len(c.server))), c.server...)
	n = append(n, r[old:]...)
	n[atState] = byte(storage.Processing)
	n[atBits] &^= bitPacked
	binary.BigEndian.PutUint32(n[atFetches:], c.fetch)
	copy(n[atSession:], c.session[:])
	clear(n[atFinished : atRetained+6])
	clear(n[atReport : atReport+6])
	n[atEntries]++
	if c.start == 0 {
		n[atBits] |= bitAhead
	} else {
		n[atBits] |= bitBegun
		copy(n[atStarted:], be6(c.start))
		clear(n[atExpires : atExpires+6])
	}
	n = binary.BigEndian.AppendUint16(n, uint16(32+len(c.server)))
	n = append(n, markRun, byte(storage.Processing))
	n = append(n, be6(c.at)...)
	n = append(n, r[atAttempt:atAttempt+3]...)
	n = append(n, n[atFetches:atFetches+4]...)
	n = append(n, c.session[:]...)
	return append(append(n, byte(len(c.server))), c.server...)
}

// alone reports whether the end of the job is nobody else's matter.
func (r record) alone() bool {
	return binary.BigEndian.Uint32(r[atKids:]) == 0 && r[atFlags]&(hasMore|hasCancel) == 0
}

// mine is a run that a plain fetch of this Store gave.
type mine struct {
	claim *claim
	names [16]byte // N8 of queue and kind
	alone bool
}

func (m *mine) of(t storage.Token) bool {
	return m.claim != nil && int(m.claim.fetch) == t.Fetch && m.claim.session == t.Session
}

// runs remembers what plain fetches of this Store gave, until it is settled.
type runs struct {
	mu  sync.Mutex
	all map[storage.ID]mine
}

// mostRuns is how many are remembered at most. What is not known is settled by the full
// script.
const mostRuns = 100_000

func (r *runs) add(id storage.ID, m mine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil || len(r.all) >= mostRuns {
		r.all = make(map[storage.ID]mine)
	}
	r.all[id] = m
}

// of is the run that a token is about.
func (r *runs) of(t storage.Token) (m mine, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m = r.all[t.Job]
	return m, m.of(t)
}

// forget drops the run of a token: it is over, or something else wrote about it.
func (r *runs) forget(t storage.Token) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.all[t.Job]; m.of(t) {
		delete(r.all, t.Job)
	}
}

// forgetSession drops all runs of a session that is over.
func (r *runs) forgetSession(session storage.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, m := range r.all {
		if m.claim.session == session {
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
