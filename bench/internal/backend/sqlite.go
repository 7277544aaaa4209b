package backend

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the driver
)

type sqliteBackend struct {
	dir  string
	made int
}

func startSQLite(h *Host) (Backend, error) {
	dir, err := os.MkdirTemp("", "jobgen-bench-")
	if err != nil {
		return nil, fmt.Errorf("backend: %w", err)
	}
	h.Cleanup(func() { os.RemoveAll(dir) })
	return &sqliteBackend{dir: dir}, nil
}

func (b *sqliteBackend) Name() string { return "sqlite" }

func (b *sqliteBackend) Settings() string {
	return "SQLite on disk, pure Go driver, write-ahead log, synchronous NORMAL for both"
}

func (b *sqliteBackend) CPU() func() (time.Duration, error) { return nil }

func (b *sqliteBackend) path() string { return filepath.Join(b.dir, strconv.Itoa(b.made), "jobs.db") }

func (b *sqliteBackend) Fresh(context.Context) (Space, error) {
	if b.made > 0 {
		if err := os.RemoveAll(filepath.Dir(b.path())); err != nil {
			return Space{}, fmt.Errorf("backend: %w", err)
		}
	}
	b.made++
	if err := os.Mkdir(filepath.Dir(b.path()), 0o700); err != nil {
		return Space{}, fmt.Errorf("backend: %w", err)
	}
	path := b.path()
	return Space{
		Address: path,
		Bytes:   func(ctx context.Context) (int64, error) { return sqliteBytes(ctx, path) },
		Hold:    func(ctx context.Context) (func(), error) { return holdSQLite(ctx, path) },
	}, nil
}

// SQLiteDSN is the name of a connection to a file, with pragmas such as
// "journal_mode(WAL)".
func SQLiteDSN(path string, pragmas ...string) string {
	q := url.Values{"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...), "_txlock": {"immediate"}}
	return "file:" + path + "?" + q.Encode()
}

// sqliteBytes moves the log into the file and takes the file's size.
func sqliteBytes(ctx context.Context, path string) (int64, error) {
	db, err := sql.Open("sqlite", SQLiteDSN(path))
	if err != nil {
		return 0, fmt.Errorf("backend: %w", err)
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err = errors.Join(err, db.Close()); err != nil {
		return 0, fmt.Errorf("backend: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("backend: %w", err)
	}
	return info.Size(), nil
}

// holdSQLite keeps a reader open, which keeps the log from being reused.
func holdSQLite(ctx context.Context, path string) (func(), error) {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return nil, fmt.Errorf("backend: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err == nil {
		var n int
		err = tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&n)
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("backend: %w", err)
	}
	return func() {
		_ = tx.Rollback()
		_ = db.Close()
	}, nil
}
