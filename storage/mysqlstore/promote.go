package mysqlstore

import (
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Plain jobs that are due move in sets: one statement looks for them, and the others are
// told which they are, since callers' transactions store more of them meanwhile. They are
// told in one value, of which the server makes rows: what it takes to read a long list costs
// as much as the writing.

// textDue are the first plain jobs that are due, in the order of the index: they do not
// expire.
const textDue = "SELECT j.id, j.shape, j.cls, j.`rank`, j.server IS NOT NULL" +
	" FROM jg_find d FORCE INDEX (jg_find_due) STRAIGHT_JOIN jg_job j ON j.id = d.id WHERE d.due > 0 AND d.due <= @now" +
	" AND j.cls IN (1, 2) AND j.links & @not = 0 AND j.spill = 0 AND j.lost = 0 AND j.batch IS NULL AND j.recurring IS NULL" +
	" AND j.history IS NOT NULL AND LENGTH(j.history) < @short ORDER BY d.due, d.expires, d.id LIMIT @limit"

// In the value are 17 bytes for each job: its id and its priority. The numbers that say where
// are counted, and not those of a table: its rows would be locked.
const (
	movedSize    = 17
	textMoveJobs = "UPDATE (WITH RECURSIVE k AS (SELECT 0 AS slot UNION ALL SELECT slot + 1 FROM k WHERE slot + 1 < @n)" +
		" SELECT SUBSTR(@jobs, 17 * k.slot + 1, 16) AS id, ORD(SUBSTR(@jobs, 17 * k.slot + 17, 1)) AS priority, k.slot FROM k) m" +
		" STRAIGHT_JOIN jg_job j FORCE INDEX (PRIMARY) ON j.id = m.id" +
		" SET j.cls = 4, j.due = 0, j.`rank` = (m.priority << 60) + @place + m.slot, j.enqueued = @now, j.links = j.links | @due"
)

// maxMoved is how many jobs one statement moves: servers count no further, see conn.go.
const maxMoved = 4000

var sqlKinLive = sqlcore.Text(`INSERT INTO jg_kin (shape, shelf, cls, id) VALUES (0, 0, 4, ?) ON DUPLICATE KEY UPDATE cls = VALUES(cls)`)

// PromotePlain makes plain jobs enqueued that are due.
func (t *transaction) PromotePlain(p sqlcore.PlainPromote) (moved []sqlcore.PlainPromoted, err error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	p.Limit = min(p.Limit, maxMoved)
	found, err := t.query(t.promoteText(&p, textDue))
	if err != nil {
		return nil, err
	}
	m := &promotion{t: t, p: &p, jobs: make([]byte, 0, movedSize*p.Limit), counts: make(map[[2]int]int)}
	if err := m.read(found); err != nil || len(m.packed) == 0 {
		return nil, err
	}
	for of, n := range m.counts {
		moved = append(moved, sqlcore.PlainPromoted{Shape: of[0], Class: of[1], N: n})
	}
	return moved, m.write()
}

// promotion is what one step moves.
type promotion struct {
	t      *transaction
	p      *sqlcore.PlainPromote
	jobs   []byte
	packed []sqlcore.PlainJob // the same
	gone   []storage.ID       // from jg_find
	counts map[[2]int]int     // by shape and class
}

// read gives places to what was found.
func (m *promotion) read(found *rows) error {
	for {
		row, ok, _ := found.Next()
		if !ok {
			return nil
		}
		c := columns(row)
		id, shape := storage.ID(c.bytes(0)), int(c.int(1))
		queue, known := m.p.Queues[shape]
		if !known {
			continue
		}
		m.gone = append(m.gone, id)
		priority := c.int(3) >> 60
		m.jobs = append(append(m.jobs, id[:]...), byte(priority))
		m.packed = append(m.packed, sqlcore.PlainJob{ID: id, Shape: shape, Shelf: int(shelfOf(int64(shape))), Queue: queue, Priority: int(priority)})
		m.counts[[2]int{shape, int(c.int(2))}]++
		if c.int(4) == 0 {
			continue
		}
		if _, err := m.t.Exec(sqlKinLive, id); err != nil {
			return err
		}
	}
}

// write moves them, in one round trip where that costs least.
func (m *promotion) write() error {
	packs := m.t.texts.newPacks(m.packed, m.p.Place+1)
	if err := m.t.all(string(packs.b), m.text(textMoveJobs)); err != nil {
		return err
	}
	return m.t.dropRows(sqlDropFind, "jg_find", m.gone)
}

func (m *promotion) text(text string) string {
	return strings.NewReplacer("@jobs", string(appendHex(nil, m.jobs)), "@n", strconv.Itoa(len(m.packed)), "@place", strconv.FormatInt(m.p.Place+1, 10)).Replace(m.t.promoteText(m.p, text))
}

func (t *transaction) promoteText(p *sqlcore.PlainPromote, text string) string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return strings.NewReplacer("@now", number(sqlcore.Millis(p.Now)), "@not", strconv.Itoa(sqlcore.PromoteNot), "@short", strconv.Itoa(sqlcore.ShortHistory),
		"@limit", strconv.Itoa(p.Limit), "@due", strconv.Itoa(sqlcore.PromoteDue)).Replace(t.texts.Named(text))
}
