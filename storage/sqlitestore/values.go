package sqlitestore

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// room makes room for the bytes of all arguments: they lie there until the statement
// runs again.
func (s *stmt) room(args []any) {
	n := 1
	for _, a := range args {
		switch v := a.(type) {
		case storage.ID, *storage.ID:
			n += 16
		case []byte:
			n += len(v)
		case string:
			n += len(v)
		}
	}
	if n <= s.size {
		return
	}
	if s.memory != 0 {
		libc.Xfree(s.c.tls, s.memory)
	}
	s.size = 2 * n
	s.memory = s.c.alloc(s.size)
}

// bind gives a statement its arguments.
func (s *stmt) bind(args []any) error {
	s.room(args)
	at := s.memory
	for i, a := range args {
		if err := s.bindOne(int32(i+1), a, &at); err != nil {
			return err
		}
	}
	return nil
}

func (s *stmt) bindOne(i int32, arg any, at *uintptr) error {
	switch v := arg.(type) {
	case int:
		return s.bindInt(i, int64(v))
	case int64:
		return s.bindInt(i, v)
	case time.Time:
		return s.bindInt(i, sqlcore.Millis(v))
	case storage.ID:
		if v.IsZero() {
			break
		}
		return s.bindBytes(i, v[:], at, false)
	case *storage.ID:
		return s.bindBytes(i, v[:], at, false)
	case []byte:
		if v == nil {
			break
		}
		return s.bindBytes(i, v, at, false)
	case string:
		return s.bindBytes(i, unsafe.Slice(unsafe.StringData(v), len(v)), at, true)
	case float64:
		return s.check(sqlite3.Xsqlite3_bind_double(s.c.tls, s.handle, i, v))
	case nil:
	default:
		native := sqlcore.Native(arg)
		if _, ok := native.(int64); !ok {
			return fmt.Errorf("argument %d is a %T", i, arg)
		}
		return s.bindInt(i, native.(int64))
	}
	return s.check(sqlite3.Xsqlite3_bind_null(s.c.tls, s.handle, i))
}

func (s *stmt) check(rc int32) error {
	if rc != sqlite3.SQLITE_OK {
		return s.c.fault(rc)
	}
	return nil
}

func (s *stmt) bindInt(i int32, v int64) error {
	return s.check(sqlite3.Xsqlite3_bind_int64(s.c.tls, s.handle, i, v))
}

// bindBytes copies v to where SQLite reads it; it is not copied again.
func (s *stmt) bindBytes(i int32, v []byte, at *uintptr, text bool) error {
	p := *at
	copy(unsafe.Slice((*byte)(pointer(p)), len(v)), v)
	*at += uintptr(len(v))
	if text {
		return s.check(sqlite3.Xsqlite3_bind_text(s.c.tls, s.handle, i, p, int32(len(v)), 0))
	}
	return s.check(sqlite3.Xsqlite3_bind_blob(s.c.tls, s.handle, i, p, int32(len(v)), 0))
}

// null reports whether a column of the row is null.
func (s *stmt) null(i int) bool {
	return sqlite3.Xsqlite3_column_type(s.c.tls, s.handle, int32(i)) == sqlite3.SQLITE_NULL
}

// int64 is a column as a number, 0 for null.
func (s *stmt) int64(i int) int64 { return sqlite3.Xsqlite3_column_int64(s.c.tls, s.handle, int32(i)) }

// view is a column as it lies in SQLite's memory, until the next step.
func (s *stmt) view(i int) []byte {
	p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.handle, int32(i))
	if p == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(p)), sqlite3.Xsqlite3_column_bytes(s.c.tls, s.handle, int32(i)))
}
