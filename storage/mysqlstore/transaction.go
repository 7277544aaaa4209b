package mysqlstore

import (
	"context"
	"errors"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// transaction is one with the write lock of the namespace.
type transaction struct {
	*buffered
	d    *database
	now  time.Time
	meta sqlcore.Meta
	lent *conn // alone: to be given back
}

func (t *transaction) Now() time.Time             { return t.now }
func (t *transaction) News() bool                 { return false }
func (t *transaction) Meta() (sqlcore.Meta, bool) { return t.meta, true }

// Commit ends the transaction.
func (t *transaction) Commit() error {
	err := t.flush("COMMIT")
	switch {
	case err != nil:
	case t.lent != nil:
		t.d.giveBack(t.lent, true)
		t.lent = nil
	default:
		t.d.conn.used = time.Now()
	}
	return err
}

// Rollback undoes all. A connection on which that fails is given up: its end undoes all too.
func (t *transaction) Rollback() {
	t.open, t.places = nil, nil
	err := t.run("ROLLBACK")
	switch {
	case t.lent != nil:
		t.d.giveBack(t.lent, err == nil)
		t.lent = nil
	case err != nil:
		t.d.drop()
	}
}

// LockKey locks a unique key until the transaction ends.
func (l *link) LockKey(name string, wait bool) (bool, error) {
	text := l.texts.Named(`SELECT slot FROM jg_keylock WHERE slot = `) + strconv.Itoa(slotOf(name)) + ` FOR UPDATE`
	if !wait {
		text += ` SKIP LOCKED`
	}
	found, err := l.query(text)
	if err != nil {
		return false, err
	}
	_, ok, _ := found.Next()
	return ok, nil
}

// slots is how many rows jg_keylock has. Keys that share one wait for each other when
// they need not, which does no harm.
const slots = 1000

func slotOf(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // which never fails
	return int(h.Sum32() % slots)
}

// BeginAlone locks unique keys, however long callers' transactions have them, and opens
// a transaction with the write lock. While it waits for a key it keeps no connection: all
// of the pool could end up waiting.
func (d *database) BeginAlone(ctx context.Context, keys []string) (sqlcore.Tx, error) {
	pause, again := keyPauseFirst, true
	for {
		c, err := d.borrow(ctx)
		if err != nil {
			return nil, err
		}
		t, err := d.lockAlone(c, keys)
		if err == nil {
			return t, nil
		}
		healthy := d.link(c).run("ROLLBACK") == nil
		d.giveBack(c, healthy)
		if !healthy && again { // the server has closed it while it rested
			again = false
			d.discardIdle()
			continue
		}
		if !errors.Is(err, errKey) && !undone(err) {
			return nil, err
		}
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil, ctx.Err()
		}
		pause = min(2*pause, keyPauseLast)
	}
}

// How long to wait before a key is tried again.
const (
	keyPauseFirst = 2 * time.Millisecond
	keyPauseLast  = 100 * time.Millisecond
)

// errKey: another transaction has a key.
var errKey = errors.New("another transaction has a unique key")

func (d *database) lockAlone(c *conn, keys []string) (*transaction, error) {
	l := d.link(c)
	for _, key := range keys {
		if ok, err := l.LockKey(key, false); err != nil || !ok {
			return nil, firstError(err, errKey)
		}
	}
	t, err := d.lock(l)
	if err == nil {
		t.lent = c
	}
	return t, err
}
