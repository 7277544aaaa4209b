package mysqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// A writing connection is taken out of the caller's pool for good, since its settings
// are not those of the others: no transaction is begun by a statement of its own
// (autocommit is off), reads see what is committed now, and the server itself ends it when
// its client is silent within a transaction, so that a frozen process frees everybody.

// patience is how long the server waits for a lock, and for a silent client. It counts
// in seconds.
const patience = 2

// sessionSettings is how a writing connection differs. What is not set: time zone and
// character set do not matter to the statements, see literal.go.
const sessionSettings = `SET SESSION autocommit = 0, SESSION sql_mode = 'STRICT_ALL_TABLES',
	SESSION time_zone = '+00:00', SESSION innodb_lock_wait_timeout = %[1]d, SESSION net_read_timeout = %[2]d,
	SESSION net_write_timeout = %[2]d`

// MariaDB ends a transaction that is idle. MySQL knows only idle connections: one that
// rests for a while is opened again. Both count as far as promote.go needs, whatever is set
// for others.
const (
	idleMariaDB = `, SESSION idle_transaction_timeout = %d, SESSION max_recursive_iterations = %d`
	idleMySQL   = `, SESSION wait_timeout = %d, SESSION cte_max_recursion_depth = %d`
)

// conn is a writing connection.
type conn struct {
	sqlConn *sql.Conn
	used    time.Time // when it last answered
	rest    time.Duration
}

// mysqlRest is how long a connection to MySQL may rest: shorter than wait_timeout.
const mysqlRest = (patience + 1) * time.Second / 2

func (d *database) connect(ctx context.Context) (*conn, error) {
	opening, cancel := context.WithTimeout(ctx, statementLimit)
	defer cancel()
	c, err := d.db.Conn(opening)
	if err != nil {
		return nil, err
	}
	settings, rest := sessionSettings+idleMySQL, mysqlRest
	if d.server.mariadb {
		settings, rest = sessionSettings+idleMariaDB, time.Hour
	}
	for _, text := range []string{fmt.Sprintf(settings, patience, patience+1, patience+1, maxMoved), isolation} {
		if _, err := c.ExecContext(opening, text); err != nil {
			return nil, errors.Join(err, discard(c))
		}
	}
	return &conn{c, time.Now(), rest}, nil
}

// isolation makes every statement see what is committed when it begins, and lock no
// gaps between rows.
const isolation = `SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`

// discard closes a connection that may not go back to the pool.
func discard(c *sql.Conn) error {
	_ = c.Raw(func(any) error { return driver.ErrBadConn }) // which makes the pool close it
	if err := c.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return nil
}

// stale reports whether the server may have closed the connection meanwhile.
func (c *conn) stale() bool { return time.Since(c.used) > c.rest }

// maxIdle is how many writing connections rest beside that of the writer.
const maxIdle = 2

// borrow gives a writing connection to somebody who is not the writer.
func (d *database) borrow(ctx context.Context) (*conn, error) {
	for {
		d.mu.Lock()
		if len(d.idle) == 0 {
			d.mu.Unlock()
			return d.connect(ctx)
		}
		c := d.idle[len(d.idle)-1]
		d.idle = d.idle[:len(d.idle)-1]
		d.mu.Unlock()
		if !c.stale() {
			return c, nil
		}
		if err := discard(c.sqlConn); err != nil {
			return nil, err
		}
	}
}

// giveBack takes a borrowed connection back, or closes it.
func (d *database) giveBack(c *conn, healthy bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if healthy && !d.closed && len(d.idle) < maxIdle {
		c.used = time.Now()
		d.idle = append(d.idle, c)
		return
	}
	_ = discard(c.sqlConn) // it is given up: what it says helps nobody
}

// discardIdle closes the writing connections that rest: the server has closed one of them.
func (d *database) discardIdle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.idle {
		_ = discard(c.sqlConn) // likewise
	}
	d.idle = nil
}
