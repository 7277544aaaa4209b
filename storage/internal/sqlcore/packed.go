package sqlcore

import (
	"bytes"

	"github.com/gojobgen/jobgen/storage"
)

// A Packer is a link of a database in which the new jobs of a [PlainInserter] lie in
// packs, many in a row, and not in jg_ready. Before the core looks for a job on a main
// line, it has those packs opened in which it may be: then jg_ready has their jobs.
type Packer interface {
	Link
	// OpenFirst opens the packs among the first n jobs behind a rank on the main line of
	// a queue, OpenAt that in which a place of the line lies.
	OpenFirst(queue int, behind int64, n int) error
	OpenAt(queue int, rank int64) error
	// Packs reads packs for a list.
	Packs(r PackRange) ([]Pack, error)
}

// A PackRange asks for packs of a shelf: for the oldest, in the order of their first ids,
// those behind Edge that have ids of Bound and above; else in the order of their last ids,
// backwards, those before Edge that have ids below Bound. No Edge: from the beginning.
type PackRange struct {
	Shelf  int
	Oldest bool
	Edge   []byte
	Bound  []byte
	Limit  int
}

// Pack is a pack in a list.
type Pack struct {
	Edge  storage.ID // its first id, or its last one
	Shape int
	Jobs  []byte // their ids, one after the other, in no order
}

// openFirst moves to jg_ready what of the first n jobs behind a rank of a line is in packs.
func (t *tx) openFirst(queue, line int, behind int64, n int) error {
	if p, ok := t.Link.(Packer); ok && line == 0 {
		return p.OpenFirst(queue, behind, n)
	}
	return nil
}

// openAt moves to jg_ready what is in the pack in which a place of a line lies.
func (t *tx) openAt(queue, line int, rank int64) error {
	if p, ok := t.Link.(Packer); ok && line == 0 {
		return p.OpenAt(queue, rank)
	}
	return nil
}

// packRange is the range of the jobs of a shelf that are in packs; nil: there are no packs.
func (l *listing) packRange(shelf int) *idRange {
	p, ok := l.Link.(Packer)
	if !ok {
		return nil
	}
	var edge []byte
	r := &idRange{pooled: new(pooled)}
	r.pooled.next = func(n int) (rows int, err error) {
		bound := l.high
		if l.oldest {
			bound = l.low
		}
		packs, err := p.Packs(PackRange{Shelf: shelf, Oldest: l.oldest, Edge: edge, Bound: bound, Limit: n})
		for _, pack := range packs {
			edge, r.pooled.edge = pack.Edge[:], pack.Edge
			for ids := pack.Jobs; len(ids) > 0; ids = ids[16:] {
				l.pool(r.pooled, sweepEntry{pack.Shape, storage.ID(ids[:16])})
			}
		}
		return len(packs), err
	}
	r.pooled.give = func(entries []sweepEntry) error {
		for _, e := range entries {
			r.buffer = append(r.buffer, candidate{id: e.id, shape: e.shape, cls: classLive, state: storage.Enqueued})
		}
		return nil
	}
	return r
}

// pooled is how a range is read whose rows have many jobs each. The rows come in the order
// of their first ids (the last ones, where the list goes backwards), and a job is given
// once no row that is still to be read can have one before it. Most rows overlap with few
// others.
type pooled struct {
	entries []sweepEntry                      // read, not given, in the order of the list
	edge    storage.ID                        // of the last row read: what comes before it may be given
	size    int                               // rows to read next
	read    bool                              // all rows
	next    func(n int) (rows int, err error) // reads some rows more
	give    func(entries []sweepEntry) error  // fills the range's buffer
}

// pool notes a job that was read, if it is one that the list asks for.
func (l *listing) pool(p *pooled, e sweepEntry) {
	if (l.shapes == nil || l.shapes[e.shape]) && bytes.Compare(e.id[:], l.low) >= 0 && bytes.Compare(e.id[:], l.high) < 0 {
		p.entries = append(p.entries, e)
	}
}
