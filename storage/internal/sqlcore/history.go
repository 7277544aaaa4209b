package sqlcore

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// A history is stored as one blob, entry behind entry, so that a new entry is
// appended without reading the others. An entry is a byte that says which fields
// follow, the state, the time, and those fields.
const (
	entryReason byte = 1 << iota
	entryRun         // attempt and fetch
	entrySession
	entrySame // session and server as in the entry before
	entryDuration
	entryFailure
	entryOutcome
)

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendEntry adds e, which follows previous, to a history.
func appendEntry(b []byte, e storage.HistoryEntry, previous *storage.HistoryEntry) []byte {
	var fields byte
	set := func(bit byte, ok bool) {
		if ok {
			fields |= bit
		}
	}
	set(entryReason, e.Reason != "")
	set(entryRun, e.Attempt != 0 || e.Fetch != 0)
	if hasSession := !e.Session.IsZero() || e.Server != ""; hasSession {
		same := previous != nil && previous.Session == e.Session && previous.Server == e.Server
		set(entrySame, same)
		set(entrySession, !same)
	}
	set(entryDuration, e.Duration != 0)
	set(entryFailure, e.Failure != nil)
	set(entryOutcome, e.Outcome != 0)
	b = append(b, fields, byte(e.State))
	b = binary.AppendVarint(b, Millis(e.At))
	if fields&entryReason != 0 {
		b = appendText(b, e.Reason)
	}
	if fields&entryRun != 0 {
		b = binary.AppendVarint(b, int64(e.Attempt))
		b = binary.AppendVarint(b, int64(e.Fetch))
	}
	if fields&entrySession != 0 {
		b = append(b, e.Session[:]...)
		b = appendText(b, e.Server)
	}
	if fields&entryDuration != 0 {
		b = binary.AppendVarint(b, int64(e.Duration))
	}
	if fields&entryFailure != 0 {
		b = appendText(b, e.Failure.Type)
		b = appendText(b, e.Failure.Message)
		b = appendText(b, e.Failure.Stack)
	}
	if fields&entryOutcome != 0 {
		b = append(b, byte(e.Outcome))
	}
	return b
}

var errHistory = errors.New("a job's history is damaged")

// historyReader reads a blob; bad is set when it ends too early.
type historyReader struct {
	b   []byte
	bad bool
}

func (r *historyReader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, max(min(n, 16), 2))
	}
	part := r.b[:n]
	r.b = r.b[n:]
	return part
}

func (r *historyReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *historyReader) text() string {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > uint64(len(r.b)-size) {
		r.bad, r.b = true, nil
		return ""
	}
	r.b = r.b[size:]
	return string(r.bytes(int(n)))
}

func (r *historyReader) entry(previous *storage.HistoryEntry) storage.HistoryEntry {
	head := r.bytes(2)
	fields := head[0]
	e := storage.HistoryEntry{State: storage.State(head[1]), At: Instant(r.varint())}
	if fields&entryReason != 0 {
		e.Reason = r.text()
	}
	if fields&entryRun != 0 {
		e.Attempt, e.Fetch = int(r.varint()), int(r.varint())
	}
	if fields&entrySession != 0 {
		copy(e.Session[:], r.bytes(len(e.Session)))
		e.Server = r.text()
	}
	if fields&entrySame != 0 && previous != nil {
		e.Session, e.Server = previous.Session, previous.Server
	}
	if fields&entryDuration != 0 {
		e.Duration = time.Duration(r.varint())
	}
	if fields&entryFailure != 0 {
		e.Failure = &storage.Failure{Type: r.text(), Message: r.text(), Stack: r.text()}
	}
	if fields&entryOutcome != 0 {
		e.Outcome = storage.OutcomeKind(r.bytes(1)[0])
	}
	return e
}

// decodeHistory reads a whole history.
func decodeHistory(b []byte) ([]storage.HistoryEntry, error) {
	r := historyReader{b: b}
	var all []storage.HistoryEntry
	var previous *storage.HistoryEntry
	for len(r.b) > 0 {
		all = append(all, r.entry(previous))
		previous = &all[len(all)-1]
	}
	if r.bad {
		return nil, errHistory
	}
	return all, nil
}

func encodeHistory(all []storage.HistoryEntry) []byte {
	var b []byte
	var previous *storage.HistoryEntry
	for i := range all {
		b = appendEntry(b, all[i], previous)
		previous = &all[i]
	}
	return b
}

// shortHistory is a length below which a history has less than [storage.MaxHistory]
// entries, whatever is in them: it is appended to without being read.
const shortHistory = 3 * (storage.MaxHistory - 2)

// note appends entries to the history of a job.
func (r *record) note(entries ...storage.HistoryEntry) error {
	if len(r.history) < shortHistory {
		var previous *storage.HistoryEntry
		for i := range entries {
			entries[i] = rules.Entry(entries[i])
			r.history = appendEntry(r.history, entries[i], previous)
			previous = &entries[i]
		}
		return nil
	}
	all, err := decodeHistory(r.history)
	if err != nil {
		return err
	}
	for _, e := range entries {
		all, r.dropped = rules.Append(all, r.dropped, e)
	}
	r.history = encodeHistory(all)
	return nil
}

// lastFailure is the failure of the last failed run, nil when there was none.
func lastFailure(history []storage.HistoryEntry) *storage.Failure {
	for i := len(history) - 1; i >= 0; i-- {
		if f := history[i].Failure; f != nil {
			return f
		}
	}
	return nil
}
