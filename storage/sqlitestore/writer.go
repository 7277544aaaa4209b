package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// file joins the core to a SQLite file: one connection that writes, and some readers.
type file struct {
	link    *link
	texts   *sqlcore.Texts
	readers *sql.DB
	clock   func() time.Time
	closed  atomic.Bool
	version int64 // of the file, as last seen by the writer
}

// maxPause is the longest pause between two tries to get the write lock.
const maxPause = 25 * time.Millisecond

// Begin opens a transaction with the write lock. While another process, or a caller's
// transaction, holds the lock, it tries again as long as a caller waits.
func (f *file) Begin(waiting func() bool) (sqlcore.Tx, error) {
	pause := time.Millisecond
	for {
		err := f.link.run("BEGIN IMMEDIATE")
		if err == nil {
			break
		}
		if codeOf(err) != codeBusy {
			return nil, err
		}
		if pause == maxPause && f.closed.Load() {
			return nil, storage.ErrClosed
		}
		retry := time.NewTimer(pause)
		<-retry.C
		pause = min(pause*3/2+time.Millisecond/2, maxPause)
		if !waiting() {
			return nil, err
		}
	}
	news, err := f.Poll()
	if err != nil {
		return nil, errors.Join(err, f.link.run("ROLLBACK"))
	}
	return &writing{f.link, f.clock(), news}, nil
}

// Poll reports whether another connection has changed the file.
func (f *file) Poll() (bool, error) {
	version, err := f.link.number("PRAGMA data_version")
	if err != nil {
		return false, err
	}
	news := version != f.version && f.version != 0
	f.version = version
	return news, nil
}

// Cure adds to an error of SQLite what to do about it.
func (f *file) Cure(err error) error { return cure(err) }

// Close closes the connections.
func (f *file) Close() error { return errors.Join(f.link.close(), f.readers.Close()) }

// writing is a transaction with the write lock.
type writing struct {
	*link
	now  time.Time
	news bool
}

func (w *writing) Now() time.Time             { return w.now }
func (w *writing) News() bool                 { return w.news }
func (w *writing) Meta() (sqlcore.Meta, bool) { return sqlcore.Meta{}, false }
func (w *writing) Commit() error              { return w.run("COMMIT") }
func (w *writing) Rollback()                  { _ = w.run("ROLLBACK") } // fails where SQLite has done it already

// View opens a moment for readers.
func (f *file) View(ctx context.Context) (sqlcore.View, error) {
	tx, err := f.readers.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &view{sqlcore.NewStdLink(ctx, tx, f.texts), tx, f.clock()}, nil
}

type view struct {
	sqlcore.Link
	tx  *sql.Tx
	now time.Time
}

func (v *view) Now() time.Time { return v.now }
func (v *view) Close()         { _ = v.tx.Rollback() } // nothing was written
