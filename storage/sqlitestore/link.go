package sqlitestore

import (
	"database/sql/driver"
	"fmt"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// link runs statements on the write connection, prepared once each. It is used by one
// goroutine at a time.
type link struct {
	conn     *conn
	texts    *sqlcore.Texts
	prepared []*prepared      // by the statement's number
	own      map[string]*stmt // the driver's own statements
}

type prepared struct {
	*stmt
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
	st, _, err := l.conn.prepare(l.texts.Of(s))
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", s.Short(), err)
	}
	fresh := &prepared{stmt: st, once: l.prepared[n] != nil}
	if !fresh.once {
		l.prepared[n] = fresh
	}
	return fresh, nil
}

// Exec runs a statement and says how many rows it changed.
func (l *link) Exec(s *sqlcore.Stmt, args ...any) (int64, error) {
	p, err := l.prepare(s)
	if err != nil {
		return 0, err
	}
	if err = p.bind(args); err == nil {
		err = p.exec()
	}
	if p.once {
		p.close()
	}
	if err != nil {
		return 0, s.Fault(err)
	}
	return l.conn.changes(), nil
}

// Query runs a statement; a second one may run while the rows of the first are read.
func (l *link) Query(s *sqlcore.Stmt, args ...any) (sqlcore.Rows, error) {
	p, err := l.prepare(s)
	if err != nil {
		return nil, err
	}
	if err := p.bind(args); err != nil {
		return nil, s.Fault(err)
	}
	p.busy = true
	return (*rows)(p), nil
}

// rows are rows of a statement of the write connection, read column by column.
type rows prepared

var _ sqlcore.Columns = (*rows)(nil)

// Step goes to the next row.
func (r *rows) Step() (bool, error) { return r.step() }

// Null reports whether a column is null.
func (r *rows) Null(i int) bool { return r.null(i) }

// Int64 is a column as a number.
func (r *rows) Int64(i int) int64 { return r.int64(i) }

// View is a column as bytes, until the next step.
func (r *rows) View(i int) []byte { return r.view(i) }

// Next gives the values of the next row.
func (r *rows) Next() ([]driver.Value, bool, error) {
	return nil, false, fmt.Errorf("rows of %T are read column by column", r)
}

// Close lets the statement be used again.
func (r *rows) Close() error {
	r.reset()
	r.busy = false
	if r.once {
		r.stmt.close()
	}
	return nil
}

// Run runs a text of one or more statements without arguments or rows, once.
func (l *link) Run(text string) error {
	for text != "" {
		s, rest, err := l.conn.prepare(text)
		if err != nil {
			return err
		}
		if s != nil {
			err = s.exec()
			s.close()
		}
		if err != nil {
			return err
		}
		text = rest
	}
	return nil
}

// often gives a statement of the driver's own that is run often.
func (l *link) often(text string) (*stmt, error) {
	if s := l.own[text]; s != nil {
		return s, nil
	}
	s, _, err := l.conn.prepare(text)
	if err != nil {
		return nil, err
	}
	if l.own == nil {
		l.own = make(map[string]*stmt)
	}
	l.own[text] = s
	return s, nil
}

// run is Run for one statement that is run often.
func (l *link) run(text string) error {
	s, err := l.often(text)
	if err != nil {
		return err
	}
	return s.exec()
}

// number runs a text that gives one number, often.
func (l *link) number(text string) (int64, error) {
	s, err := l.often(text)
	if err != nil {
		return 0, err
	}
	defer s.reset()
	found, err := s.step()
	if err != nil || !found {
		return 0, err
	}
	return s.int64(0), nil
}

func (l *link) close() error {
	for _, p := range l.prepared {
		if p != nil {
			p.close()
		}
	}
	for _, s := range l.own {
		s.close()
	}
	l.prepared, l.own = nil, nil
	return l.conn.close()
}
