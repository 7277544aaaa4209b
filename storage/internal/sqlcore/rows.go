package sqlcore

import (
	"database/sql/driver"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// rows are the rows of a query, one at a time. The values of a row that are bytes are
// the reader's own.
type rows struct {
	from Rows
	cols Columns // where it is one
	vals []driver.Value
	s    *Stmt
	err  error
}

func query(l Link, s *Stmt, args ...any) (*rows, error) {
	from, err := l.Query(s, args...)
	if err != nil {
		return nil, err
	}
	r := &rows{from: from, s: s}
	r.cols, _ = from.(Columns)
	return r, nil
}

// next goes to the next row; false at the end and after an error, see close.
func (r *rows) next() (ok bool) {
	if r.err != nil {
		return false
	}
	if r.cols != nil {
		ok, r.err = r.cols.Step()
	} else {
		r.vals, ok, r.err = r.from.Next()
	}
	return ok && r.err == nil
}

// close lets go of the rows and gives the error that ended them, if any.
func (r *rows) close() error {
	err := r.from.Close()
	if r.err != nil {
		err = r.err
	}
	if err != nil {
		return r.s.Fault(err)
	}
	return nil
}

func (r *rows) null(i int) bool {
	if r.cols != nil {
		return r.cols.Null(i)
	}
	return r.vals[i] == nil
}

func (r *rows) int64(i int) int64 {
	if r.cols != nil {
		return r.cols.Int64(i)
	}
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
func (r *rows) time(i int) time.Time      { return Instant(r.int64(i)) }
func (r *rows) span(i int) time.Duration  { return span(r.int64(i)) }
func (r *rows) state(i int) storage.State { return storage.State(r.int64(i)) }

func (r *rows) id(i int) (id storage.ID) {
	if r.cols != nil {
		copy(id[:], r.cols.View(i))
	} else {
		copy(id[:], r.bytes(i))
	}
	return id
}

func (r *rows) str(i int) string {
	if r.cols != nil {
		return string(r.cols.View(i))
	}
	switch v := r.vals[i].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

func (r *rows) bytes(i int) []byte {
	if r.cols != nil {
		return slices.Clone(r.cols.View(i))
	}
	switch v := r.vals[i].(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}

// each runs a query and calls f for every row.
func each(l Link, f func(r *rows) error, s *Stmt, args ...any) error {
	r, err := query(l, s, args...)
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
func one(l Link, f func(r *rows), s *Stmt, args ...any) (bool, error) {
	r, err := query(l, s, args...)
	if err != nil {
		return false, err
	}
	found := r.next()
	if found && f != nil {
		f(r)
	}
	return found, r.close()
}
