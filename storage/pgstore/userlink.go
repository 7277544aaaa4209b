package pgstore

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
	"github.com/jackc/pgx/v5"
)

// sqlClock is the server's clock, for callers' transactions.
var sqlClock = sqlcore.Text(`SELECT ` + clock)

// userLink runs statements in a caller's transaction, which may be of any making.
type userLink struct {
	ctx    context.Context
	tx     pgx.Tx
	texts  *sqlcore.Texts
	prefix string
}

// Exec runs a statement and says how many rows it changed.
func (l *userLink) Exec(s *sqlcore.Stmt, args ...any) (int64, error) {
	tag, err := l.tx.Exec(l.ctx, l.texts.Of(s), l.texts.Args(s, args)...)
	if err != nil {
		return 0, s.Fault(err)
	}
	return tag.RowsAffected(), nil
}

// Query runs a statement and reads its rows, so that the transaction is free for the next.
func (l *userLink) Query(s *sqlcore.Stmt, args ...any) (sqlcore.Rows, error) {
	found, err := l.tx.Query(l.ctx, l.texts.Of(s), l.texts.Args(s, args)...)
	if err != nil {
		return nil, s.Fault(err)
	}
	defer found.Close()
	all := new(userRows)
	for found.Next() {
		row, err := found.Values()
		if err != nil {
			return nil, s.Fault(err)
		}
		for i, v := range row {
			if row[i], err = plainValue(v); err != nil {
				return nil, s.Fault(err)
			}
		}
		all.rows = append(all.rows, row)
	}
	if err := found.Err(); err != nil {
		return nil, s.Fault(err)
	}
	return all, nil
}

// plainValue is a value of pgx as the core wants it.
func plainValue(v any) (any, error) {
	switch v := v.(type) {
	case nil, int64, float64, string, []byte:
		return v, nil
	case int32:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	}
	return nil, fmt.Errorf("a column is a %T, which this package does not use", v)
}

type userRows struct {
	rows [][]any
	vals []driver.Value
}

// Next gives the values of the next row.
func (r *userRows) Next() ([]driver.Value, bool, error) {
	if len(r.rows) == 0 {
		return nil, false, nil
	}
	r.vals = r.vals[:0]
	for _, v := range r.rows[0] {
		r.vals = append(r.vals, v)
	}
	r.rows = r.rows[1:]
	return r.vals, true, nil
}

// Close has nothing to let go of.
func (r *userRows) Close() error { return nil }

// stdLink is a caller's transaction of database/sql.
type stdLink struct {
	sqlcore.Link
	prefix string
}

// The locks of unique keys. A key that a caller's transaction has is locked until that
// ends; nobody waits for it but an insert of the same key.
var (
	sqlLockKey = sqlcore.Text(`SELECT 1 FROM (SELECT pg_advisory_xact_lock(?)) AS locked`)
	sqlTryKey  = sqlcore.Text(`SELECT pg_try_advisory_xact_lock(?)::int`)
)

// LockKey locks a unique key until the transaction ends.
func (l *userLink) LockKey(name string, wait bool) (bool, error) {
	return lockKey(l, l.prefix, name, wait)
}

// LockKey locks a unique key until the transaction ends.
func (l *stdLink) LockKey(name string, wait bool) (bool, error) {
	return lockKey(l, l.prefix, name, wait)
}

func lockKey(l sqlcore.Link, prefix, name string, wait bool) (bool, error) {
	s := sqlTryKey
	if wait {
		s = sqlLockKey
	}
	n, err := sqlcore.Number(l, s, lockOf(prefix+"key "+name))
	return n == 1, err
}

// LockKey locks a unique key until the transaction ends.
func (w *writing) LockKey(name string, wait bool) (bool, error) {
	return lockKey(w, w.prefix, name, wait)
}

// keyLocks are the requests that lock keys before anything else.
func keyLocks(prefix string, keys []string) (all []*request) {
	for _, key := range keys {
		all = append(all, utility("SELECT pg_advisory_xact_lock("+strconv.FormatInt(lockOf(prefix+"key "+key), 10)+")"))
	}
	return all
}

// BeginAlone opens a transaction for a group with unique keys, which may wait for
// callers' transactions: it locks the keys before the write lock. It takes a connection
// of the caller's pool, and gives it back now and then while it waits.
func (d *database) BeginAlone(ctx context.Context, keys []string) (sqlcore.Tx, error) {
	for {
		c, err := d.callers.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		w := &writing{link: link{wire: wire{pg: c.Conn().PgConn()}, texts: d.texts}, conn: c, prefix: d.prefix}
		tx, err := d.begin(w, keyLocks(d.prefix, keys))
		if err == nil {
			return tx, nil
		}
		again := codeOf(err) == codeLockTimeout || codeOf(err) == codeDeadlock
		if !again || ctx.Err() != nil || d.closed.Load() {
			return nil, err
		}
		d.cutOff(err)
	}
}
