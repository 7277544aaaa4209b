package mysqlstore

import (
	"strconv"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// New plain jobs lie on main lines in packs: one row for many jobs of one call, where a row
// for each, with its entries in two indexes, would be much of what it costs to store a job.
// The hot paths empty packs from their first job on; the core knows rows of jg_ready only,
// and has packs opened before it looks. It has the write lock then: packs do not change, but
// new ones appear.

var _ sqlcore.Packer = (*link)(nil)

// idSize is how long an id is in jg_pack.jobs.
const idSize = len(storage.ID{})

// pack is what is left of a row of jg_pack.
type pack struct {
	queue int
	rank  int64 // of its first job, also when that is gone
	low   []byte
	shape int
	shelf int
	taken int
	jobs  []byte // that are left
}

const packColumns = "p.`rank`, p.low, p.shape, p.shelf, p.taken, SUBSTR(p.jobs, 16 * p.taken + 1)"

// packsOf reads rows of packColumns.
func packsOf(queue int, found *rows) (all []pack) {
	for {
		row, ok, _ := found.Next()
		if !ok {
			return all
		}
		c := columns(row)
		all = append(all, pack{queue: queue, rank: c.int(0), low: c.bytes(1), shape: int(c.int(2)), shelf: int(c.int(3)), taken: int(c.int(4)), jobs: c.bytes(5)})
	}
}

// left is how many jobs are left.
func (p *pack) left() int { return len(p.jobs) / idSize }

// head is the rank of the first job that is left.
func (p *pack) head() int64 { return p.rank + int64(p.taken) }

// takeOf takes the first n jobs out of each pack: one without jobs is gone.
func (t *texts) takeOf(packs []pack, n []int) (all []*writing) {
	var gone []goneRow
	for i := range packs {
		p := &packs[i]
		if n[i] == p.left() {
			gone = append(gone, goneRow{p.queue, p.rank, storage.ID(p.low)})
			continue
		}
		all = append(all, new(writing).add(t.Named("UPDATE jg_pack SET taken = ")).number(int64(p.taken+n[i])).add(" WHERE queue = ").
			number(int64(p.queue)).add(" AND `rank` = ").number(p.rank).add(" AND low = ").vals(p.low))
	}
	return append(all, t.leave("jg_pack r", "r.low = v.b", gone)...)
}

// openPacks makes rows of jg_ready of the first n jobs of packs.
func (l *link) openPacks(packs []pack, n []int) error {
	w := new(writing).add(l.texts.Named("INSERT INTO jg_ready (queue, `rank`, job, shape, shelf, flags) VALUES "))
	first := true
	for i := range packs {
		p := &packs[i]
		for k := range n[i] {
			id := storage.ID(p.jobs[k*idSize:])
			w.row(first, int64(p.queue)).int(p.head() + int64(k)).id(&id).int(int64(p.shape)).int(int64(p.shelf)).int(readyPlain).end() // not all are new
			first = false
		}
	}
	if first {
		return nil
	}
	return l.write(append([]*writing{w}, l.texts.takeOf(packs, n)...))
}

// OpenFirst opens the packs among the first n jobs of a main line behind a rank.
func (l *link) OpenFirst(queue int, behind int64, n int) error {
	found, err := l.query(l.openFirstText(queue, behind, n))
	if err != nil {
		return err
	}
	packs := packsOf(queue, found)
	if len(packs) == 0 {
		return nil
	}
	before, err := l.number(l.texts.Named("SELECT COUNT(*) FROM (SELECT 1 FROM jg_ready r FORCE INDEX (PRIMARY) WHERE r.queue = " + strconv.Itoa(queue) +
		" AND r.line = 0 AND r.`rank` > " + strconv.FormatInt(behind, 10) + " AND r.`rank` < " + strconv.FormatInt(packs[0].head(), 10) + " LIMIT " + strconv.Itoa(n) + ") f"))
	if err != nil {
		return err
	}
	var sizes []int
	for left, i := n-int(before), 0; left > 0 && i < len(packs); i++ {
		sizes = append(sizes, min(left, packs[i].left()))
		left -= sizes[i]
	}
	return l.openPacks(packs[:len(sizes)], sizes)
}

// OpenAt opens the pack in which a place of a main line lies.
func (l *link) OpenAt(queue int, rank int64) error { return l.openAt(queue, []int64{rank}) }

func (l *link) openFirstText(queue int, behind int64, n int) string {
	return l.texts.Named("SELECT " + packColumns + " FROM jg_pack p FORCE INDEX (PRIMARY) WHERE p.queue = " + strconv.Itoa(queue) +
		" AND p.`rank` > " + strconv.FormatInt(behind-sqlcore.PackMax, 10) + " ORDER BY p.`rank` LIMIT " + strconv.Itoa(n))
}
