package mysqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// database joins the core to a MySQL or MariaDB database.
type database struct {
	db     *sql.DB
	texts  *texts
	server server
	ahead  func() time.Duration // added to the server's clock, in tests

	clock clock
	poll  poller
	conn  *conn // of the writer; nil: to be opened

	claims claims
	usual  usual

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

// clockText is the server's clock when it is evaluated, in microseconds since 1970, in
// a session whose time zone is UTC. Of a row that is locked it is read after the lock.
const clockText = `TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', SYSDATE(6))`

// lockText takes the write lock of the namespace and reads what it guards.
func (d *database) lockText() string {
	return d.texts.Named(`SELECT seq, generation, ` + clockText + ` FROM jg_meta WHERE one = 1 FOR UPDATE`)
}

// maxWait is how long a lock may be waited for before the clock is read anew: a server
// may be told to read it when a statement begins.
const maxWait = 20 * time.Millisecond

// lock begins a transaction on a connection by taking the write lock, behind which no
// claims are left.
func (d *database) lock(l *link) (*transaction, error) {
	began := time.Now()
	both, err := l.queries(d.lockText(), d.texts.Named(claimsText))
	if err != nil {
		return nil, err
	}
	row, ok, _ := both[0].Next()
	if !ok {
		return nil, fmt.Errorf("the table %s is empty: the tables are damaged", d.texts.Named("jg_meta"))
	}
	n := make([]int64, len(row))
	for i := range row {
		n[i], _ = row[i].(int64)
	}
	if time.Since(began) > maxWait {
		if n[2], err = l.number("SELECT " + clockText); err != nil {
			return nil, err
		}
	}
	now := d.instant(n[2])
	d.clock.hear(now)
	t := &transaction{buffered: &buffered{link: l}, d: d, now: now,
		meta: sqlcore.Meta{Seq: n[0], Generation: n[1], Todos: 1}} // callers' transactions add some without a count
	return t, t.unpack(both[1])
}

func (d *database) instant(micros int64) time.Time {
	return time.UnixMicro(micros).UTC().Add(d.ahead())
}

// Begin opens a transaction with the write lock. While others hold the lock it tries
// again as long as a caller waits.
func (d *database) Begin(waiting func() bool) (sqlcore.Tx, error) {
	for fresh := false; ; {
		if d.conn != nil && d.conn.stale() {
			d.drop()
		}
		if d.conn == nil {
			var err error
			if d.conn, err = d.connect(context.Background()); err != nil {
				return nil, err
			}
			fresh = true
		}
		t, err := d.lock(d.link(d.conn))
		if err == nil {
			return t, nil
		}
		_ = d.link(d.conn).run("ROLLBACK") // or the connection is gone, with the transaction
		code := codeOf(err)
		if code == 0 {
			d.drop()
		}
		if code == 0 && fresh || code != 0 && code != codeLockTimeout && code != codeDeadlock || !waiting() {
			return nil, err
		}
	}
}

func (d *database) link(c *conn) *link {
	return &link{ctx: context.Background(), limit: statementLimit, conn: c.sqlConn, texts: d.texts}
}

// drop gives up the writer's connection.
func (d *database) drop() {
	if d.conn != nil {
		_ = discard(d.conn.sqlConn) // it is given up: what it says helps nobody
		d.conn = nil
	}
}

// Close gives the connections up.
func (d *database) Close() error {
	d.drop()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	var errs []error
	for _, c := range d.idle {
		errs = append(errs, discard(c.sqlConn))
	}
	d.idle = nil
	return errors.Join(errs...)
}

// View opens a moment for readers.
func (d *database) View(ctx context.Context) (sqlcore.View, error) {
	tx, err := d.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	l := &link{ctx: ctx, conn: tx, texts: d.texts}
	now, err := l.number("SELECT " + callersClock)
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return &view{l, tx, d.instant(now)}, nil
}

// callersClock is the server's clock in a session with any time zone.
const callersClock = `TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))`

type view struct {
	*link
	tx  *sql.Tx
	now time.Time
}

func (v *view) Now() time.Time { return v.now }
func (v *view) Close()         { _ = v.tx.Rollback() } // nothing was written
