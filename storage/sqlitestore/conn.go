package sqlitestore

import (
	"errors"
	"fmt"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// conn is a connection to a file by SQLite's own calls. The writer runs a statement for
// every few jobs, and database/sql would cost as much as the statements do. It is used
// by one goroutine at a time, so it goes without SQLite's mutexes too.
type conn struct {
	tls *libc.TLS
	db  uintptr
}

// connect opens a file, and makes it where it is missing.
func connect(path string) (*conn, error) {
	c := &conn{tls: libc.NewTLS()}
	name, err := libc.CString(path)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, name)
	into := c.alloc(int(unsafe.Sizeof(uintptr(0))))
	defer libc.Xfree(c.tls, into)
	const flags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE | sqlite3.SQLITE_OPEN_NOMUTEX
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, into, flags, 0)
	c.db = *(*uintptr)(pointer(into))
	if rc != sqlite3.SQLITE_OK {
		return nil, errors.Join(c.fault(rc), c.close())
	}
	return c, nil
}

// pointer is an address in SQLite's memory, which Go's collector does not know.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// alloc is memory of SQLite's. It is there: otherwise the process would have ended.
func (c *conn) alloc(n int) uintptr {
	p := libc.Xmalloc(c.tls, types.Size_t(n))
	if p == 0 {
		panic("sqlitestore: out of memory")
	}
	return p
}

// sqliteError is an error of SQLite with its result code.
type sqliteError struct {
	code int
	text string
}

func (e *sqliteError) Error() string { return fmt.Sprintf("%s (%d)", e.text, e.code) }

func (c *conn) fault(rc int32) error {
	text := libc.GoString(sqlite3.Xsqlite3_errstr(c.tls, rc))
	if c.db != 0 {
		if more := libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db)); more != text {
			text += ": " + more
		}
	}
	return &sqliteError{int(rc), text}
}

// stmt is a prepared statement.
type stmt struct {
	c       *conn
	handle  uintptr
	columns int
	memory  uintptr // where its arguments lie while it runs
	size    int
}

// prepare prepares the first statement of a text, to be run often, and says what
// follows it; nil when there is none.
func (c *conn) prepare(text string) (s *stmt, rest string, err error) {
	source, err := libc.CString(text)
	if err != nil {
		return nil, "", err
	}
	defer libc.Xfree(c.tls, source)
	const word = unsafe.Sizeof(uintptr(0))
	into := c.alloc(int(2 * word))
	defer libc.Xfree(c.tls, into)
	rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, source, -1, sqlite3.SQLITE_PREPARE_PERSISTENT, into, into+word)
	if rc != sqlite3.SQLITE_OK {
		return nil, "", c.fault(rc)
	}
	handle, tail := *(*uintptr)(pointer(into)), *(*uintptr)(pointer(into + word))
	rest = text[tail-source:]
	if handle == 0 {
		return nil, rest, nil
	}
	return &stmt{c: c, handle: handle, columns: int(sqlite3.Xsqlite3_column_count(c.tls, handle))}, rest, nil
}

// step goes to the next row; false at the end.
func (s *stmt) step() (bool, error) {
	switch rc := sqlite3.Xsqlite3_step(s.c.tls, s.handle); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.fault(rc)
	}
}

// reset ends a run. What it says was said by step.
func (s *stmt) reset() { sqlite3.Xsqlite3_reset(s.c.tls, s.handle) }

// exec runs a statement to its end.
func (s *stmt) exec() error {
	for {
		more, err := s.step()
		if err != nil || !more {
			s.reset()
			return err
		}
	}
}

// changes is how many rows the last statement changed.
func (c *conn) changes() int64 { return int64(sqlite3.Xsqlite3_changes(c.tls, c.db)) }

func (s *stmt) close() {
	sqlite3.Xsqlite3_finalize(s.c.tls, s.handle)
	if s.memory != 0 {
		libc.Xfree(s.c.tls, s.memory)
	}
	s.handle, s.memory = 0, 0
}

func (c *conn) close() error {
	if c.tls == nil {
		return nil
	}
	rc := sqlite3.Xsqlite3_close_v2(c.tls, c.db)
	c.tls.Close()
	c.tls, c.db = nil, 0
	if rc != sqlite3.SQLITE_OK {
		return &sqliteError{int(rc), "the connection could not be closed"}
	}
	return nil
}

// version is the version of SQLite.
func (c *conn) version() string { return libc.GoString(sqlite3.Xsqlite3_libversion(c.tls)) }
