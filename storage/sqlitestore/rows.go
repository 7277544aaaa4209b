package sqlitestore

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// rows are the rows of a query, one at a time. The values of a row that are bytes are
// the reader's own.
type rows struct {
	raw  driver.Rows
	from *rawStmt
	std  *sql.Rows
	scan []any
	vals []driver.Value
	s    *stmt
	err  error
}

// next goes to the next row; false at the end and after an error, see close.
func (r *rows) next() bool {
	if r.err != nil {
		return false
	}
	if r.std != nil {
		if !r.std.Next() {
			r.err = r.std.Err()
			return false
		}
		r.err = r.std.Scan(r.scan...)
		return r.err == nil
	}
	if err := r.raw.Next(r.vals); err != nil {
		if !errors.Is(err, io.EOF) {
			r.err = err
		}
		return false
	}
	return true
}

// close lets go of the rows and gives the error that ended them, if any.
func (r *rows) close() error {
	var err error
	if r.std != nil {
		err = r.std.Close()
	} else {
		err = r.raw.Close()
		r.from.busy = false
		if r.from.once {
			err = firstError(err, r.from.Close())
		}
	}
	if r.err != nil {
		err = r.err
	}
	if err != nil {
		return r.s.fault(err)
	}
	return nil
}

func (r *rows) int64(i int) int64 {
	switch v := r.vals[i].(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	}
	return 0
}

func (r *rows) int(i int) int             { return int(r.int64(i)) }
func (r *rows) bool(i int) bool           { return r.int64(i) != 0 }
func (r *rows) time(i int) time.Time      { return instant(r.int64(i)) }
func (r *rows) span(i int) time.Duration  { return span(r.int64(i)) }
func (r *rows) state(i int) storage.State { return storage.State(r.int64(i)) }
func (r *rows) id(i int) (id storage.ID)  { copy(id[:], r.bytes(i)); return id }

func (r *rows) str(i int) string {
	switch v := r.vals[i].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

func (r *rows) bytes(i int) []byte {
	switch v := r.vals[i].(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}

// each runs a query and calls f for every row.
func each(l link, f func(r *rows) error, s *stmt, args ...any) error {
	r, err := l.query(s, args...)
	if err != nil {
		return err
	}
	for r.next() {
		if err := f(r); err != nil {
			return firstError(err, r.close())
		}
	}
	return r.close()
}

// one runs a query and calls f for its first row; it reports whether there was one.
func one(l link, f func(r *rows), s *stmt, args ...any) (bool, error) {
	r, err := l.query(s, args...)
	if err != nil {
		return false, err
	}
	found := r.next()
	if found && f != nil {
		f(r)
	}
	return found, r.close()
}
