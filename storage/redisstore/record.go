package redisstore

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// The record of a job is what changes in its life: a head of fixed length, the name of
// the server that runs or last ran it, and the history. lua/codec.lua reads and writes
// the same bytes; the plain scripts splice it at these places (0-based here, 1-based
// there). Numbers are big-endian, times milliseconds since 1970 with 0 for none.
const (
	atState     = 0  // storage.State
	atBits      = 1  // see the bits below
	atFlags     = 2  // see the flags below
	atFetches   = 3  // 4 bytes
	atSession   = 7  // 16 bytes; zero while nobody runs it
	atStarted   = 23 // 6 bytes
	atFinished  = 29 // 6 bytes
	atRetained  = 35 // 6 bytes
	atSettled   = 41 // the last settled token: session 16, fetch 4, storage.OutcomeKind 1
	atReport    = 62 // 6 bytes: number of the last report of this run
	atEntries   = 68 // entries of the history that are kept
	atBorn      = 69 // storage.State when stored
	atPriority  = 70
	atQueue     = 71  // N8
	atKind      = 79  // N8
	atPrint     = 87  // N8 of the fingerprint
	atSeq       = 95  // 6 bytes: its place in the queue
	atCreated   = 101 // 6 bytes
	atEnqueued  = 107 // 6 bytes
	atDue       = 113 // 6 bytes
	atExpires   = 119 // 6 bytes
	atAttempt   = 125 // 3 bytes
	atRetries   = 128 // 3 bytes
	atLost      = 131 // 2 bytes
	atKids      = 133 // 4 bytes: continuations that name it
	atWaiting   = 137 // 4 bytes: those that are awaiting
	atNotes     = 141 // 3 bytes: entries of todo about it
	atFailed    = 144 // 4 bytes: fetch of the last failed run, 0: none
	atDropped   = 148 // 3 bytes: history entries that were cut
	atLines     = 151 // 4 bytes: log lines of all attempts
	atLogOf     = 155 // 3 bytes: the attempt of the newest lines
	atLogged    = 158 // 4 bytes: lines of that attempt
	atLine      = 162 // 4 bytes: the held line it is on, 0: none
	atServerLen = 166
	headLen     = 167
)

// Bits of atBits.
const (
	bitBegun   = 1 << iota // a handler started since insert or requeue: expiry is over
	bitCounted             // final after a run that counts as an attempt
	bitRetried             // scheduled after a failed run
	bitAhead               // processing, held ready and not started
	bitNoAhead             // a dead session had it ahead
	bitKeyed               // holds its unique key
	bitSlots               // it occupies its limits
	bitPacked              // enqueued, in a pack of the line (lua/jobs.lua); nobody else's matter
)

// Bits of atFlags: what there is besides.
const (
	hasMore       = 1 << iota // an entry in more
	hasCancel                 // cancellation is requested
	hasInput                  // parts of the job
	hasCheckpoint             //
	hasResult                 //
	hasProgress               //
	hasPayload                //
)

// record is a decoded record.
type record []byte

func (r record) valid() bool { return len(r) >= headLen && len(r) >= headLen+int(r[atServerLen]) }

func (r record) state() storage.State { return storage.State(r[atState]) }
func (r record) has(flag byte) bool   { return r[atFlags]&flag != 0 }
func (r record) bit(bit byte) bool    { return r[atBits]&bit != 0 }
func (r record) fetches() int         { return int(binary.BigEndian.Uint32(r[atFetches:])) }
func (r record) lines() int           { return int(binary.BigEndian.Uint32(r[atLines:])) }
func (r record) dropped() int         { return u24(r[atDropped:]) }

func (r record) server() string {
	return string(r[headLen : headLen+int(r[atServerLen])])
}

func u24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

func u48(b []byte) int64 {
	return int64(binary.BigEndian.Uint16(b))<<32 | int64(binary.BigEndian.Uint32(b[2:]))
}

// at is a time of the record.
func at(b []byte) time.Time { return timeOf(u48(b)) }

// timeOf is the time of milliseconds since 1970, 0 for the zero time.
func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// maxTime is the latest time that a record holds: the year 10889.
const maxTime = 1<<48 - 1

// msOf is t in milliseconds since 1970, within what a record holds: 0 for the zero time,
// and 1 for all others that are not after 1970.
func msOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return min(max(t.UnixMilli(), 1), maxTime)
}

// fill writes into j what the record says, and gives the reason of its last history
// entry with it. Parts of the job are not in the record.
func (r record) fill(j *storage.Job) error {
	if !r.valid() {
		return fmt.Errorf("redisstore: the record of job %s has %d bytes: something else wrote it", j.ID, len(r))
	}
	j.State, j.Priority = r.state(), int(r[atPriority])
	j.Fetches, j.Attempt = r.fetches(), u24(r[atAttempt:])
	j.Retries, j.Lost = u24(r[atRetries:]), int(binary.BigEndian.Uint16(r[atLost:]))
	j.CreatedAt, j.EnqueuedAt = at(r[atCreated:]), at(r[atEnqueued:])
	j.DueAt, j.ExpiresAt = at(r[atDue:]), at(r[atExpires:])
	j.StartedAt, j.FinishedAt, j.RetainedTo = at(r[atStarted:]), at(r[atFinished:]), at(r[atRetained:])
	copy(j.Session[:], r[atSession:])
	j.Server = r.server()
	j.CancelRequested = r.has(hasCancel)
	j.Reason = r.reason()
	return nil
}
