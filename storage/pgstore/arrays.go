package pgstore

import (
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgtype"
)

// arguments are those of one call of a function, in binary form. Arrays are written
// piece by piece; the server wants their lengths before them.
type arguments struct {
	values [][]byte
	types  []uint32
}

func (a *arguments) add(kind uint32, value []byte) {
	a.values, a.types = append(a.values, value), append(a.types, kind)
}

func (a *arguments) int8(n int64) {
	a.add(pgtype.Int8OID, binary.BigEndian.AppendUint64(nil, uint64(n)))
}
func (a *arguments) int4(n int) { a.add(pgtype.Int4OID, binary.BigEndian.AppendUint32(nil, uint32(n))) }
func (a *arguments) text(s string) {
	a.add(pgtype.TextOID, []byte(s))
}

func (a *arguments) bool(v bool) {
	b := byte(0)
	if v {
		b = 1
	}
	a.add(pgtype.BoolOID, []byte{b})
}

// array begins an array of n elements of a type, with room for their bytes.
func array(n int, element uint32, room int) []byte {
	b := make([]byte, 0, 20+4*n+room)
	dimensions := uint32(1)
	if n == 0 {
		dimensions = 0
	}
	b = binary.BigEndian.AppendUint32(b, dimensions)
	b = binary.BigEndian.AppendUint32(b, 1) // there may be nulls
	b = binary.BigEndian.AppendUint32(b, element)
	if n == 0 {
		return b
	}
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	return binary.BigEndian.AppendUint32(b, 1) // the first one's number
}

// int4s adds an array of n integers.
func (a *arguments) int4s(n int, at func(i int) int) {
	b := array(n, pgtype.Int4OID, 4*n)
	for i := range n {
		b = binary.BigEndian.AppendUint32(b, 4)
		b = binary.BigEndian.AppendUint32(b, uint32(at(i)))
	}
	a.add(pgtype.Int4ArrayOID, b)
}

// alike adds an array of what is mostly the same n times: then it has one element.
func alike[T comparable](add func(n int, at func(i int) T), n int, at func(i int) T) {
	for i := range n {
		if at(i) != at(0) {
			add(n, at)
			return
		}
	}
	add(min(n, 1), at)
}

// int8s adds an array of n integers.
func (a *arguments) int8s(n int, at func(i int) int64) {
	b := array(n, pgtype.Int8OID, 8*n)
	for i := range n {
		b = binary.BigEndian.AppendUint32(b, 8)
		b = binary.BigEndian.AppendUint64(b, uint64(at(i)))
	}
	a.add(pgtype.Int8ArrayOID, b)
}

// blobs adds an array of n values; one without bytes is null, and so is the array where
// all are.
func (a *arguments) blobs(n int, at func(i int) []byte) {
	room := 0
	for i := range n {
		room += len(at(i))
	}
	if room == 0 && n > 0 {
		a.add(pgtype.ByteaArrayOID, nil)
		return
	}
	b := array(n, pgtype.ByteaOID, room)
	for i := range n {
		blob := at(i)
		if len(blob) == 0 {
			b = binary.BigEndian.AppendUint32(b, 1<<32-1)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(blob)))
		b = append(b, blob...)
	}
	a.add(pgtype.ByteaArrayOID, b)
}

// elements are those of an array that the server sent, of one dimension.
type elements struct {
	n    int
	rest []byte
}

func newElements(b []byte) elements {
	const head = 20
	if len(b) < head {
		return elements{} // null or empty
	}
	return elements{int(int32(binary.BigEndian.Uint32(b[12:16]))), b[head:]}
}

// next is the next element, nil for null and behind the last one.
func (e *elements) next() []byte {
	if len(e.rest) < 4 {
		return nil
	}
	size := int32(binary.BigEndian.Uint32(e.rest))
	e.rest = e.rest[4:]
	if size < 0 {
		return nil
	}
	element := e.rest[:size:size]
	e.rest = e.rest[size:]
	return element
}
