package sqlcore

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Final jobs are noted by when they are to be swept, many in a row. Those that ended in
// jg_end are noted by session, so the rows tell what a server ran last, too.

// sweepStep is how exact the sweep is, in milliseconds: final jobs that are to go
// within one step share a row.
const sweepStep = 1000

// sweepKey is what the jobs of a row of jg_sweep have in common.
type sweepKey struct {
	at      int64
	session int // 0: not in jg_end
}

type sweepRow struct {
	low, high storage.ID
	jobs      []byte
}

const (
	sweepSize = 4 + 16 // of a job in such a row: its shape and its id
	maxSweep  = 1000   // jobs in such a row
)

// sweepEntry is a job in a row of jg_sweep.
type sweepEntry struct {
	shape int
	id    storage.ID
}

func sweepEntries(jobs []byte) []sweepEntry {
	all := make([]sweepEntry, 0, len(jobs)/sweepSize)
	for ; len(jobs) >= sweepSize; jobs = jobs[sweepSize:] {
		all = append(all, sweepEntry{int(binary.BigEndian.Uint32(jobs)), storage.ID(jobs[4:sweepSize])})
	}
	return all
}

// sweepAt notes that a final job is to be swept at a time or soon after.
func (t *tx) sweepAt(shape int, id storage.ID, at time.Time) { t.sweepEnd(0, shape, id, at) }

// sweepEnd is sweepAt for a job that ended in jg_end by a run of a session.
func (t *tx) sweepEnd(session, shape int, id storage.ID, at time.Time) {
	key := sweepKey{(Millis(at) + sweepStep - 1) / sweepStep * sweepStep, session}
	row := t.sweeps[key]
	if row == nil {
		if t.sweeps == nil {
			t.sweeps = make(map[sweepKey]*sweepRow)
		}
		row = &sweepRow{low: id, high: id}
		t.sweeps[key] = row
	}
	if bytes.Compare(id[:], row.low[:]) < 0 {
		row.low = id
	}
	if bytes.Compare(id[:], row.high[:]) > 0 {
		row.high = id
	}
	row.jobs = append(binary.BigEndian.AppendUint32(row.jobs, uint32(shape)), id[:]...)
}

var sqlSweep = sqlText(`INSERT INTO jg_sweep (at, session, low, high, jobs) VALUES (?, ?, ?, ?, ?)`)

// flushSweeps writes what was noted.
func (t *tx) flushSweeps() error {
	for key, row := range t.sweeps {
		for jobs := row.jobs; len(jobs) > 0; {
			n := min(len(jobs), maxSweep*sweepSize)
			if _, err := t.Exec(sqlSweep, key.at, key.session, row.low, row.high, jobs[:n]); err != nil {
				return err
			}
			jobs = jobs[n:]
		}
	}
	return nil
}
