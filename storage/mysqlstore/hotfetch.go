package mysqlstore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// maxFetch bounds the jobs of one statement.
const maxFetch = 1000

// FetchPlain takes plain jobs off the main lines. Fetchers pass over the jobs that others
// are taking, and over those of transactions that are still open, and wait for nobody.
func (d *database) FetchPlain(ctx context.Context, r *sqlcore.PlainFetch) (got sqlcore.PlainFetched, err error) {
	taken := false
	err = d.lone(ctx, func(l *link) error {
		got = sqlcore.PlainFetched{}
		f := &plainFetch{d: d, l: l, r: r, got: &got, max: r.Max, left: min(r.Max+r.Ahead, maxFetch), fresh: taken}
		err := f.run()
		taken = errors.Is(err, errSlot)
		return err
	})
	if errors.Is(err, errOther) {
		return sqlcore.PlainFetched{}, nil
	}
	if len(got.Rows) > 0 {
		d.poll.busy(time.Now())
	}
	return got, err
}

// plainFetch is one such fetch.
type plainFetch struct {
	d     *database
	l     *link
	r     *sqlcore.PlainFetch
	got   *sqlcore.PlainFetched
	max   int // to start
	left  int
	gone  []goneRow
	links []int
	fresh bool // take a slot that was never used
}

// goneRow is where a job was taken from.
type goneRow struct {
	queue int
	rank  int64
	job   storage.ID
}

func (f *plainFetch) run() error {
	var queues []int
	for _, s := range f.r.Spans {
		if !slices.Contains(queues, s.Queue) {
			queues = append(queues, s.Queue)
		}
	}
	f.d.poll.serve(queues)
	further := f.d.filledText(queues)
	if len(queues) == 1 {
		further = f.claimText(queues[0])
	}
	vals, now, found, err := f.d.ours(f.l, f.r.Session, f.lines(queues), further)
	if err != nil {
		return err
	}
	if vals[0] != f.r.Generation || vals[2] != 0 || uint64(vals[3]) >= f.r.Call {
		return errOther
	}
	f.got.Known, f.got.Now = true, now
	if len(queues) == 1 {
		f.take(queues[0], found[0])
		queues = nil
	} else {
		some := found[0].numbers()
		queues = slices.DeleteFunc(queues, func(q int) bool { return !slices.Contains(some, q) })
	}
	for _, q := range queues {
		if err := f.queue(q); err != nil {
			return err
		}
		if f.left == 0 || f.got.Odd {
			break
		}
	}
	f.got.More = len(f.got.Rows) == maxFetch && maxFetch < f.r.Max+f.r.Ahead
	if len(f.got.Rows) == 0 {
		return f.l.run("ROLLBACK")
	}
	return f.write()
}

// lines asks for held lines that the core has to look at, and for the session's last call.
func (f *plainFetch) lines(queues []int) string {
	return ", (SELECT COUNT(*) FROM jg_line n WHERE n.queue IN " + inList(queues) + " AND (n.cause IN (1, 2) OR n.due > 0) AND m.one = 1), s.`call`"
}

// spans is the condition of one queue. The server reads on behind the end of a span until it
// finds a job that is there, so it would walk over all that was taken from the next priority
// and that an old snapshot keeps. So the spans before the one that most jobs come from are
// read up to their last job, which is looked for from their end: mostly there is none.
func (f *plainFetch) spans(queue int) string {
	usual := int64(f.d.usual.of(queue)) << priorityBits
	b := []byte("r.queue = " + strconv.Itoa(queue) + " AND r.line = 0 AND (")
	for i, s := range f.r.Spans {
		if s.Queue != queue {
			continue
		}
		if i > 0 && b[len(b)-1] == ')' {
			b = append(b, " OR "...)
		}
		b = append(b, "(r.`rank` > "...)
		b = strconv.AppendInt(b, s.Behind, 10)
		if s.Upto <= usual {
			b = append(b, " AND r.`rank` <= (SELECT MAX(e.`rank`) FROM jg_ready e FORCE INDEX (PRIMARY) WHERE e.queue = "...)
			b = strconv.AppendInt(b, int64(queue), 10)
			b = append(b, " AND e.line = 0 AND e.`rank` > "...)
			b = strconv.AppendInt(b, s.Behind, 10)
			b = append(b, " AND e.`rank` < "...)
			b = append(strconv.AppendInt(b, s.Upto, 10), ')')
		} else {
			b = append(b, " AND r.`rank` < "...)
			b = strconv.AppendInt(b, s.Upto, 10)
		}
		b = append(b, ')')
	}
	return string(append(b, ')'))
}

// readyColumns are what a fetch reads: of new jobs less than of others.
const readyColumns = "r.`rank`, r.job, r.flags, r.shape, j.links, j.created, j.payload, j.options, j.metadata, j.extra, " +
	"IF(r.flags & 4, NULL, CAST(CONCAT_WS(' ', COALESCE(j.fetches, 0), j.attempt, COALESCE(j.retries, 0), COALESCE(j.lost, 0), j.enqueued, COALESCE(j.started, 0)) AS BINARY))"

// claimText locks the first jobs of a queue and reads them.
func (f *plainFetch) claimText(queue int) string {
	return f.d.texts.Named("SELECT " + readyColumns + " FROM jg_ready r FORCE INDEX (PRIMARY) STRAIGHT_JOIN jg_job j ON j.id = r.job WHERE " + f.spans(queue) +
		" ORDER BY r.`rank` LIMIT " + strconv.Itoa(f.left) + " FOR UPDATE SKIP LOCKED")
}

// queue takes what it may from one queue.
func (f *plainFetch) queue(queue int) error {
	found, err := f.l.query(f.claimText(queue))
	if err == nil {
		f.take(queue, found)
	}
	return err
}

// take takes claimed jobs, up to the first that is not for a hot path.
func (f *plainFetch) take(queue int, found *rows) {
	for {
		row, ok, _ := found.Next()
		if !ok {
			return
		}
		c := columns(row)
		if c.int(2)&readyKind != readyPlain || !slices.Contains(f.r.Shapes, int32(c.int(3))) || int(c.int(4))&sqlcore.FetchNot != 0 {
			f.got.Odd = true
			return
		}
		p := sqlcore.PlainRow{ID: storage.ID(c.bytes(1)), Shape: int(c.int(3)), Rank: c.int(0), Attempt: 1, Fetch: 1, Created: c.int(5), Enqueued: c.int(5),
			Payload: c.bytes(6), Options: c.bytes(7), Metadata: c.bytes(8), Extra: c.bytes(9), Ahead: f.max == 0}
		if n := numbersOf(c.bytes(10)); len(n) == 6 {
			p.Fetch, p.Attempt, p.Retries, p.Lost, p.Enqueued, p.Started = int(n[0])+1, int(n[1]), int(n[2]), int(n[3]), n[4], n[5]
		}
		f.max = max(f.max-1, 0)
		f.left--
		f.got.Rows = append(f.got.Rows, p)
		f.gone = append(f.gone, goneRow{queue, p.Rank, p.ID})
		f.links = append(f.links, int(c.int(4)))
	}
}

// write moves what was taken from the lines to a claim of the session.
func (f *plainFetch) write() error {
	jobs := make([]claimed, len(f.got.Rows))
	ahead := len(jobs)
	for i := range f.got.Rows {
		p := &f.got.Rows[i]
		jobs[i] = claimed{p.ID, p.Fetch, p.Shape, f.links[i]}
		if p.Ahead {
			ahead = min(ahead, i)
		}
	}
	c := f.d.claims.make(f.r.Session, jobs, f.fresh)
	c.call, c.started, c.ahead = f.r.Call, f.got.Now.UnixMilli(), ahead
	err := f.l.write(append(f.leave(f.gone), c.insert(f.d.texts)), "COMMIT")
	switch {
	case err == nil:
		f.d.claims.remember(c)
		f.d.usual.took(f.gone)
		return nil
	case codeOf(err) == codeDuplicate:
		return errSlot
	}
	f.d.claims.release(c)
	if codeOf(err) == 0 {
		return errors.Join(errSent, err)
	}
	return err
}

// leave takes jobs off the main lines: those of a queue stand together.
func (f *plainFetch) leave(gone []goneRow) (all []*writing) {
	for len(gone) > 0 {
		n := 1
		for n < len(gone) && gone[n].queue == gone[0].queue {
			n++
		}
		some := gone[:n]
		on := "r.queue = " + strconv.Itoa(some[0].queue) + " AND r.line = 0 AND r.`rank` = v.a AND r.job = v.b"
		all = append(all, f.d.texts.removing("jg_ready r", on, n, 2, func(w *writing, i, k int) {
			if k == 0 {
				w.number(some[i].rank)
			} else {
				w.b = appendHex(w.b, some[i].job[:])
			}
		}))
		gone = gone[n:]
	}
	return all
}

// Bits of jg_run.flags, as the core has them.
const (
	runAhead = 1
	runPlain = 4
)

// Bits of jg_ready.flags, likewise: the job is plain, and none of its parts is in jg_big.
const (
	readyPlain = 1
	readyKind  = 3
)
