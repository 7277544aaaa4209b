package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// link runs statements on the write connection, prepared once each. It is used by one
// goroutine at a time.
type link struct {
	conn     driver.Conn
	texts    *sqlcore.Texts
	prepared []*prepared // by the statement's number
}

type prepared struct {
	driver.Stmt
	args []driver.NamedValue // used again by each run
	vals []driver.Value
	busy bool // its rows are being read
	once bool // a second copy, needed while the first is read
}

func (l *link) prepare(s *sqlcore.Stmt) (*prepared, error) {
	n := s.Number()
	if len(l.prepared) <= n {
		l.prepared = append(l.prepared, make([]*prepared, n+1-len(l.prepared))...)
	}
	if p := l.prepared[n]; p != nil && !p.busy {
		return p, nil
	}
	stmt, err := l.conn.Prepare(l.texts.Of(s))
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", s.Short(), err)
	}
	fresh := &prepared{Stmt: stmt, once: l.prepared[n] != nil}
	if !fresh.once {
		l.prepared[n] = fresh
	}
	return fresh, nil
}

func (p *prepared) bind(args []any) []driver.NamedValue {
	p.args = p.args[:0]
	for i, a := range args {
		p.args = append(p.args, driver.NamedValue{Ordinal: i + 1, Value: sqlcore.Native(a)})
	}
	return p.args
}

// Exec runs a statement and says how many rows it changed.
func (l *link) Exec(s *sqlcore.Stmt, args ...any) (int64, error) {
	p, err := l.prepare(s)
	if err != nil {
		return 0, err
	}
	result, err := p.Stmt.(driver.StmtExecContext).ExecContext(context.Background(), p.bind(args))
	if err != nil {
		return 0, s.Fault(err)
	}
	return result.RowsAffected()
}

// Query runs a statement; a second one may run while the rows of the first are read.
func (l *link) Query(s *sqlcore.Stmt, args ...any) (sqlcore.Rows, error) {
	p, err := l.prepare(s)
	if err != nil {
		return nil, err
	}
	found, err := p.Stmt.(driver.StmtQueryContext).QueryContext(context.Background(), p.bind(args))
	if err != nil {
		return nil, s.Fault(err)
	}
	if p.vals == nil {
		p.vals = make([]driver.Value, len(found.Columns()))
	}
	p.busy = true
	return &rows{found, p}, nil
}

// rows are rows of a statement of the write connection.
type rows struct {
	driver.Rows
	from *prepared
}

// Next gives the values of the next row.
func (r *rows) Next() ([]driver.Value, bool, error) {
	err := r.Rows.Next(r.from.vals)
	if errors.Is(err, io.EOF) {
		return nil, false, nil
	}
	return r.from.vals, err == nil, err
}

// Close lets the statement be used again.
func (r *rows) Close() error {
	err := r.Rows.Close()
	r.from.busy = false
	if r.from.once {
		err = errors.Join(err, r.from.Stmt.Close())
	}
	return err
}

// Run runs a text without arguments or rows.
func (l *link) Run(text string) error {
	_, err := l.conn.(driver.ExecerContext).ExecContext(context.Background(), text, nil)
	return err
}

// number runs a text that gives one number.
func (l *link) number(text string) (int64, error) {
	found, err := l.conn.(driver.QueryerContext).QueryContext(context.Background(), text, nil)
	if err != nil {
		return 0, err
	}
	vals := make([]driver.Value, 1)
	err = found.Next(vals)
	n, _ := vals[0].(int64)
	return n, errors.Join(err, found.Close())
}

func (l *link) close() error {
	for _, p := range l.prepared {
		if p != nil {
			_ = p.Close() // what it has to say, closing the connection says
		}
	}
	return l.conn.Close()
}
