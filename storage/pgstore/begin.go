package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

var background = context.Background()

// database joins the core to PostgreSQL.
type database struct {
	pool    *pgxpool.Pool // own connections: a pool that the application exhausts does not stop the store
	callers *pgxpool.Pool // the caller's
	readers *pgxpool.Pool // the caller's, or that of a replica
	texts   *sqlcore.Texts
	prefix  string
	lock    int64 // the advisory lock that is the namespace's write lock
	async   bool  // settles commit before the disk has them
	pooler  bool  // behind a pooler: nothing of a connection outlives a transaction
	offset  *atomic.Int64
	version int // of the server, such as 150018
	closed  atomic.Bool

	notifier *notifier    // nil behind a pooler
	listener *listener    // likewise
	active   atomic.Int64 // when there was work last, for polls
	ticked   atomic.Int64 // when a tick looked for it last
	ticks    ticks
}

// Limits of a core transaction, so that a frozen client frees everybody.
const (
	lockTimeout = 2 * time.Second // to wait for the write lock
	idleTimeout = 2 * time.Second // between two round trips
)

const (
	codeLockTimeout = "55P03"
	codeDeadlock    = "40P01"
	codeConflict    = "40001"
	codeDuplicate   = "23505"
)

// codeOf is PostgreSQL's code of an error; empty when it has none.
func codeOf(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Begin opens a transaction that holds the namespace's write lock. The lock is taken
// by a statement of its own: what is read in later ones is newer than the lock.
func (d *database) Begin(waiting func() bool) (sqlcore.Tx, error) {
	for attempt := 0; ; attempt++ {
		var tx *writing
		w, err := d.acquire(background)
		if err == nil {
			tx, err = d.begin(w, nil)
		}
		if err == nil {
			return tx, nil
		}
		d.broken(err)
		if d.closed.Load() || !waiting() {
			return nil, err
		}
		again := codeOf(err) == codeLockTimeout || codeOf(err) == codeDeadlock
		d.cutOff(err)
		if !again && (codeOf(err) != "" || attempt >= 2) {
			return nil, err // two attempts more: connections that died while they were idle
		}
	}
}

// broken gives up all connections after an error that is not an answer of the server:
// where one is dead, the others are, too.
func (d *database) broken(err error) {
	code := codeOf(err)
	if code == "" || strings.HasPrefix(code, "57P") {
		d.pool.Reset()
	}
}

// begin opens a transaction; the locks of keys are taken before the write lock. What the
// hot paths claimed becomes the rows that the core knows.
func (d *database) begin(w *writing, first []*request) (*writing, error) {
	meta := &request{name: "jobgen meta " + d.prefix, text: d.texts.Named(textMeta), rows: new(result), sync: true}
	opening := []*request{utility("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"), utility(d.settings())}
	opening = append(opening, first...)
	opening = append(opening, utility("SELECT pg_advisory_xact_lock("+strconv.FormatInt(d.lock, 10)+")"), utility("SELECT "+d.prefix+"unpack()"), meta)
	if err := w.now(opening...); err != nil {
		w.Rollback()
		return nil, err
	}
	row, found, err := meta.rows.Next()
	if err != nil || !found {
		w.Rollback()
		return nil, firstError(err, fmt.Errorf("table %smeta is empty", d.prefix))
	}
	generation, _ := row[0].(int64)
	todos, _ := row[1].(int64)
	micros, _ := row[2].(int64)
	w.meta = sqlcore.Meta{Generation: generation, Todos: todos}
	w.moment = d.at(micros)
	return w, nil
}

// textMeta reads what the core has to know, and the clock.
const textMeta = `SELECT generation, CASE WHEN EXISTS (SELECT 1 FROM jg_todo) THEN 1::bigint ELSE 0::bigint END, ` + clock + ` FROM jg_meta WHERE one = 1`

// clock is the server's time in microseconds: not now(), which is when the transaction began.
const clock = `(extract(epoch FROM clock_timestamp()) * 1000000)::bigint`

// at is the store's time for a time of the server.
func (d *database) at(micros int64) time.Time {
	return time.UnixMicro(micros + d.offset.Load()).UTC()
}

// settings hold in one transaction: how long it may wait and be idle, and that plans
// lean on indexes, whatever the statistics of a table were when it was empty. Plans that
// have to scan look dear then: without jit = off the server would spend seconds to
// compile them.
func (d *database) settings() string {
	text := fmt.Sprintf(`SELECT set_config('lock_timeout', '%d', true), set_config('idle_in_transaction_session_timeout', '%d', true),
		set_config('jit', 'off', true), set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`, lockTimeout.Milliseconds(), idleTimeout.Milliseconds())
	if d.version >= 170000 {
		text += `, set_config('transaction_timeout', '30000', true)`
	}
	return text
}

// acquire takes a connection of the store's own.
func (d *database) acquire(ctx context.Context) (*writing, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := d.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	return &writing{link: link{wire: d.wire(c.Conn()), texts: d.texts}, conn: c, prefix: d.prefix}, nil
}

// wire sends statements down a connection of the store's own.
func (d *database) wire(c *pgx.Conn) wire {
	pg := c.PgConn()
	if d.pooler {
		return wire{pg: pg}
	}
	known, ok := pg.CustomData()[d.prefix].(prepared)
	if !ok {
		known = make(prepared)
		pg.CustomData()[d.prefix] = known
	}
	return wire{pg: pg, prepared: known}
}

// writing is a transaction with the write lock.
type writing struct {
	link
	conn   *pgxpool.Conn
	prefix string
	moment time.Time
	meta   sqlcore.Meta
}

func (w *writing) Now() time.Time             { return w.moment }
func (w *writing) News() bool                 { return false } // the listener tells
func (w *writing) Meta() (sqlcore.Meta, bool) { return w.meta, true }

// Commit commits with what waits, in one round trip.
func (w *writing) Commit() error {
	commit := utility("COMMIT")
	if err := w.link.now(commit); err != nil {
		return err // Rollback follows
	}
	if err := ended(commit); err != nil {
		return err
	}
	w.release()
	return nil
}

// Rollback undoes all, and lets go of the connection.
func (w *writing) Rollback() {
	if w.conn == nil {
		return
	}
	w.queue, w.err = nil, nil
	if !w.pg.IsClosed() && w.pg.TxStatus() != 'I' {
		_ = w.link.now(utility("ROLLBACK")) // else the pool closes the connection, which does the same
	}
	w.release()
}

func (w *writing) release() {
	w.conn.Release()
	w.conn = nil
}
