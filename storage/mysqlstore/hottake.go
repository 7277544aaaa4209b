package mysqlstore

import (
	"slices"
	"strconv"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// A line has its jobs in packs and in rows of one job each. A fetch locks the first of both,
// enough of each, and takes jobs from either in the order of their ranks.

// packsText locks the first packs of a queue.
func (f *plainFetch) packsText(queue, n int) string {
	return f.d.texts.Named("SELECT " + packColumns + " FROM jg_pack p FORCE INDEX (PRIMARY) WHERE " + f.spans(queue, packSpans) +
		" ORDER BY p.`rank` LIMIT " + strconv.Itoa(n) + " FOR UPDATE SKIP LOCKED")
}

// pick is a job that is taken: of a row, or of a pack.
type pick struct {
	row columns // nil: of a pack
	p   *pack
	k   int // among those that are left in it
}

// take takes jobs of a queue, up to the first that is not for a hot path.
func (f *plainFetch) take(queue int, ready, found *rows) error {
	packs, err := f.enough(queue, packsOf(queue, found))
	if err != nil {
		return err
	}
	picks := f.pick(ready, packs)
	jobs, err := f.read(picks)
	if err != nil {
		return err
	}
	ranks := make([]int64, 0, len(picks))
	for i := range picks {
		if !f.give(queue, &picks[i], jobs[i]) {
			f.got.Odd = true
			break
		}
		ranks = append(ranks, f.got.Rows[len(f.got.Rows)-1].Rank)
	}
	f.d.usual.took(queue, ranks)
	return nil
}

// enough are packs with as many jobs as are wanted, if there are so many.
func (f *plainFetch) enough(queue int, packs []pack) ([]pack, error) {
	if len(packs) == 0 {
		return nil, nil
	}
	jobs := jobsIn(packs)
	if jobs < f.left && len(packs) == f.asked {
		found, err := f.l.query(f.packsText(queue, f.left))
		if err != nil {
			return nil, err
		}
		packs = packsOf(queue, found)
		jobs = jobsIn(packs)
	}
	f.d.usual.saw(queue, jobs, max(len(packs), 1))
	return packs, nil
}

func jobsIn(packs []pack) (n int) {
	for i := range packs {
		n += packs[i].left()
	}
	return n
}

// pick picks the first jobs.
func (f *plainFetch) pick(ready *rows, packs []pack) (picks []pick) {
	row, more, _ := ready.Next()
	k := 0
	for len(picks) < f.left && (more || len(packs) > 0) {
		c := columns(row)
		if more && (len(packs) == 0 || c.int(0) < packs[0].head()+int64(k)) {
			if c.int(2)&readyKind != readyPlain || !slices.Contains(f.r.Shapes, int32(c.int(3))) || int(c.int(4))&sqlcore.FetchNot != 0 {
				f.got.Odd = true
				return picks
			}
			picks = append(picks, pick{row: c})
			row, more, _ = ready.Next()
			continue
		}
		p := &packs[0]
		if !slices.Contains(f.r.Shapes, int32(p.shape)) {
			f.got.Odd = true
			return picks
		}
		picks = append(picks, pick{p: p, k: k})
		if k++; k == p.left() {
			packs, k = packs[1:], 0
		}
	}
	return picks
}

// read reads the jobs of packs, in the places of the picks.
func (f *plainFetch) read(picks []pick) ([]columns, error) {
	jobs := make([]columns, len(picks))
	var ids []byte
	var places []int
	for i := range picks {
		if p := picks[i].p; p != nil {
			ids = append(ids, p.jobs[picks[i].k*idSize:][:idSize]...)
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return jobs, nil
	}
	found, err := f.l.query(f.d.jobsText(ids))
	if err != nil {
		return nil, err
	}
	for {
		row, ok, _ := found.Next()
		if !ok {
			return jobs, nil
		}
		jobs[places[columns(row).int(0)]] = row
	}
}

// jobsText reads jobs by their ids, which are one value: what it takes to read a long list
// costs more than the reading. Their places come from jg_keylock.
func (d *database) jobsText(ids []byte) string {
	return d.texts.Named("SELECT k.slot, j.links, j.created, j.payload, j.options, j.metadata, j.extra, IF(j.links & " + strconv.Itoa(sqlcore.PromoteDue) + ", " + moreColumns + ", NULL) FROM jg_keylock k FORCE INDEX (PRIMARY)" +
		" STRAIGHT_JOIN jg_job j FORCE INDEX (PRIMARY) ON j.id = SUBSTR(" + string(appendHex(nil, ids)) + ", 16 * k.slot + 1, 16)" +
		" WHERE k.slot < " + strconv.Itoa(len(ids)/idSize))
}

// notNew completes a job by moreColumns: those of a new one are null.
func notNew(r *sqlcore.PlainRow, more []byte) {
	r.Enqueued = r.Created
	if n := numbersOf(more); len(n) == 6 {
		r.Fetch, r.Attempt, r.Retries, r.Lost, r.Enqueued, r.Started = int(n[0])+1, int(n[1]), int(n[2]), int(n[3]), n[4], n[5]
	}
}

// give adds a job to the answer, unless it is the core's matter.
func (f *plainFetch) give(queue int, at *pick, job columns) bool {
	if at.row == nil && (job == nil || int(job.int(1))&sqlcore.FetchNot != 0) {
		return false
	}
	r := sqlcore.PlainRow{Attempt: 1, Fetch: 1, Ahead: f.max == 0}
	links := 0
	if c := at.row; c != nil {
		r.ID, r.Shape, r.Rank, links = storage.ID(c.bytes(1)), int(c.int(3)), c.int(0), int(c.int(4))
		r.Created, r.Payload, r.Options, r.Metadata, r.Extra = c.int(5), c.bytes(6), c.bytes(7), c.bytes(8), c.bytes(9)
		notNew(&r, c.bytes(10))
		f.gone = append(f.gone, goneRow{queue, r.Rank, r.ID})
	} else {
		p := at.p
		r.ID, r.Shape, r.Rank, links = storage.ID(p.jobs[at.k*idSize:]), p.shape, p.head()+int64(at.k), int(job.int(1))
		r.Created, r.Payload, r.Options, r.Metadata, r.Extra = job.int(2), job.bytes(3), job.bytes(4), job.bytes(5), job.bytes(6)
		notNew(&r, job.bytes(7))
		if at.k == 0 {
			f.packs, f.sizes = append(f.packs, *p), append(f.sizes, 0)
		}
		f.sizes[len(f.sizes)-1]++
	}
	f.max = max(f.max-1, 0)
	f.left--
	f.got.Rows = append(f.got.Rows, r)
	f.links = append(f.links, links)
	return true
}
