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
	for try := time.Duration(1); ; try++ {
		err = d.lone(ctx, func(l *link) error {
			got = sqlcore.PlainFetched{}
			f := &plainFetch{d: d, l: l, r: r, got: &got, max: r.Max, left: min(r.Max+r.Ahead, maxFetch), fresh: taken}
			err := f.run()
			taken = errors.Is(err, errSlot)
			return err
		})
		if !errors.Is(err, errHeld) {
			break
		}
		if try > maxHeldTries || !pause(ctx, try*time.Millisecond) {
			d.poll.busy(time.Now())
			return got, ctx.Err()
		}
	}
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
	asked int // for packs

	queues []int // that have jobs, as far as is known
	gone   []goneRow
	packs  []pack // that jobs were taken from
	sizes  []int  // how many of each
	links  []int
	fresh  bool // take a slot that was never used
}

// onReady is the rest of the key of jg_ready, see leave.
const onReady = "r.line = 0 AND r.job = v.b"

// goneRow is the key of a row that leaves a main line: a job's, or a pack's with its
// first id.
type goneRow struct {
	queue int
	rank  int64
	id    storage.ID
}

func (f *plainFetch) run() error {
	var queues []int
	for _, s := range f.r.Spans {
		if !slices.Contains(queues, s.Queue) {
			queues = append(queues, s.Queue)
		}
	}
	f.d.poll.serve(queues, f.r.Generation)
	further := []string{f.d.filledText(queues)}
	if len(queues) == 1 {
		further = f.claimTexts(queues[0])
	}
	vals, now, found, err := f.d.ours(f.l, f.r.Session, f.lines(queues), further...)
	if err != nil {
		return err
	}
	if vals[0] != f.r.Generation || vals[2] != 0 || (uint64(vals[3]) >= f.r.Call /* guard: late copies */) {
		return errOther
	}
	f.got.Known, f.got.Now = true, now
	if err := f.takeAll(queues, found); err != nil {
		return err
	}
	f.got.More = len(f.got.Rows) == maxFetch && maxFetch < f.r.Max+f.r.Ahead
	if len(f.got.Rows) > 0 {
		return f.write()
	}
	if held, err := f.held(); err != nil || held && !f.got.Odd {
		return firstError(err, errHeld)
	}
	return f.l.run("COMMIT")
}

// takeAll takes what it may from the queues, of the only one what was found.
func (f *plainFetch) takeAll(queues []int, found []*rows) error {
	f.queues = queues
	if len(queues) == 1 {
		return f.take(queues[0], found[0], found[1])
	}
	some := found[0].numbers()
	f.queues = slices.DeleteFunc(queues, func(q int) bool { return !slices.Contains(some, q) })
	for _, q := range f.queues {
		found, err := f.l.queries(f.claimTexts(q)...)
		if err == nil {
			err = f.take(q, found[0], found[1])
		}
		if err != nil || f.left == 0 || f.got.Odd {
			return err
		}
	}
	return nil
}

// lines asks for held lines that the core has to look at, and for the session's last call.
func (f *plainFetch) lines(queues []int) string {
	return ", (SELECT COUNT(*) FROM jg_line n WHERE n.queue IN " + inList(queues) + " AND " + oddLines + " AND m.one = 1), s.`call`"
}

// oddLines are those that a fetch looks at: of kinds, and of rates.
const oddLines = "(n.cause IN (1, 2) OR n.due > 0)"

// readyColumns are what a fetch reads: of new jobs less than of others.
const readyColumns = "r.`rank`, r.job, r.flags, r.shape, j.links, j.created, j.payload, j.options, j.metadata, j.extra, " +
	"IF(r.flags & 4, NULL, " + moreColumns + ")"

// moreColumns are what a job says that is not new, see notNew.
const moreColumns = "CAST(CONCAT_WS(' ', COALESCE(j.fetches, 0), j.attempt, COALESCE(j.retries, 0), COALESCE(j.lost, 0), j.enqueued, COALESCE(j.started, 0)) AS BINARY)"

// claimText locks the first rows of a queue that have one job each, and reads these.
func (f *plainFetch) claimText(queue int) string {
	return f.d.texts.Named("SELECT " + readyColumns + " FROM jg_ready r FORCE INDEX (PRIMARY) STRAIGHT_JOIN jg_job j ON j.id = r.job WHERE " + f.spans(queue, readySpans) +
		" ORDER BY r.`rank` LIMIT " + strconv.Itoa(f.left) + " FOR UPDATE SKIP LOCKED")
}

// claimTexts are that and the first packs.
func (f *plainFetch) claimTexts(queue int) []string {
	f.asked = f.d.usual.packs(queue, f.left)
	return []string{f.claimText(queue), f.packsText(queue, f.asked)}
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
	all := append(f.d.texts.leave("jg_ready r", onReady, f.gone), f.d.texts.takeOf(f.packs, f.sizes)...)
	err := f.l.write(append(all, c.insert(f.d.texts)), "COMMIT")
	switch {
	case err == nil:
		f.d.claims.remember(c)
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

// leave removes rows of main lines, by their whole key: those of a queue stand together.
func (t *texts) leave(table, on string, gone []goneRow) (all []*writing) {
	for len(gone) > 0 {
		n := 1
		for n < len(gone) && gone[n].queue == gone[0].queue {
			n++
		}
		some := gone[:n]
		where := "r.queue = " + strconv.Itoa(some[0].queue) + " AND r.`rank` = v.a AND " + on
		all = append(all, t.removing(table, where, n, 2, func(w *writing, i, k int) {
			if k == 0 {
				w.number(some[i].rank)
			} else {
				w.b = appendHex(w.b, some[i].id[:])
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
