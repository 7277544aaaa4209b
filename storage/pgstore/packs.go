package pgstore

import (
	"bytes"
	"encoding/binary"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// New plain jobs lie on main lines in packs: one row for many jobs of one call, where a
// row for each, with its entries in two indexes, would be half of what it costs to store
// a job. The hot paths empty packs from their first job on; the core knows rows of
// jg_ready only, and has packs opened before it looks.

// Bounds of a pack. One of so many jobs fits into a row that is not split up. Ids tell when
// they were made: a list that begins somewhere finds each pack which reaches there among
// those that begin at most packSpan before.
const (
	packMax  = 64
	packSpan = 100 // milliseconds
)

// pack is where a pack lies in what one call stores.
type pack struct {
	first, n  int
	low, high storage.ID // of its ids
}

// packsOf are the packs of jobs: those that follow each other and are alike.
func packsOf(jobs []sqlcore.PlainJob) []pack {
	packs := make([]pack, 0, len(jobs)/packMax+1)
	for i := range jobs {
		j := &jobs[i]
		if len(packs) > 0 && packs[len(packs)-1].add(jobs, j) {
			continue
		}
		packs = append(packs, pack{first: i, n: 1, low: j.ID, high: j.ID})
	}
	return packs
}

// add takes the next job into a pack, if it belongs there.
func (p *pack) add(jobs []sqlcore.PlainJob, j *sqlcore.PlainJob) bool {
	first := &jobs[p.first]
	if p.n == packMax || j.Shape != first.Shape || j.Priority != first.Priority {
		return false
	}
	low, high := p.low, p.high
	if bytes.Compare(j.ID[:], low[:]) < 0 {
		low = j.ID
	}
	if bytes.Compare(j.ID[:], high[:]) > 0 {
		high = j.ID
	}
	if madeAt(high[:])-madeAt(low[:]) > packSpan {
		return false
	}
	p.n++
	p.low, p.high = low, high
	return true
}

// madeAt is when an id was made, in milliseconds: its first six bytes.
func madeAt(id []byte) int64 {
	return int64(binary.BigEndian.Uint64(id) >> 16)
}

// made is below all ids that are made at a time or later, and above those before.
func made(ms int64) []byte {
	if ms >= 1<<48 {
		return bytes.Repeat([]byte{0xff}, len(storage.ID{})+1)
	}
	return binary.BigEndian.AppendUint64(nil, uint64(max(ms, 0))<<16)[:6]
}

// OpenFirst opens the packs among the first n jobs of a main line behind a rank.
func (l *link) OpenFirst(queue int, behind int64, n int) error {
	return l.open("open_first", "$1::bigint::int, $2, 9223372036854775807, $3::bigint::int", int64(queue), behind, int64(n))
}

// OpenAt opens the pack in which a place of a main line lies.
func (l *link) OpenAt(queue int, rank int64) error {
	return l.open("open_at", "$1::bigint::int, $2", int64(queue), rank)
}

// open calls a function that opens packs, with the next query.
func (l *link) open(name, places string, args ...any) error {
	r := &request{name: l.texts.Named("jobgen " + name + " jg_"), text: l.texts.Named("SELECT jg_" + name + "(" + places + ")")}
	if err := r.set(args); err != nil {
		return err
	}
	l.queue = append(l.queue, r)
	return nil
}

// Packs of a shelf in the order of their first ids, or of their last ones backwards.
const (
	textPacksUp = `SELECT low, shape, (SELECT string_agg(u.job, ''::bytea) FROM unnest(p.jobs[p.taken+1:]) AS u (job))
		FROM jg_pack p WHERE p.shelf = $1 AND p.low > $2 AND p.high >= $3 ORDER BY p.low LIMIT $4`
	textPacksDown = `SELECT high, shape, (SELECT string_agg(u.job, ''::bytea) FROM unnest(p.jobs[p.taken+1:]) AS u (job))
		FROM jg_pack p WHERE p.shelf = $1 AND p.high < $2 AND p.low < $3 ORDER BY p.high DESC LIMIT $4`
)

// Packs reads packs of a shelf for a list.
func (l *link) Packs(r sqlcore.PackRange) (packs []sqlcore.Pack, err error) {
	name, text, edge := "packs down", textPacksDown, r.Edge
	if r.Oldest {
		name, text = "packs up", textPacksUp
	}
	switch bound := r.Bound; {
	case edge != nil:
	case r.Oldest:
		edge = made(madeAt(bound) - packSpan - 1)
	default:
		edge = made(madeAt(bound) + packSpan + 1)
	}
	q := &request{name: l.texts.Named("jobgen " + name + " jg_"), text: l.texts.Named(text), rows: new(result)}
	if err := q.set([]any{int64(r.Shelf), edge, r.Bound, int64(r.Limit)}); err != nil {
		return nil, err
	}
	if err := l.now(q); err != nil {
		return nil, err
	}
	for cells := q.rows.cells; len(cells) >= 3; cells = cells[3:] {
		packs = append(packs, sqlcore.Pack{Edge: storage.ID(cells[0]), Shape: int(number(cells[1])), Jobs: cells[2]})
	}
	return packs, nil
}
