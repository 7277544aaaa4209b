package backend

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver

	"github.com/gojobgen/jobgen/bench/internal/usage"
	"github.com/gojobgen/jobgen/internal/testservers"
)

type mysqlBackend struct {
	server *testservers.MySQLServer
	made   int // databases so far
}

func startMySQL(h *Host) (Backend, error) {
	b := &mysqlBackend{}
	err := h.start(func() {
		b.server = testservers.MariaDB(h, testservers.MySQLOptions{Sync: true,
			Args: []string{"--innodb-buffer-pool-size=128M"}}) // the default again
	})
	return b, err
}

func (b *mysqlBackend) Name() string { return "mysql" }

func (b *mysqlBackend) Settings() string {
	return "MariaDB on disk, fresh data folder, innodb_flush_log_at_trx_commit 1, no binary log, max_connections 200, otherwise defaults"
}

func (b *mysqlBackend) CPU() func() (time.Duration, error) {
	return func() (time.Duration, error) { return usage.Tree(b.server.PID()) }
}

func (b *mysqlBackend) name() string { return "bench" + strconv.Itoa(b.made) }

func (b *mysqlBackend) Fresh(ctx context.Context) (Space, error) {
	if b.made > 0 {
		if err := b.server.Exec(ctx, "DROP DATABASE "+b.name()); err != nil {
			return Space{}, fmt.Errorf("backend: %w", err)
		}
	}
	b.made++
	if err := b.server.Exec(ctx, "CREATE DATABASE "+b.name()+" CHARACTER SET utf8mb4"); err != nil {
		return Space{}, fmt.Errorf("backend: %w", err)
	}
	dsn := b.server.DSN(b.name())
	return Space{Address: dsn, Bytes: b.bytes, Hold: func(ctx context.Context) (func(), error) { return holdMySQL(ctx, dsn) }}, nil
}

// bytes is the size of the files: the server's own figures are estimates.
func (b *mysqlBackend) bytes(context.Context) (n int64, err error) {
	folder := filepath.Join(b.server.Dir(), "data", b.name())
	err = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("backend: %w", err)
	}
	return n, nil
}

func holdMySQL(ctx context.Context, dsn string) (func(), error) {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return nil, fmt.Errorf("backend: %w", err)
	}
	conn, err := db.Conn(ctx)
	if err == nil {
		_, err = conn.ExecContext(ctx, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("backend: %w", err)
	}
	return func() {
		_ = conn.Close()
		_ = db.Close()
	}, nil
}
