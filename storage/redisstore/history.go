package redisstore

import (
	"encoding/binary"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// An entry of the history, behind the server's name in a record: its length without
// these 2 bytes, marks, storage.State, time in 6 bytes, then by its marks
const (
	markReason  = 1 << iota // length in 2 bytes, reason
	markRun                 // attempt 3, fetch 4, session 16, length 1, server
	markSame                // of the run of the entry before
	markEnd                 // storage.OutcomeKind (0: none), duration in ns in 8 bytes
	markFailure             // its failure is a part of the job
)

// entries walks through the history: yield gets each entry, oldest first, and whether it
// has a failure among the parts of the job.
func (r record) entries(yield func(e storage.HistoryEntry, failed bool) bool) {
	var last storage.HistoryEntry
	for b := r[headLen+int(r[atServerLen]):]; len(b) >= 10; {
		n := 2 + int(binary.BigEndian.Uint16(b))
		if n > len(b) {
			return
		}
		e, marks := entry(b[2:n], last)
		if !yield(e, marks&markFailure != 0) {
			return
		}
		last, b = e, b[n:]
	}
}

func entry(b []byte, last storage.HistoryEntry) (e storage.HistoryEntry, marks byte) {
	marks, e.State, e.At = b[0], storage.State(b[1]), at(b[2:])
	b = b[8:]
	if marks&markReason != 0 {
		n := 2 + int(binary.BigEndian.Uint16(b))
		e.Reason, b = string(b[2:n]), b[n:]
	}
	if marks&markRun != 0 {
		e.Attempt, e.Fetch = u24(b), int(binary.BigEndian.Uint32(b[3:]))
		copy(e.Session[:], b[7:])
		n := 24 + int(b[23])
		e.Server, b = string(b[24:n]), b[n:]
	}
	if marks&markSame != 0 {
		e.Attempt, e.Fetch, e.Session, e.Server = last.Attempt, last.Fetch, last.Session, last.Server
	}
	if marks&markEnd != 0 {
		e.Outcome = storage.OutcomeKind(b[0])
		e.Duration = time.Duration(binary.BigEndian.Uint64(b[1:]))
	}
	return e, marks
}

// reason is that of the last entry.
func (r record) reason() (reason string) {
	for e := range r.entries {
		reason = e.Reason
	}
	return reason
}
