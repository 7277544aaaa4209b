package mysqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
)

// rows are the rows of a query, read already.
type rows struct {
	vals  []driver.Value
	width int
}

// Next gives the values of the next row.
func (r *rows) Next() ([]driver.Value, bool, error) {
	if len(r.vals) == 0 || r.width == 0 {
		return nil, false, nil
	}
	row := r.vals[:r.width]
	r.vals = r.vals[r.width:]
	return row, true, nil
}

// numbers are the first values of all rows.
func (r *rows) numbers() (all []int) {
	for {
		row, ok, _ := r.Next()
		if !ok {
			return all
		}
		all = append(all, int(columns(row).int(0)))
	}
}

// Close has nothing to let go of.
func (r *rows) Close() error { return nil }

// errIndirect: the pool's driver is not asked directly.
var errIndirect = errors.New("not this driver")

// direct runs a text on a connection of the store's own, past database/sql, which copies
// each value twice and starts a goroutine for each query.
func direct(ctx context.Context, c *sql.Conn, text string, n int) (all []*rows, err error) {
	err = c.Raw(func(conn any) (err error) {
		q, ok := conn.(driver.QueryerContext)
		if !ok {
			return errIndirect
		}
		found, err := q.QueryContext(ctx, text, nil)
		if errors.Is(err, driver.ErrSkip) {
			return errIndirect
		}
		if err != nil {
			return err
		}
		defer func() { err = firstError(err, found.Close()) }()
		for {
			r, err := readDirect(found)
			if err != nil {
				return err
			}
			all = append(all, r)
			next, ok := found.(driver.RowsNextResultSet)
			if len(all) == n || !ok || !next.HasNextResultSet() {
				return enough(all, n)
			}
			if err := next.NextResultSet(); err != nil {
				return err
			}
		}
	})
	return all, err
}

// readDirect reads one table. The driver's bytes are its own until the next row.
func readDirect(found driver.Rows) (*rows, error) {
	width := len(found.Columns())
	r := &rows{width: width}
	var slab []byte
	for {
		at := len(r.vals)
		for range width {
			r.vals = append(r.vals, nil)
		}
		if err := found.Next(r.vals[at:]); err != nil {
			r.vals = r.vals[:at]
			if errors.Is(err, io.EOF) {
				return r, nil
			}
			return nil, err
		}
		for i := at; i < len(r.vals); i++ {
			b, ok := r.vals[i].([]byte)
			if !ok {
				continue
			}
			if len(b) > cap(slab)-len(slab) {
				slab = make([]byte, 0, max(len(b), min(2*cap(slab), slabMost), slabLeast))
			}
			start := len(slab)
			slab = append(slab, b...)
			r.vals[i] = slab[start:len(slab):len(slab)]
		}
	}
}

// How many bytes are allocated at once.
const (
	slabLeast = 512
	slabMost  = 16 << 10
)
