package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// A link runs statements: on the write connection, in a caller's transaction or on a
// connection of the readers.
type link interface {
	// exec runs a statement and says how many rows it changed.
	exec(s *stmt, args ...any) (int64, error)
	// query runs a statement; the rows have to be closed.
	query(s *stmt, args ...any) (*rows, error)
}

// native turns an argument into one of the few types that every SQLite driver takes.
func native(arg any) any {
	switch v := arg.(type) {
	case int:
		return int64(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case storage.ID:
		if v.IsZero() {
			return nil
		}
		return v[:]
	case time.Time:
		return millis(v)
	case time.Duration:
		return int64(v / time.Millisecond)
	case []byte:
		if v == nil {
			return nil
		}
		return v
	case uint64:
		return int64(v)
	}
	return arg
}

// millis is how a time is stored: milliseconds since 1970, 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant reads what millis wrote.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// span reads a duration in milliseconds.
func span(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// rawLink runs statements on a connection of our own driver, prepared once each. It
// is used by one goroutine at a time.
type rawLink struct {
	conn     driver.Conn
	prefix   string
	prepared []*rawStmt // by stmt.n
}

type rawStmt struct {
	driver.Stmt
	args []driver.NamedValue // used again by each run
	vals []driver.Value
	busy bool // its rows are being read
	once bool // a second copy, needed while the first is read
}

func (l *rawLink) prepare(s *stmt) (*rawStmt, error) {
	if len(l.prepared) <= s.n {
		l.prepared = append(l.prepared, make([]*rawStmt, len(statements)-len(l.prepared))...)
	}
	if p := l.prepared[s.n]; p != nil && !p.busy {
		return p, nil
	}
	p, err := l.conn.Prepare(s.withPrefix(l.prefix))
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: prepare %q: %w", s.short(), err)
	}
	fresh := &rawStmt{Stmt: p, once: l.prepared[s.n] != nil}
	if !fresh.once {
		l.prepared[s.n] = fresh
	}
	return fresh, nil
}

func (p *rawStmt) bind(args []any) []driver.NamedValue {
	p.args = p.args[:0]
	for i, a := range args {
		p.args = append(p.args, driver.NamedValue{Ordinal: i + 1, Value: native(a)})
	}
	return p.args
}

func (l *rawLink) exec(s *stmt, args ...any) (int64, error) {
	p, err := l.prepare(s)
	if err != nil {
		return 0, err
	}
	result, err := p.Stmt.(driver.StmtExecContext).ExecContext(context.Background(), p.bind(args))
	if err != nil {
		return 0, s.fault(err)
	}
	return result.RowsAffected()
}

func (l *rawLink) query(s *stmt, args ...any) (*rows, error) {
	p, err := l.prepare(s)
	if err != nil {
		return nil, err
	}
	found, err := p.Stmt.(driver.StmtQueryContext).QueryContext(context.Background(), p.bind(args))
	if err != nil {
		return nil, s.fault(err)
	}
	if p.vals == nil {
		p.vals = make([]driver.Value, len(found.Columns()))
	}
	p.busy = true
	return &rows{raw: found, from: p, vals: p.vals, s: s}, nil
}

// run runs a statement without arguments or rows that is not one of statements.
func (l *rawLink) run(text string) error {
	_, err := l.conn.(driver.ExecerContext).ExecContext(context.Background(), text, nil)
	return err
}

func (l *rawLink) close() error {
	for _, p := range l.prepared {
		if p != nil {
			_ = p.Close() // what it has to say, closing the connection says
		}
	}
	return l.conn.Close()
}

// sqlConn is what [sql.Tx] and [sql.Conn] have in common.
type sqlConn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// sqlLink runs statements through database/sql: in a caller's transaction, whose
// driver may be any, or on a connection of the readers.
type sqlLink struct {
	ctx    context.Context
	conn   sqlConn
	prefix string
}

func (l *sqlLink) args(args []any) []any {
	for i, a := range args {
		args[i] = native(a)
	}
	return args
}

func (l *sqlLink) exec(s *stmt, args ...any) (int64, error) {
	result, err := l.conn.ExecContext(l.ctx, s.withPrefix(l.prefix), l.args(args)...)
	if err != nil {
		return 0, s.fault(err)
	}
	return result.RowsAffected()
}

func (l *sqlLink) query(s *stmt, args ...any) (*rows, error) {
	found, err := l.conn.QueryContext(l.ctx, s.withPrefix(l.prefix), l.args(args)...) //nolint:rowserrcheck,sqlclosecheck // see rows.next and rows.close
	if err != nil {
		return nil, s.fault(err)
	}
	columns, err := found.Columns()
	if err != nil {
		return nil, s.fault(errors.Join(err, found.Close())) //nolint:sqlclosecheck // here it is closed
	}
	r := &rows{std: found, vals: make([]driver.Value, len(columns)), s: s}
	r.scan = make([]any, len(columns))
	for i := range r.scan {
		r.scan[i] = (*any)(&r.vals[i])
	}
	return r, nil
}
