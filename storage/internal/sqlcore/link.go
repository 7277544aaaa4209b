package sqlcore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Native turns an argument into one of the few types that every driver takes.
func Native(arg any) any {
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
		return Millis(v)
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

// Millis is how a time is stored: milliseconds since 1970, 0 for none.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Instant reads what Millis wrote.
func Instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// span reads a duration in milliseconds.
func span(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// Conn is what [sql.Tx] and [sql.Conn] have in common.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// NewStdLink runs statements through database/sql: in a caller's transaction, whose
// driver may be any, or on a connection of the readers.
func NewStdLink(ctx context.Context, conn Conn, texts *Texts) Link {
	return &stdLink{ctx, conn, texts}
}

type stdLink struct {
	ctx   context.Context
	conn  Conn
	texts *Texts
}

func (l *stdLink) Exec(s *Stmt, args ...any) (int64, error) {
	result, err := l.conn.ExecContext(l.ctx, l.texts.Of(s), l.texts.Args(s, args)...)
	if err != nil {
		return 0, s.Fault(err)
	}
	return result.RowsAffected()
}

func (l *stdLink) Query(s *Stmt, args ...any) (Rows, error) {
	found, err := l.conn.QueryContext(l.ctx, l.texts.Of(s), l.texts.Args(s, args)...) //nolint:rowserrcheck,sqlclosecheck // see stdRows
	if err != nil {
		return nil, s.Fault(err)
	}
	columns, err := found.Columns()
	if err != nil {
		return nil, s.Fault(errors.Join(err, found.Close())) //nolint:sqlclosecheck // here it is closed
	}
	r := &stdRows{Rows: found, vals: make([]driver.Value, len(columns))}
	r.scan = make([]any, len(columns))
	for i := range r.scan {
		r.scan[i] = (*any)(&r.vals[i])
	}
	return r, nil
}

// stdRows are rows of database/sql.
type stdRows struct {
	*sql.Rows
	scan []any
	vals []driver.Value
}

func (r *stdRows) Next() ([]driver.Value, bool, error) {
	if !r.Rows.Next() {
		return nil, false, r.Err()
	}
	err := r.Scan(r.scan...)
	return r.vals, err == nil, err
}
