package sqlcore

import (
	"bytes"
	"math"
	"slices"

	"github.com/gojobgen/jobgen/storage"
)

// What a server ran last and what ended in jg_end is found by its sessions in jg_sweep,
// many jobs in a row. The rows of a session are read in the order of their first ids (the
// last ones, where the list goes backwards), and a job is given once no row that is still
// to be read can have one before it. Most rows overlap with few others.

// endedRange is how such a range is read.
type endedRange struct {
	session int
	pool    []sweepEntry // read, not given, in the order of the list
	edge    storage.ID   // of the next row: what comes before it may be given
	no      int64
	size    int  // rows to read next
	read    bool // all rows
}

var (
	sqlRanAs     = sqlText(`SELECT no FROM jg_ran WHERE server = ?`)
	sqlEndedUp   = sqlText(`SELECT low, no, jobs FROM jg_sweep WHERE session = ? AND session > 0 AND (low, no) > (?, ?) AND high >= ? ORDER BY low, no LIMIT ?`)
	sqlEndedDown = sqlText(`SELECT high, no, jobs FROM jg_sweep WHERE session = ? AND session > 0 AND (high, no) < (?, ?) AND low < ? ORDER BY high DESC, no DESC LIMIT ?`)
	sqlEndedBy   = sqlFamily(`SELECT id FROM jg_end WHERE shelf = ? AND session = ? AND id IN ({})`, "?")
)

// endedBy are the ranges of what the filter's server ran last.
func (l *listing) endedBy() (ranges []*idRange, err error) {
	err = each(l.Link, func(r *rows) error {
		ranges = append(ranges, &idRange{server: l.filter.Server, ended: &endedRange{session: r.int(0)}})
		return nil
	}, sqlRanAs, l.filter.Server)
	return ranges, err
}

// before reports whether a comes before b in the list.
func (l *listing) before(a, b []byte) bool { return (bytes.Compare(a, b) < 0) == l.oldest }

// maxEnded bounds how many jobs are looked up at once.
const maxEnded = 64

// fillEnded gives the next jobs of a range.
func (l *listing) fillEnded(r *idRange) error {
	e := r.ended
	for len(r.buffer) == 0 {
		n := 0
		for n < min(len(e.pool), maxEnded) && (e.read || l.before(e.pool[n].id[:], e.edge[:])) {
			n++
		}
		switch {
		case n > 0:
			still, err := l.stillEnded(e, e.pool[:n])
			if err != nil {
				return err
			}
			for _, c := range e.pool[:n] {
				if still[c.id] {
					r.buffer = append(r.buffer, candidate{id: c.id, shape: c.shape, cls: classSucceeded, server: r.server})
				}
			}
			e.pool = e.pool[n:]
		case e.read:
			r.dry = true
			return nil
		default:
			if err := l.readEnded(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// stillEnded are those jobs that the session ended last: the others ran again, or are gone.
func (l *listing) stillEnded(e *endedRange, jobs []sweepEntry) (map[storage.ID]bool, error) {
	shelves := make(map[int][]storage.ID)
	for _, j := range jobs {
		shelves[shelfOf(j.shape)] = append(shelves[shelfOf(j.shape)], j.id)
	}
	still := make(map[storage.ID]bool, len(jobs))
	for shelf, ids := range shelves {
		for len(ids) > 0 {
			s, size := sqlEndedBy.fit(len(ids))
			args := make([]any, size+2)
			args[0], args[1] = shelf, e.session
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

// readEnded reads some rows more, twice as many each time.
func (l *listing) readEnded(e *endedRange) error {
	if e.size == 0 {
		e.size, e.no = 4, -1
		if !l.oldest {
			e.edge, e.no = lastID, math.MaxInt64
		}
	}
	s, bound := sqlEndedDown, l.high
	if l.oldest {
		s, bound = sqlEndedUp, l.low
	}
	n := 0
	err := each(l.Link, func(r *rows) error {
		n++
		e.edge, e.no = r.id(0), r.int64(1)
		for _, c := range sweepEntries(r.bytes(2)) {
			if (l.shapes == nil || l.shapes[c.shape]) && bytes.Compare(c.id[:], l.low) >= 0 && bytes.Compare(c.id[:], l.high) < 0 {
				e.pool = append(e.pool, c)
			}
		}
		return nil
	}, s, e.session, e.edge[:], e.no, bound, e.size)
	e.read = n < e.size
	e.size *= 2
	slices.SortFunc(e.pool, func(a, b sweepEntry) int {
		if l.oldest {
			return bytes.Compare(a.id[:], b.id[:])
		}
		return bytes.Compare(b.id[:], a.id[:])
	})
	return err
}

// lastID comes behind every id.
var lastID = storage.ID(bytes.Repeat([]byte{0xff}, 16))
