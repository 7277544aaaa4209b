package mysqlstore

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Plain jobs that are due move in sets: where they wait is written first, in the order in
// which they were due, and that says which jobs' rows to write. Callers' transactions store
// jobs at the same time, so no two statements may look for what is due and mean the same.

const (
	// textDuePlain are the first plain jobs that are due: @now, @not, @short, @limit.
	textDuePlain = "FROM jg_find d FORCE INDEX (jg_find_due) STRAIGHT_JOIN jg_job j ON j.id = d.id WHERE d.due > 0 AND d.due <= @now" +
		" AND j.cls IN (1, 2) AND j.links & @not = 0 AND j.spill = 0 AND j.lost = 0 AND j.batch IS NULL AND j.recurring IS NULL" +
		" AND j.history IS NOT NULL AND LENGTH(j.history) < @short@of ORDER BY d.due, d.id LIMIT @limit"

	textDueShapes = "SELECT DISTINCT f.shape FROM (SELECT j.shape AS shape " + textDuePlain + ") f LIMIT @shapes"

	textDueReady = "INSERT INTO jg_ready (queue, line, `rank`, job, most, shape, shelf, flags)" +
		" SELECT s.queue, 0, d.place, d.id, 0, d.shape, d.shelf, 1 FROM (" +
		"SELECT f.id, f.shape, f.shelf, f.`rank` >> 60 << 60 | @place + ROW_NUMBER() OVER (ORDER BY f.due, f.id) AS place" +
		" FROM (SELECT j.id AS id, j.shape AS shape, j.shelf AS shelf, j.`rank` AS `rank`, d.due AS due " + textDuePlain + ") f) d STRAIGHT_JOIN jg_shape s ON s.no = d.shape"

	// Of what is in these places, new jobs that others store now are enqueued already.
	textMoving  = "jg_ready r STRAIGHT_JOIN jg_job j ON j.id = r.job"
	textMovable = " WHERE (@in) AND j.cls IN (1, 2)"

	textDueMoved = "SELECT r.job, r.shape, j.cls, j.server IS NOT NULL FROM " + textMoving + textMovable
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
	if moved, err = t.promoteFound(found); err != nil {
		return nil, err
	}
	return moved, t.run(t.promoteText(&p, textDueJobs, shapes))
}

var sqlFoundLive = sqlcore.Text(`INSERT INTO jg_find (shape, shelf, cls, due, expires, id) VALUES (0, 0, 4, 0, 0, ?)
	ON DUPLICATE KEY UPDATE cls = VALUES(cls), due = VALUES(due)`)

// promoteFound takes jobs that move out of jg_find, but for those that are found by more
// than that they are due, and counts them.
func (t *transaction) promoteFound(found *rows) (moved []sqlcore.PlainPromoted, err error) {
	var gone []storage.ID
	counts := make(map[[2]int]int)
	for {
		row, ok, _ := found.Next()
		if !ok {
			break
		}
		c := columns(row)
		id := storage.ID(c.bytes(0))
		counts[[2]int{int(c.int(1)), int(c.int(2))}]++
		if c.int(3) == 0 {
			gone = append(gone, id)
		} else if _, err := t.Exec(sqlFoundLive, id); err != nil {
			return nil, err
		}
	}
	for of, n := range counts {
		moved = append(moved, sqlcore.PlainPromoted{Shape: of[0], Class: of[1], N: n})
	}
	if len(gone) == 0 {
		return moved, nil
	}
	return moved, t.DropFind(gone)
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
		of = " AND j.shape IN " + inList(shapes)
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
