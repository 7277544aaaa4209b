package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Most runs end well and concern nobody but their job and its children. Such an end is
// one row in jg_end: the job's row, its history and its lists are not touched. Who reads
// the job lays that row over it, and who changes it afterwards writes both as one.
// When a job is enqueued is known from its row too, so a new one has no history, and one
// that fell due (linkDue) lacks the last entry of its own: many often fall due together,
// and rows that grow are dear.

// endRow is a row of jg_end, with the session that jg_ran knows.
type endRow struct {
	shelf    int
	fetch    int
	started  time.Time
	finished time.Time
	took     time.Duration
	id       storage.ID
	server   string
	noted    bool // in the record's history
}

const (
	// fromEnd are jobs with their row in jg_end, if any; fromRan also with the session.
	fromEnd = `jg_job j LEFT JOIN jg_end e ON j.cls = 4 AND e.shelf = j.shelf AND e.id = j.id`
	fromRan = fromEnd + ` LEFT JOIN jg_ran n ON n.no = e.session`
	// clsNow is the class of such a job.
	clsNow = `CASE WHEN e.id IS NULL THEN j.cls ELSE 6 END`

	columnsEnd = `, e.shelf, e.fetch, e.started, e.finished, e.retain, e.took, e.result, n.id, n.server`
	nEnd       = 9
)

// scanEnd lays the columnsEnd that begin at a column over a record, if there are any.
func (r *record) scanEnd(rows *rows, at int) {
	if rows.null(at) {
		return
	}
	e := &endRow{shelf: rows.int(at), fetch: rows.int(at + 1), started: rows.time(at + 2), finished: rows.time(at + 3),
		took: time.Duration(rows.int64(at + 5)), id: rows.id(at + 7), server: rows.str(at + 8)}
	r.end = e
	r.cls, r.stored = classSucceeded, classSucceeded
	r.links = r.links&^linkWary | linkCounted
	r.fetches, r.settled = e.fetch, e.fetch<<3|int(storage.Succeed)
	r.started, r.finished, r.retain = e.started, e.finished, rows.time(at+4)
	r.reason, r.server, r.result = "", e.server, rows.bytes(at+6)
}

// derive adds to a history what is not written there.
func (r *record) derive() error {
	if len(r.history) == 0 {
		if err := r.note(storage.HistoryEntry{At: r.created, State: storage.Enqueued}); err != nil {
			return err
		}
	}
	e := r.end
	if r.links&linkDue != 0 && !r.noted {
		r.noted = true
		if err := r.note(storage.HistoryEntry{At: r.enqueued, State: storage.Enqueued, Reason: rules.Promoted}); err != nil {
			return err
		}
		if e == nil {
			r.reason = rules.Promoted
		}
	}
	if e == nil || e.noted {
		return nil
	}
	e.noted = true
	begin := storage.HistoryEntry{At: e.started, State: storage.Processing, Attempt: r.attempt, Fetch: e.fetch, Session: e.id, Server: e.server}
	end := begin
	end.At, end.State, end.Duration, end.Outcome = e.finished, storage.Succeeded, e.took, storage.Succeed
	return r.note(begin, end)
}

var sqlDropEnd = sqlText(`DELETE FROM jg_end WHERE shelf = ? AND id = ?`)

// dropEnd makes a job whose row was just written whole again.
func (t *tx) dropEnd(r *record) error {
	if r.end == nil {
		return nil
	}
	if r.result != nil {
		if _, err := t.Exec(sqlSaveResult, r.result, r.id); err != nil {
			return err
		}
	}
	shelf := r.end.shelf
	r.end = nil
	_, err := t.Exec(sqlDropEnd, shelf, r.id)
	return err
}

// plain reports whether an end of r that waits for a worker may be a row in jg_end.
func (r *record) plain() bool {
	const odd = linkUnique | linkLimits | linkSkipped | linkFlow | linkJoin | linkWary
	return r.links&odd == 0 && r.spill&(1<<partHistory|1<<partResult) == 0 && r.lost == 0 &&
		r.batch.IsZero() && r.recurring == "" && len(r.history) < shortHistory
}

// readyFlags are the flags of a job in jg_ready.
func (r *record) readyFlags() (flags int) {
	if r.plain() {
		flags |= readyPlain
	}
	if r.spill != 0 {
		flags |= readyParts
	}
	if flags == readyPlain && r.links == 0 && r.fetches == 0 && r.extra == nil && r.reason == "" && r.enqueued.Equal(r.created) {
		flags |= readyFresh
	}
	return flags
}

var sqlRunLinks = sqlText(`UPDATE jg_run SET links = links | ? WHERE job = ? AND session IN (SELECT no FROM jg_session)`).scans("sessions")

// link sets bits of the links of a job, which may run.
func (t *tx) link(id storage.ID, bits int) error {
	if _, err := t.Exec(sqlSaveLinks, bits, id); err != nil {
		return err
	}
	_, err := t.Exec(sqlRunLinks, bits, id)
	return err
}
