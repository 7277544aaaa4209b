package backend

import (
	"context"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/usage"
	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/jackc/pgx/v5"
)

type postgresBackend struct {
	host   *Host
	server *testservers.PostgresServer
	last   string // name of the database in use
}

func startPostgres(h *Host) (Backend, error) {
	b := &postgresBackend{host: h}
	err := h.start(func() {
		b.server = testservers.Postgres(h, testservers.PostgresOptions{Fsync: true,
			Settings: map[string]string{"shared_buffers": "128MB"}}) // the default again
	})
	return b, err
}

func (b *postgresBackend) Name() string { return "postgres" }

func (b *postgresBackend) Settings() string {
	return "PostgreSQL on disk, fresh initdb, fsync and synchronous_commit on, max_connections 200, otherwise defaults"
}

func (b *postgresBackend) CPU() func() (time.Duration, error) {
	return func() (time.Duration, error) { return usage.Tree(b.server.PID()) }
}

// Fresh makes a new database. Dropping the old one ends with a checkpoint, so that
// each run begins with a clean log.
func (b *postgresBackend) Fresh(ctx context.Context) (Space, error) {
	if b.last != "" {
		if err := b.server.Exec(ctx, "DROP DATABASE "+b.last+" WITH (FORCE)"); err != nil {
			return Space{}, fmt.Errorf("backend: %w", err)
		}
	}
	if err := b.host.start(func() { b.last = b.server.CreateDatabase(b.host, "") }); err != nil {
		return Space{}, err
	}
	url := b.server.URL(b.last)
	return Space{Address: url, Bytes: sizer(url), Hold: holder(url)}, nil
}

// sizer reads the size of all tables and indexes that are not the server's own.
func sizer(url string) func(context.Context) (int64, error) {
	return func(ctx context.Context) (n int64, err error) {
		c, err := pgx.Connect(ctx, url)
		if err != nil {
			return 0, fmt.Errorf("backend: %w", err)
		}
		defer func() { _ = c.Close(ctx) }()
		err = c.QueryRow(ctx, `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')`).Scan(&n)
		return n, err
	}
}

func holder(url string) func(context.Context) (func(), error) {
	return func(ctx context.Context) (func(), error) {
		c, err := pgx.Connect(ctx, url)
		if err != nil {
			return nil, fmt.Errorf("backend: %w", err)
		}
		// The first query takes the snapshot.
		for _, statement := range []string{"BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM pg_class"} {
			if _, err := c.Exec(ctx, statement); err != nil {
				_ = c.Close(ctx)
				return nil, fmt.Errorf("backend: %s: %w", statement, err)
			}
		}
		return func() { _ = c.Close(context.WithoutCancel(ctx)) }, nil
	}
}
