package sqlcore

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// record is a row of jg_job.
type record struct {
	id       storage.ID
	shape    int
	cls      class
	rank     int64
	line     int
	links    int
	spill    int
	attempt  int
	retries  int
	lost     int
	fetches  int
	settled  int
	dropped  int
	created  time.Time
	enqueued time.Time
	due      time.Time
	expires  time.Time
	started  time.Time
	finished time.Time
	retain   time.Time
	reason   string
	server   string
	batch    storage.ID

	recurring  string
	occurrence time.Time

	extra    *extra
	history  []byte
	payload  []byte
	options  []byte
	metadata []byte
	result   []byte

	whole  bool    // of a fetch: nothing else is known of it
	noted  bool    // its history has the entry of linkDue
	ran    bool    // its run ends in this step
	stored class   // as in the database; 0: not stored yet
	end    *endRow // it ended there, and its row in jg_job is as it was before

	wasFound bool // when it was loaded, see Finder
}

// extra is what few jobs have, and what no statement asks for.
type extra struct {
	Delay      int64           `json:"delay,omitempty"`   // ms
	Expires    int64           `json:"expires,omitempty"` // ms from when it becomes enqueued first
	InputFrom  storage.ID      `json:"inputFrom,omitzero"`
	InputParam string          `json:"inputParam,omitempty"`
	Parents    []storage.ID    `json:"parents,omitempty"`
	On         int             `json:"on,omitempty"`
	Unique     *uniqueKey      `json:"unique,omitempty"`
	Limits     []storage.Limit `json:"limits,omitempty"`
	SkippedBy  storage.ID      `json:"skippedBy,omitzero"` // the parent whose end deleted it
	SkippedRun int             `json:"skippedRun,omitempty"`
}

type uniqueKey struct {
	Key   string `json:"key"`
	For   int64  `json:"for,omitempty"` // ns
	Until int    `json:"until,omitempty"`
}

// Parts of a job that lie in jg_big when they are large.
const (
	partPayload = iota + 1
	partResult
	partInput // always there
	partHistory
	partExtra
	partOptions
	partMetadata
)

// inlineMax is the largest part that stays in the row.
const inlineMax = 768

var (
	sqlPutBig  = sqlText(`INSERT INTO jg_big (job, part, data) VALUES (?, ?, ?) ON CONFLICT (job, part) DO UPDATE SET data = excluded.data`)
	sqlGetBig  = sqlText(`SELECT data FROM jg_big WHERE job = ? AND part = ?`)
	sqlDropBig = sqlText(`DELETE FROM jg_big WHERE job = ? AND part = ?`)
	sqlDropAll = sqlText(`DELETE FROM jg_big WHERE job = ?`)
)

// place gives what of a part goes into the row: all of it, or nothing when it is
// large and goes into jg_big.
func (t *tx) place(r *record, part int, data []byte) ([]byte, error) {
	bit := 1 << part
	if len(data) > inlineMax || part == partInput && data != nil {
		r.spill |= bit
		_, err := t.Exec(sqlPutBig, r.id, part, data)
		return nil, err
	}
	if r.spill&bit != 0 {
		r.spill &^= bit
		if _, err := t.Exec(sqlDropBig, r.id, part); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// part reads a part of a job wherever it is.
func partOf(l Link, r *record, part int, inline []byte) ([]byte, error) {
	if r.spill&(1<<part) == 0 {
		return inline, nil
	}
	var data []byte
	found, err := one(l, func(rows *rows) { data = rows.bytes(0) }, sqlGetBig, r.id, part)
	if err == nil && !found {
		err = fmt.Errorf("part %d of job %v is missing: the tables are damaged", part, r.id)
	}
	return data, err
}

// The columns that every reader of a job needs, and those that pages leave out.
const (
	columnsShort = `j.id, j.shape, j.cls, j.rank, j.line, j.links, j.spill, j.attempt, j.retries, j.lost, j.fetches,
		j.settled, j.dropped, j.created, j.enqueued, j.due, j.expires, j.started, j.finished, j.retain, j.reason, j.server,
		j.batch, j.recurring, j.occurrence, j.extra, j.history, j.metadata`
	columnsLong = `, j.payload, j.options, j.result`
	nShort      = 28
)

// scanRecord reads columnsShort.
func scanRecord(r *rows) (*record, error) {
	rec := &record{
		id: r.id(0), shape: r.int(1), cls: class(r.int(2)), rank: r.int64(3), line: r.int(4),
		links: r.int(5), spill: r.int(6), attempt: r.int(7), retries: r.int(8), lost: r.int(9),
		fetches: r.int(10), settled: r.int(11), dropped: r.int(12),
		created: r.time(13), enqueued: r.time(14), due: r.time(15), expires: r.time(16),
		started: r.time(17), finished: r.time(18), retain: r.time(19),
		reason: r.str(20), server: r.str(21), batch: r.id(22), recurring: r.str(23),
		occurrence: r.time(24), history: r.bytes(26), metadata: r.bytes(27),
	}
	rec.stored, rec.wasFound = rec.cls, rec.findable()
	if data := r.bytes(25); len(data) > 0 {
		rec.extra = new(extra)
		if err := json.Unmarshal(data, rec.extra); err != nil {
			return nil, fmt.Errorf("job %v is damaged: %w", rec.id, err)
		}
	}
	return rec, nil
}

// scanSeen reads columnsShort, columnsEnd and columnsLong.
func scanSeen(r *rows) (*record, error) {
	rec, err := scanRecord(r)
	if err != nil {
		return nil, err
	}
	const at = nShort + nEnd
	rec.payload, rec.options, rec.result = r.bytes(at), r.bytes(at+1), r.bytes(at+2)
	rec.scanEnd(r, nShort)
	return rec, nil
}

// complete reads the large parts that every use of a record needs.
func complete(l Link, r *record) (err error) {
	if r.spill&(1<<partExtra) != 0 && r.extra == nil {
		data, err := partOf(l, r, partExtra, nil)
		if err != nil {
			return err
		}
		r.extra = new(extra)
		if err := json.Unmarshal(data, r.extra); err != nil {
			return fmt.Errorf("job %v is damaged: %w", r.id, err)
		}
	}
	if r.history, err = partOf(l, r, partHistory, r.history); err != nil {
		return err
	}
	if err := r.derive(); err != nil {
		return err
	}
	r.metadata, err = partOf(l, r, partMetadata, r.metadata)
	return err
}

var (
	sqlJob    = sqlText(`SELECT ` + columnsShort + columnsEnd + columnsLong + ` FROM ` + fromRan + ` WHERE j.id = ?`)
	sqlJobIs  = sqlText(`SELECT j.shape, ` + clsNow + ` FROM ` + fromEnd + ` WHERE j.id = ?`)
	sqlAddJob = sqlText(`INSERT INTO jg_job (id, shape, shelf, cls, rank, line, links, spill, attempt, retries, lost, fetches,
			settled, dropped, created, enqueued, due, expires, started, finished, retain,
			batch, recurring, occurrence, extra, history, payload, options, metadata)
		VALUES (?, ?, ?, ?, ?, 0, ?, ?, 1, 0, 0, 0, 0, 0, ?, ?, ?, ?, 0, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO NOTHING`)
	sqlAddPlain = sqlText(fmt.Sprintf(`INSERT INTO jg_job (id, shape, shelf, cls, rank, line, links, spill, attempt, retries, lost, fetches,
			settled, dropped, created, enqueued, due, expires, started, finished, retain, payload, options, metadata)
		VALUES (?1, ?2, ?3, %d, ?4, 0, 0, 0, 1, 0, 0, 0, 0, 0, ?5, ?5, 0, 0, 0, 0, 0, ?6, ?7, ?8)
		ON CONFLICT (id) DO NOTHING`, classLive))
	sqlSaveJob     = sqlText(`UPDATE jg_job SET ` + setJob)
	sqlSaveEnd     = sqlText(`UPDATE jg_job SET result = ?, ` + setJob)
	sqlSavePayload = sqlText(`UPDATE jg_job SET payload = ? WHERE id = ?`)
	sqlSaveResult  = sqlText(`UPDATE jg_job SET result = ? WHERE id = ?`)
	sqlSaveLinks   = sqlText(`UPDATE jg_job SET links = links | ? WHERE id = ?`)
	sqlSaveExpiry  = sqlText(`UPDATE jg_job SET expires = 0 WHERE id = ?`)
	sqlDropJob     = sqlText(`DELETE FROM jg_job WHERE id = ?`)
)

// setJob writes what may change about a job.
const setJob = `shape = ?, shelf = ?, cls = ?, rank = ?, line = ?, links = ?, spill = ?, attempt = ?,
			retries = ?, lost = ?, fetches = ?, settled = ?, dropped = ?, enqueued = ?, due = ?, expires = ?, started = ?,
			finished = ?, retain = ?, reason = ?, server = ?, extra = ?, history = ?
		WHERE id = ?`

// job loads a job, nil when there is none.
func (t *tx) job(id storage.ID) (rec *record, err error) {
	return loadJob(t.Link, id)
}

func loadJob(l Link, id storage.ID) (rec *record, err error) {
	var scanErr error
	found, err := one(l, func(r *rows) { rec, scanErr = scanSeen(r) }, sqlJob, id)
	if err != nil || scanErr != nil || !found {
		return nil, firstError(err, scanErr)
	}
	return rec, complete(l, rec)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// more is the job's extra, made where it has none.
func (r *record) more() *extra {
	if r.extra == nil {
		r.extra = new(extra)
	}
	return r.extra
}

// encodeExtra is nil for a job that needs none.
func (r *record) encodeExtra() ([]byte, error) {
	if r.extra == nil {
		return nil, nil
	}
	return json.Marshal(r.extra)
}

// optional is the text as it is stored: null when empty.
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// add stores a new job and counts it; it reports false when the id is taken.
func (t *tx) add(r *record) (bool, error) {
	more, err := r.encodeExtra()
	if err != nil {
		return false, err
	}
	parts := [...]struct {
		part int
		data []byte
	}{{partExtra, more}, {partHistory, r.history}, {partPayload, r.payload}, {partOptions, r.options}, {partMetadata, r.metadata}}
	for _, p := range parts {
		if len(p.data) > inlineMax {
			r.spill |= 1 << p.part
		}
	}
	inline := func(i int) []byte {
		if r.spill&(1<<parts[i].part) != 0 {
			return nil
		}
		return parts[i].data
	}
	var occurrence any
	if !r.occurrence.IsZero() {
		occurrence = r.occurrence
	}
	if r.cls == classLive && r.links == 0 && r.spill == 0 && r.batch.IsZero() && r.recurring == "" {
		return t.addPlain(r)
	}
	n, err := t.Exec(sqlAddJob, r.id, r.shape, shelfOf(r.shape), int(r.cls), r.rank, r.links, r.spill,
		r.created, r.enqueued, r.due, r.expires, r.batch, optional(r.recurring), occurrence,
		inline(0), inline(1), inline(2), inline(3), inline(4))
	if err != nil || n == 0 {
		return false, err
	}
	if err := t.addFind(r); err != nil {
		return false, err
	}
	if r.spill != 0 {
		for _, p := range parts {
			if _, err := t.place(r, p.part, p.data); err != nil {
				return false, err
			}
		}
	}
	t.tally[tallyKey{r.shape, r.cls}]++
	r.stored = r.cls
	return true, nil
}

// addPlain is add for a job that waits for a worker and has nothing special.
func (t *tx) addPlain(r *record) (bool, error) {
	n, err := t.Exec(sqlAddPlain, r.id, r.shape, shelfOf(r.shape), r.rank, r.created, r.payload, r.options, r.metadata)
	if err != nil || n == 0 {
		return false, err
	}
	t.tally[tallyKey{r.shape, r.cls}]++
	r.stored = r.cls
	return true, nil
}

// save writes what may change about a job, and counts a change of its class.
func (t *tx) save(r *record) error { return t.saveBy(sqlSaveJob, r) }

// saveBy is save by a statement that takes more in front.
func (t *tx) saveBy(s *Stmt, r *record, first ...any) error {
	more, err := r.encodeExtra()
	if err != nil {
		return err
	}
	if more, err = t.place(r, partExtra, more); err != nil {
		return err
	}
	history, err := t.place(r, partHistory, r.history)
	if err != nil {
		return err
	}
	if r.noted {
		r.links &^= linkDue
	}
	_, err = t.Exec(s, append(first, r.shape, shelfOf(r.shape), int(r.cls), r.rank, r.line, r.links, r.spill, r.attempt,
		r.retries, r.lost, r.fetches, r.settled, r.dropped, r.enqueued, r.due, r.expires, r.started,
		r.finished, r.retain, optional(r.reason), optional(r.server), more, history, r.id)...)
	if err != nil {
		return err
	}
	t.recountClass(r)
	if err := t.saveFind(r); err != nil {
		return err
	}
	return t.dropEnd(r)
}

// recountClass counts a change of class.
func (t *tx) recountClass(r *record) {
	if r.stored != r.cls {
		t.tally[tallyKey{r.shape, r.stored}]--
		t.tally[tallyKey{r.shape, r.cls}]++
		r.stored = r.cls
	}
}
