package pgstore

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// result are the rows of a query, all in memory: the connection is free for the next
// statement while they are read.
type result struct {
	types []uint32
	cells [][]byte // row by row; nil: null
	vals  []driver.Value
}

// read takes the rows off a connection.
func (r *result) read(from *pgconn.ResultReader) {
	fields := from.FieldDescriptions()
	r.types = make([]uint32, len(fields))
	for i, f := range fields {
		r.types[i] = f.DataTypeOID
	}
	var room []byte // the connection uses its buffer again: rows are copied
	for from.NextRow() {
		for _, cell := range from.Values() {
			if cell == nil {
				r.cells = append(r.cells, nil)
				continue
			}
			if cap(room)-len(room) < len(cell) {
				room = make([]byte, 0, max(4096, len(cell)))
			}
			start := len(room)
			room = append(room, cell...)
			r.cells = append(r.cells, room[start:len(room):len(room)])
		}
	}
}

// Next gives the values of the next row.
func (r *result) Next() ([]driver.Value, bool, error) {
	n := len(r.types)
	if n == 0 || len(r.cells) < n {
		return nil, false, nil
	}
	if r.vals == nil {
		r.vals = make([]driver.Value, n)
	}
	for i, cell := range r.cells[:n] {
		v, err := value(r.types[i], cell)
		if err != nil {
			return nil, false, err
		}
		r.vals[i] = v
	}
	r.cells = r.cells[n:]
	return r.vals, true, nil
}

// Close has nothing to let go of.
func (r *result) Close() error { return nil }

// value is a cell in binary form as the core wants it.
func value(kind uint32, cell []byte) (driver.Value, error) {
	if cell == nil {
		return nil, nil
	}
	switch kind {
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.BoolOID:
		return number(cell), nil
	case pgtype.ByteaOID:
		return cell, nil
	case pgtype.TextOID, pgtype.VarcharOID:
		return string(cell), nil
	case pgtype.Float8OID:
		return math.Float64frombits(binary.BigEndian.Uint64(cell)), nil
	}
	return nil, fmt.Errorf("a column has type %d, which this package does not use", kind)
}

// number reads an integer of any size.
func number(cell []byte) int64 {
	switch len(cell) {
	case 8:
		return int64(binary.BigEndian.Uint64(cell))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(cell)))
	case 2:
		return int64(int16(binary.BigEndian.Uint16(cell)))
	case 1:
		return int64(cell[0])
	}
	return 0
}
