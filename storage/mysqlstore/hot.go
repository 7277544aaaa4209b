package mysqlstore

import (
	"context"
	"errors"
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

// ours shares the write lock, and reads what a hot path has to know: the generation of
// the names, whether the session lives, more, and the clock. What is read beside the row
// of the lock is asked for that row, so it is read after the lock. Behind that it runs
// further queries.
func (d *database) ours(l *link, session int, more string, further ...string) (vals []int64, now time.Time, found []*rows, err error) {
	text := "SELECT m.generation, s.dead" + more + ", " + clockText +
		" FROM jg_meta m STRAIGHT_JOIN jg_session s ON s.no = m.one - 1 + " + strconv.Itoa(session) + " WHERE m.one = 1 LOCK IN SHARE MODE"
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
	if vals[1] != 0 { // guard: session lives
		return nil, now, nil, errOther
	}
	now = d.instant(vals[last])
	d.clock.hear(now)
	return vals, now, found[1:], nil
}
