package pgstore

import (
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// New plain jobs lie on main lines in packs: one row for many jobs of one call, where a
// row for each, with its entries in two indexes, would be half of what it costs to store
// a job. The hot paths empty packs from their first job on; the core knows rows of
// jg_ready only, and has packs opened before it looks.

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
	name, text := "packs down", textPacksDown
	if r.Oldest {
		name, text = "packs up", textPacksUp
	}
	q := &request{name: l.texts.Named("jobgen " + name + " jg_"), text: l.texts.Named(text), rows: new(result)}
	if err := q.set([]any{int64(r.Shelf), r.From(), r.Bound, int64(r.Limit)}); err != nil {
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
