package sqlcore

import (
	"bytes"
	"math"
	"slices"

	"github.com/gojobgen/jobgen/storage"
)

// What a server ran last and what ended in jg_end is found by its sessions in jg_sweep,
// many jobs in a row.

var (
	sqlRanAs     = sqlText(`SELECT no FROM jg_ran WHERE server = ?`)
	sqlEndedUp   = sqlText(`SELECT low, no, jobs FROM jg_sweep WHERE session = ? AND session > 0 AND (low, no) > (?, ?) AND high >= ? ORDER BY low, no LIMIT ?`)
	sqlEndedDown = sqlText(`SELECT high, no, jobs FROM jg_sweep WHERE session = ? AND session > 0 AND (high, no) < (?, ?) AND low < ? ORDER BY high DESC, no DESC LIMIT ?`)
	sqlEndedBy   = sqlFamily(`SELECT id FROM jg_end WHERE shelf = ? AND session = ? AND id IN ({})`, "?")
)

// endedBy are the ranges of what the filter's server ran last.
func (l *listing) endedBy() (ranges []*idRange, err error) {
	err = each(l.Link, func(r *rows) error {
		ranges = append(ranges, l.endedRange(r.int(0)))
		return nil
	}, sqlRanAs, l.filter.Server)
	return ranges, err
}

// endedRange is what a session of the filter's server ended.
func (l *listing) endedRange(session int) *idRange {
	r := &idRange{server: l.filter.Server, pooled: new(pooled)}
	s, bound, no := sqlEndedDown, l.high, int64(math.MaxInt64)
	r.pooled.edge = lastID
	if l.oldest {
		s, bound, no = sqlEndedUp, l.low, -1
		r.pooled.edge = storage.ID{}
	}
	r.pooled.next = func(n int) (count int, err error) {
		err = each(l.Link, func(row *rows) error {
			count++
			r.pooled.edge, no = row.id(0), row.int64(1)
			for _, e := range sweepEntries(row.bytes(2)) {
				l.pool(r.pooled, e)
			}
			return nil
		}, s, session, r.pooled.edge[:], no, bound, n)
		return count, err
	}
	r.pooled.give = func(entries []sweepEntry) error {
		still, err := l.stillEnded(session, entries)
		for _, e := range entries {
			if still[e.id] {
				r.buffer = append(r.buffer, candidate{id: e.id, shape: e.shape, cls: classSucceeded, server: r.server})
			}
		}
		return err
	}
	return r
}

// before reports whether a comes before b in the list.
func (l *listing) before(a, b []byte) bool { return (bytes.Compare(a, b) < 0) == l.oldest }

// maxPooled bounds how many jobs are given at once.
const maxPooled = 64

// fillPooled gives the next jobs of a range.
func (l *listing) fillPooled(r *idRange) error {
	p := r.pooled
	for len(r.buffer) == 0 {
		n := 0
		for n < min(len(p.entries), maxPooled) && (p.read || l.before(p.entries[n].id[:], p.edge[:])) {
			n++
		}
		switch {
		case n > 0:
			if err := p.give(p.entries[:n]); err != nil {
				return err
			}
			p.entries = p.entries[n:]
		case p.read:
			r.dry = true
			return nil
		default:
			if err := l.readPooled(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// readPooled reads some rows more, twice as many each time.
func (l *listing) readPooled(p *pooled) error {
	p.size = max(2*p.size, 4)
	n, err := p.next(p.size)
	if err != nil {
		return err
	}
	p.read = n < p.size
	slices.SortFunc(p.entries, func(a, b sweepEntry) int {
		if l.oldest {
			return bytes.Compare(a.id[:], b.id[:])
		}
		return bytes.Compare(b.id[:], a.id[:])
	})
	return nil
}

// stillEnded are those jobs that the session ended last: the others ran again, or are gone.
func (l *listing) stillEnded(session int, jobs []sweepEntry) (map[storage.ID]bool, error) {
	shelves := make(map[int][]storage.ID)
	for _, j := range jobs {
		shelves[shelfOf(j.shape)] = append(shelves[shelfOf(j.shape)], j.id)
	}
	still := make(map[storage.ID]bool, len(jobs))
	for shelf, ids := range shelves {
		for len(ids) > 0 {
			s, size := sqlEndedBy.fit(len(ids))
			args := make([]any, size+2)
			args[0], args[1] = shelf, session
			n := min(size, len(ids))
			for i := range n {
				args[i+2] = ids[i]
			}
			err := each(l.Link, func(r *rows) error { still[r.id(0)] = true; return nil }, s, args...)
			if err != nil {
				return nil, err
			}
			ids = ids[n:]
		}
	}
	return still, nil
}

// lastID comes behind every id.
var lastID = storage.ID(bytes.Repeat([]byte{0xff}, 16))
