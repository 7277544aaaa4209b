package mysqlstore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// The hot paths: plain jobs, many at a time, in few round trips and beside each other.
// They share the write lock (LOCK IN SHARE MODE, which both servers know), so that no
// transaction of the core is open meanwhile; inserts do without.

var (
	_ sqlcore.PlainInserter = (*database)(nil)
	_ sqlcore.PlainFetcher  = (*database)(nil)
	_ sqlcore.PlainSettler  = (*database)(nil)
	_ sqlcore.IdleTicker    = (*database)(nil)
	_ sqlcore.LoneDriver    = (*database)(nil)
	_ sqlcore.Undoer        = (*database)(nil)
	_ sqlcore.Folder        = (*transaction)(nil)
	_ sqlcore.Promoter      = (*transaction)(nil)
)

// lone runs f on a writing connection of its own, and again when the server has undone
// it because of a lock, or has closed the connection while it rested. F commits; what it
// has not committed is undone. When it is made again after a commit whose answer was lost,
// it finds nothing to do, or says errSent.
func (d *database) lone(ctx context.Context, f func(l *link) error) error {
	for try, again := 0, true; ; try++ {
		c, err := d.borrow(ctx)
		if err != nil {
			return err
		}
		l := d.link(c)
		if err = f(l); err == nil {
			d.giveBack(c, true)
			return nil
		}
		healthy := l.run("ROLLBACK") == nil
		d.giveBack(c, healthy)
		if !healthy && again && ctx.Err() == nil && !errors.Is(err, errSent) {
			again = false
			d.discardIdle()
			continue
		}
		if ctx.Err() != nil || try == maxTries || !undone(err) {
			return err
		}
	}
}

// errSent: what was sent may be committed, and must not be sent again.
var errSent = errors.New("the answer to a commit was lost")

// maxTries bounds how often a transaction that met a lock is tried again.
const maxTries = 20

// undone reports whether a transaction failed because of a lock of another one.
func undone(err error) bool {
	code := codeOf(err)
	return code == codeDeadlock || code == codeLockTimeout || errors.Is(err, errSlot)
}

// Undone reports whether a transaction failed because of another one: it met a lock of
// it, or a job with its id has just been stored.
func (d *database) Undone(err error) bool { return undone(err) || codeOf(err) == codeDuplicate }

// errOther ends a hot path that has nothing to write.
var errOther = errors.New("nothing for a hot path")

// A writing builds one statement.
type writing struct {
	b   []byte
	err error
}

func (w *writing) add(text string) *writing {
	w.b = append(w.b, text...)
	return w
}

// vals adds arguments with commas between them.
func (w *writing) vals(args ...any) *writing {
	for i, a := range args {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		var err error
		if w.b, err = appendLiteral(w.b, sqlcore.Native(a)); err != nil {
			w.err = err
			return w
		}
	}
	return w
}

// write runs statements that were built, and more behind them.
func (l *link) write(all []*writing, more ...string) error {
	texts := make([]string, 0, len(all)+len(more))
	for _, w := range all {
		if w.err != nil {
			return w.err
		}
		texts = append(texts, string(w.b))
	}
	return l.all(append(texts, more...)...)
}

// InsertPlain stores jobs that need nothing but themselves.
func (d *database) InsertPlain(ctx context.Context, jobs []sqlcore.PlainJob) (taken bool, err error) {
	err = d.lone(ctx, func(l *link) error {
		if err := d.listen(l); err != nil {
			return err
		}
		now, first := d.clock.places(len(jobs))
		return l.write([]*writing{d.newJobs(jobs, first, now), d.newReady(jobs, first), d.newTally(jobs)}, "COMMIT")
	})
	if codeOf(err) == codeDuplicate {
		return true, nil
	}
	return false, err
}

// listen asks for the server's clock when it was not heard for long.
func (d *database) listen(l *link) error {
	if !d.clock.old() {
		return nil
	}
	now, err := l.number("SELECT " + clockText)
	if err == nil {
		d.clock.hear(d.instant(now))
	}
	return err
}

// instantOf is the time by the server's clock, as it was heard lately.
func (d *database) instantOf(l *link) (time.Time, error) {
	err := d.listen(l)
	now, _ := d.clock.places(0)
	return now, err
}

func (d *database) newJobs(jobs []sqlcore.PlainJob, first int64, now time.Time) *writing {
	size := 300
	for i := range jobs {
		size += 2*(len(jobs[i].Payload)+len(jobs[i].Options)+len(jobs[i].Metadata)) + 200
	}
	w := &writing{b: make([]byte, 0, size)}
	more := slices.ContainsFunc(jobs, func(j sqlcore.PlainJob) bool { return len(j.Options)+len(j.Metadata) > 0 })
	names := "id, shape, shelf, `rank`, created, enqueued, payload"
	if more {
		names += ", options, metadata"
	}
	w.add(d.texts.Named("INSERT INTO jg_job (" + names + ") VALUES "))
	at := now.UnixMilli()
	for i := range jobs {
		j := &jobs[i]
		if i > 0 {
			w.add(",")
		}
		w.add("(").vals(j.ID, j.Shape, j.Shelf, rankOf(j, first, i), at, at, filled(j.Payload))
		if more {
			w.add(",").vals(filled(j.Options), filled(j.Metadata))
		}
		w.add(")")
	}
	return w
}

func filled(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

func rankOf(j *sqlcore.PlainJob, first int64, i int) int64 {
	return int64(j.Priority)<<60 | (first + int64(i))
}

func (d *database) newReady(jobs []sqlcore.PlainJob, first int64) *writing {
	w := &writing{b: make([]byte, 0, 100+100*len(jobs))}
	w.add(d.texts.Named("INSERT INTO jg_ready (queue, `rank`, job, shape, shelf) VALUES "))
	for i := range jobs {
		j := &jobs[i]
		if i > 0 {
			w.add(",")
		}
		w.add("(").vals(j.Queue, rankOf(j, first, i), j.ID, j.Shape, j.Shelf).add(")")
	}
	return w
}

// newTally counts the new jobs of each shape.
func (d *database) newTally(jobs []sqlcore.PlainJob) *writing {
	counts := make(map[int]int, 1)
	for i := range jobs {
		counts[jobs[i].Shape]++
	}
	w := new(writing)
	w.add(d.texts.Named("INSERT INTO jg_tally (shape, cls, n) VALUES "))
	for shape, n := range counts {
		if len(w.b) > 0 && w.b[len(w.b)-1] == ')' {
			w.add(",")
		}
		w.add("(").vals(shape, 4, n).add(")")
	}
	return w
}

// ours shares the write lock, and reads what a hot path has to know: the generation of
// the names, whether the session lives, more, and the clock. What is read beside the row
// that is locked is asked for that row, so it is read after the lock. Behind that it runs
// further queries.
func (d *database) ours(l *link, session int, more string, further ...string) (vals []int64, now time.Time, found []*rows, err error) {
	no := strconv.Itoa(session)
	text := "SELECT m.generation, (SELECT s.dead FROM jg_session s WHERE s.no = " + no + " AND m.one = 1)" + more + ", " + clockText +
		" FROM jg_meta m WHERE m.one = 1 LOCK IN SHARE MODE"
	began := time.Now()
	if found, err = l.queries(append([]string{d.texts.Named(text)}, further...)...); err != nil {
		return nil, now, nil, err
	}
	row, ok, _ := found[0].Next()
	if !ok || row[1] == nil {
		return nil, now, nil, errOther
	}
	vals = make([]int64, len(row))
	for i := range row {
		vals[i] = columns(row).int(i)
	}
	last := len(vals) - 1
	if time.Since(began) > maxWait {
		if vals[last], err = l.number("SELECT " + clockText); err != nil {
			return nil, now, nil, err
		}
	}
	if vals[1] != 0 {
		return nil, now, nil, errOther
	}
	now = d.instant(vals[last])
	d.clock.hear(now)
	return vals, now, found[1:], nil
}

// inList is numbers for a text.
func inList[N ~int | ~int32](all []N) string {
	b := []byte("(")
	for i, n := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(append(b, ')'))
}
