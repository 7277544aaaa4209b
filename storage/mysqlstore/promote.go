package mysqlstore

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Plain jobs that are due move in sets: where they wait is written first, in the order in
// which they were due, and that says which jobs' rows to write. Callers' transactions store
// jobs at the same time, so no two statements may look for what is due and mean the same.

const (
	// textDuePlain are the first plain jobs that are due: @now, @not, @short, @limit.
	textDuePlain = "FROM jg_job FORCE INDEX (jg_job_due) WHERE due > 0 AND due <= @now AND cls IN (1, 2) AND links & @not = 0 AND spill = 0 AND lost = 0" +
		" AND batch IS NULL AND recurring IS NULL AND history IS NOT NULL AND LENGTH(history) < @short@of ORDER BY due, id LIMIT @limit"

	textDueShapes = "SELECT DISTINCT f.shape FROM (SELECT shape " + textDuePlain + ") f LIMIT @shapes"

	textDueReady = "INSERT INTO jg_ready (queue, line, `rank`, job, most, shape, shelf, flags)" +
		" SELECT s.queue, 0, d.place, d.id, 0, d.shape, d.shelf, 1 FROM (" +
		"SELECT f.id, f.shape, f.shelf, f.`rank` >> 60 << 60 | @place + ROW_NUMBER() OVER (ORDER BY f.due, f.id) AS place" +
		" FROM (SELECT id, shape, shelf, `rank`, due " + textDuePlain + ") f) d STRAIGHT_JOIN jg_shape s ON s.no = d.shape"

	// Of what is in these places, new jobs that others store now are enqueued already.
	textMoving  = "jg_ready r STRAIGHT_JOIN jg_job j ON j.id = r.job"
	textMovable = " WHERE (@in) AND j.cls IN (1, 2)"

	textDueMoved = "SELECT r.shape, j.cls, COUNT(*) FROM " + textMoving + textMovable + " GROUP BY r.shape, j.cls"
	// An insert of rows that are there: an update would lock what it reads, and wait where
	// the next place is that of a caller's transaction.
	textDueJobs = "INSERT INTO jg_job (id, cls, due, `rank`, enqueued, links) SELECT r.job, 4, 0, r.`rank`, @now, @due FROM " + textMoving + textMovable +
		" ON DUPLICATE KEY UPDATE cls = VALUES(cls), due = VALUES(due), `rank` = VALUES(`rank`), enqueued = VALUES(enqueued), links = jg_job.links | VALUES(links)"
)

// maxDueShapes bounds how many shapes one step promotes: each of their queues is looked
// into once for each priority.
const maxDueShapes = 64

// PromotePlain makes plain jobs enqueued that are due.
func (t *transaction) PromotePlain(p sqlcore.PlainPromote) (moved []sqlcore.PlainPromoted, err error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	shapes, err := t.dueShapes(&p)
	if err != nil || len(shapes) == 0 {
		return nil, err
	}
	result, err := t.exec(t.promoteText(&p, textDueReady, shapes))
	if err != nil {
		return nil, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return nil, err
	}
	found, err := t.query(t.promoteText(&p, textDueMoved, shapes))
	if err != nil {
		return nil, err
	}
	for {
		row, ok, _ := found.Next()
		if !ok {
			break
		}
		c := columns(row)
		moved = append(moved, sqlcore.PlainPromoted{Shape: int(c.int(0)), Class: int(c.int(1)), N: int(c.int(2))})
	}
	return moved, t.run(t.promoteText(&p, textDueJobs, shapes))
}

// dueShapes are the shapes that a step promotes: all where they are few.
func (t *transaction) dueShapes(p *sqlcore.PlainPromote) ([]int, error) {
	if len(p.Queues) <= maxDueShapes {
		return slices.Sorted(maps.Keys(p.Queues)), nil
	}
	found, err := t.query(t.promoteText(p, textDueShapes, nil))
	if err != nil {
		return nil, err
	}
	return found.numbers(), nil
}

func (t *transaction) promoteText(p *sqlcore.PlainPromote, text string, shapes []int) string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	of := ""
	if shapes != nil {
		of = " AND shape IN " + inList(shapes)
	}
	return strings.NewReplacer("@now", number(sqlcore.Millis(p.Now)), "@not", strconv.Itoa(sqlcore.PromoteNot), "@short", strconv.Itoa(sqlcore.ShortHistory),
		"@of", of, "@limit", strconv.Itoa(p.Limit), "@shapes", strconv.Itoa(maxDueShapes), "@place", number(p.Place),
		"@due", strconv.Itoa(sqlcore.PromoteDue), "@in", placesOf(p, shapes)).Replace(t.texts.Named(text))
}

// placesOf says where jobs are in the places of a step.
func placesOf(p *sqlcore.PlainPromote, shapes []int) string {
	known := make(map[int]bool)
	var b []byte
	for _, shape := range shapes {
		q := p.Queues[shape]
		if known[q] {
			continue
		}
		known[q] = true
		for priority := range int64(4) {
			from := priority<<60 | p.Place
			if len(b) > 0 {
				b = append(b, " OR "...)
			}
			b = append(b, "r.queue = "...)
			b = strconv.AppendInt(b, int64(q), 10)
			b = append(b, " AND r.line = 0 AND r.`rank` > "...)
			b = strconv.AppendInt(b, from, 10)
			b = append(b, " AND r.`rank` <= "...)
			b = strconv.AppendInt(b, from+int64(p.Limit), 10)
		}
	}
	return string(b)
}
