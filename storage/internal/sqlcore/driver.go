package sqlcore

import (
	"context"
	"database/sql/driver"
	"time"
)

// A Driver joins the core to one database.
type Driver interface {
	// Begin opens a transaction that holds the write lock of the namespace: no other
	// transaction of this kind is open, in any process. While the lock cannot be had it
	// may try for as long as waiting reports that somebody waits. It is called by one
	// goroutine at a time.
	Begin(waiting func() bool) (Tx, error)
	// View opens a transaction that sees one moment and changes nothing.
	View(ctx context.Context) (View, error)
	// Poll reports whether others have written since it was last asked. The goroutine
	// that calls Begin calls it, at times, while somebody waits for work.
	Poll() (bool, error)
	// Cure adds to an error of the database what to do about it, where that is known.
	Cure(err error) error
	// Close lets go of what the driver opened. No call follows.
	Close() error
}

// A Link runs statements of this package. It is used by one goroutine at a time.
type Link interface {
	// Exec runs a statement and says how many rows it changed; of statements that are
	// not counted (see Stmt.Counted) it may say anything and run them later.
	Exec(s *Stmt, args ...any) (int64, error)
	// Query runs a statement; the rows have to be closed before the link runs another,
	// unless the driver can do both.
	Query(s *Stmt, args ...any) (Rows, error)
}

// Rows are what a query found, one row at a time.
type Rows interface {
	// Next gives the values of the next row, as int64, float64, string, []byte or nil;
	// false after the last one. The slice may be used again, the bytes in it may not.
	Next() ([]driver.Value, bool, error)
	Close() error
}

// Columns are rows that are read column by column, where that is cheaper; Next is not
// called then.
type Columns interface {
	Rows
	// Step goes to the next row; false after the last one.
	Step() (bool, error)
	Null(i int) bool
	// Int64 is a column as a number, 0 for null.
	Int64(i int) int64
	// View is a column as bytes, nil for null, as it was before the next Step.
	View(i int) []byte
}

// Tx is a transaction with the write lock.
type Tx interface {
	Link
	// Now is the store's clock, once in each transaction, not cut.
	Now() time.Time
	// News reports whether others have written since this driver's last transaction or
	// poll, and waiters shall be woken for it.
	News() bool
	// Meta is the row of jg_meta where Begin has read it along; else the core reads it
	// after News.
	Meta() (Meta, bool)
	Commit() error
	// Rollback undoes all. It is called after every error, that of Commit too.
	Rollback()
}

// A KeyLocker is a link of a shared database, in which callers' transactions may hold
// unique keys for as long as they like.
type KeyLocker interface {
	// LockKey locks a unique key until the transaction ends. It waits for others when
	// wait is set, and else reports false when another transaction has it.
	LockKey(name string, wait bool) (bool, error)
}

// A LoneDriver is the driver of a shared database.
type LoneDriver interface {
	Driver
	// BeginAlone is Begin for a group with unique keys, which waits with the group only:
	// it locks the keys in their order before it takes the write lock. It may be called
	// by many goroutines at once.
	BeginAlone(ctx context.Context, keys []string) (Tx, error)
}

// A Folder is a transaction of a database in which counters (jg_tally, jg_stat) are
// rows that are added up.
type Folder interface {
	// Fold makes few rows of the many that were added, those of others that are not
	// committed left out.
	Fold() error
}

// An Undoer is a driver of a database that undoes transactions which meet others, such as
// one of two that wait for each other.
type Undoer interface {
	// Undone reports whether a transaction that failed with err may succeed when it is
	// made again.
	Undone(err error) bool
}

// View is one moment of the database.
type View interface {
	Link
	Now() time.Time
	Close()
}
