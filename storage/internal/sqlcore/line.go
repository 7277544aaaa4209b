package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// line is a row of jg_line: a held line of a queue.
type line struct {
	no    int
	held  string
	cause int
	name  string
	print string
	due   time.Time
}

// Causes of lines.
const (
	causeKind = iota + 1
	causePaused
	causeLimit
	causeRate
)

var causeNames = [...]string{"", storage.HeldKind, storage.HeldPausedKind, storage.HeldLimit, storage.HeldRate}

var (
	sqlLineOf   = sqlText(`SELECT no, due FROM jg_line WHERE queue = ? AND held = ?`)
	sqlAddLine  = sqlText(`INSERT INTO jg_line (queue, held, cause, name, print, due) VALUES (?, ?, ?, ?, ?, 0)`)
	sqlLineDue  = sqlText(`UPDATE jg_line SET due = ? WHERE no = ?`)
	sqlDropLine = sqlText(`DELETE FROM jg_line WHERE no = ?
		AND NOT EXISTS (SELECT 1 FROM jg_ready WHERE queue = ? AND line = ?)`)
	sqlKindLines  = sqlText(`SELECT no, held, cause, name, print, due FROM jg_line WHERE queue = ? AND cause IN (1, 2)`)
	sqlLimitLines = sqlText(`SELECT no, queue FROM jg_line WHERE cause = 3 AND name = ?`)
	sqlRateLines  = sqlText(`SELECT no, held, cause, name, print, due FROM jg_line WHERE queue = ? AND due > 0 AND due <= ? ORDER BY due LIMIT ?`)
	sqlNextRate   = sqlText(`SELECT min(due) FROM jg_line WHERE queue = ? AND due > 0`)
	sqlStandards  = sqlText(`SELECT rank, job, shape FROM jg_ready WHERE queue = ? AND line = ? AND most > ? ORDER BY rank LIMIT ?`)
	sqlUnhold     = sqlText(`UPDATE jg_ready SET line = 0, most = 0 WHERE queue = ? AND line = ? AND rank = ? AND job = ?`)
	sqlSetLine    = sqlText(`UPDATE jg_job SET cls = ?, line = ? WHERE id = ?`)
	sqlHeldOf     = sqlText(`SELECT held FROM jg_line WHERE no = ?`)
)

func scanLine(r *rows) line {
	return line{r.int(0), r.str(1), r.int(2), r.str(3), r.str(4), r.time(5)}
}

// lineFor is the held line of a queue with this reason, made where it is new.
func (t *tx) lineFor(queue int, want line) (line, error) {
	read := func(r *rows) { want.no, want.due = r.int(0), r.time(1) }
	found, err := one(t.Link, read, sqlLineOf, queue, want.held)
	if err != nil || found {
		return want, err
	}
	if _, err = t.Exec(sqlAddLine, queue, want.held, want.cause, want.name, want.print); err == nil {
		_, err = one(t.Link, read, sqlLineOf, queue, want.held) // MySQL does not give the number of what it inserts
	}
	return want, err
}

// forgetLine removes a held line when nothing is on it any more.
func (t *tx) forgetLine(queue, no int) error {
	_, err := t.Exec(sqlDropLine, no, queue, no)
	return err
}

// moveLine changes the line of an enqueued job whose row is not loaded; its entry in
// jg_ready is the caller's matter.
func (t *tx) moveLine(id storage.ID, shape int, from, to class, no int) error {
	if _, err := t.Exec(sqlSetLine, int(to), no, id); err != nil {
		return err
	}
	if f, ok := t.Link.(Finder); ok {
		if err := f.FindIn(id, int(to)); err != nil {
			return err
		}
	}
	t.tally[tallyKey{shape, from}]--
	t.tally[tallyKey{shape, to}]++
	return nil
}

// unhold moves the first jobs of a held line back to the main line of their queue, in
// their old places: at most n, and only those whose own Max is above running.
func (t *tx) unhold(queue *queueName, no, running, n int) error {
	type place struct {
		rank  int64
		job   storage.ID
		shape int
	}
	var places []place
	err := each(t.Link, func(r *rows) error {
		places = append(places, place{r.int64(0), r.id(1), r.int(2)})
		return nil
	}, sqlStandards, queue.no, no, running, n)
	if err != nil {
		return err
	}
	for _, p := range places {
		if err := t.moveLine(p.job, p.shape, classHeld, classLive, 0); err != nil {
			return err
		}
		if _, err := t.Exec(sqlUnhold, queue.no, no, p.rank, p.job); err != nil {
			return err
		}
	}
	if len(places) > 0 {
		t.wake(queue)
	}
	return t.forgetLine(queue.no, no)
}

// freeLimits notes that the concurrency keys of a job may have room: its run ended, or
// it left the main line without one.
func (t *tx) freeLimits(r *record) {
	for _, l := range r.extra.Limits {
		if l.Per == 0 {
			if t.freed == nil {
				t.freed = make(map[string]int)
			}
			t.freed[l.Key]++
		}
	}
}

// maxUnheld bounds how many jobs one line gives back in one step. The next ones follow
// when those have run, or have left the main line in another way.
const maxUnheld = 100

// wakeLimits looks again at the lines of keys that may have room.
func (t *tx) wakeLimits() error {
	for key, n := range t.freed {
		running, err := t.running(key)
		if err != nil {
			return err
		}
		var lines [][2]int
		err = each(t.Link, func(r *rows) error {
			lines = append(lines, [2]int{r.int(0), r.int(1)})
			return nil
		}, sqlLimitLines, key)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if err := t.unhold(t.names.queues[l[1]], l[0], running, min(n, maxUnheld)); err != nil {
				return err
			}
		}
	}
	clear(t.freed)
	return nil
}

var (
	sqlAddSlot  = sqlText(`INSERT OR IGNORE INTO jg_slot (name, job, fetch) VALUES (?, ?, ?)`)
	sqlDropSlot = sqlText(`DELETE FROM jg_slot WHERE name = ? AND job = ? AND fetch = ?`)
	sqlRunning  = sqlText(`SELECT count(*) FROM jg_slot WHERE name = ?`)
	sqlAddStart = sqlText(`INSERT INTO jg_start (name, at, n, until) VALUES (?, ?, ?, ?)`)
	sqlStarts   = sqlText(`SELECT at FROM jg_start WHERE name = ? AND at > ? ORDER BY at DESC, n DESC LIMIT ?`)
)

// running is how many runs hold a slot of a key.
func (t *tx) running(key string) (n int, err error) {
	_, err = one(t.Link, func(r *rows) { n = r.int(0) }, sqlRunning, key)
	return n, err
}

// rateFree is how many starts a rate has left, and when it has one where it has none.
func (t *tx) rateFree(l storage.Limit) (left int, free time.Time, err error) {
	n := 0
	err = each(t.Link, func(r *rows) error {
		n++
		if n == l.Max {
			free = r.time(0).Add(l.Per)
		}
		return nil
	}, sqlStarts, l.Key, t.now.Add(-l.Per), l.Max)
	if n < l.Max {
		free = time.Time{}
	}
	return l.Max - n, free, err
}

// takeSlots gives a run its slots and counts its starts.
func (t *tx) takeSlots(r *record) error {
	for i, l := range r.extra.Limits {
		if sameKeyBefore(r.extra.Limits, i) {
			continue
		}
		var err error
		if l.Per == 0 {
			_, err = t.Exec(sqlAddSlot, l.Key, r.id, r.fetches+1)
		} else {
			_, err = t.Exec(sqlAddStart, l.Key, t.now, t.nextSeq(), t.now.Add(l.Per))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// freeSlots gives back the slots of a run that is over.
func (t *tx) freeSlots(r *record, fetch int) error {
	if r.links&linkLimits == 0 {
		return nil
	}
	for _, l := range r.extra.Limits {
		if l.Per > 0 {
			continue
		}
		if _, err := t.Exec(sqlDropSlot, l.Key, r.id, fetch); err != nil {
			return err
		}
	}
	t.freeLimits(r)
	return nil
}

// sameKeyBefore reports whether an earlier limit of the same sort has the key of ls[i].
func sameKeyBefore(ls []storage.Limit, i int) bool {
	for _, l := range ls[:i] {
		if l.Key == ls[i].Key && (l.Per > 0) == (ls[i].Per > 0) {
			return true
		}
	}
	return false
}

// wakeRates moves jobs back whose rate may have room now, as many as it has.
func (t *tx) wakeRates(queue *queueName) error {
	lines, err := t.linesOf(sqlRateLines, queue.no, t.now, maxUnheld)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if err := t.wakeRate(queue, l); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) linesOf(s *Stmt, args ...any) (lines []line, err error) {
	err = each(t.Link, func(r *rows) error {
		lines = append(lines, scanLine(r))
		return nil
	}, s, args...)
	return lines, err
}

// wakeRate judges a line by its first job.
func (t *tx) wakeRate(queue *queueName, l line) error {
	var first storage.ID
	found, err := one(t.Link, func(r *rows) { first = r.id(1) }, sqlStandards, queue.no, l.no, -1, 1)
	if err != nil || !found {
		return firstError(err, t.forgetLine(queue.no, l.no))
	}
	r, err := t.job(first)
	if err != nil || r == nil {
		return err
	}
	left, free := 1, time.Time{}
	for _, limit := range r.extra.Limits {
		if limit.Per > 0 && rules.LimitLine(limit) == l.held {
			if left, free, err = t.rateFree(limit); err != nil {
				return err
			}
			break
		}
	}
	if left > 0 {
		if err := t.unhold(queue, l.no, -1, min(left, maxUnheld)); err != nil {
			return err
		}
		free = t.now // look again: those that were moved may use up the rate, or not
	}
	_, err = t.Exec(sqlLineDue, free, l.no)
	return err
}
