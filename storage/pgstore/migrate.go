package pgstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strconv"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer is wrapped by [New] when a newer version of this package has changed the
// tables: start that version, or restore the database from before.
var ErrNewer = sqlcore.ErrNewer

// MigrateTables brings the tables of a namespace to this version, as [New] does by
// itself. Any number of processes may do it at once, and workers may run meanwhile.
// Of the options only [Namespace] counts.
func MigrateTables(ctx context.Context, pool *pgxpool.Pool, opts ...Option) error {
	o := options{migrate: true}
	for _, option := range opts {
		option(&o)
	}
	prefix, err := o.prefix()
	if err != nil {
		return err
	}
	if err := migrate(ctx, pool, sqlcore.NewTexts(sqlcore.Postgres, prefix), prefix, true); err != nil {
		return fmt.Errorf("pgstore: migrate: %w", cure(err))
	}
	return nil
}

// MigrationSQL is what [MigrateTables] runs in an empty database, to be read or run by
// other means.
func MigrationSQL(opts ...Option) (string, error) {
	o := options{}
	for _, option := range opts {
		option(&o)
	}
	prefix, err := o.prefix()
	if err != nil {
		return "", err
	}
	return sqlcore.MigrationScript(sqlcore.NewTexts(sqlcore.Postgres, prefix), migrations)
}

// migrate brings the tables to this version in one transaction, while other processes
// that start at once wait; or only checks that they are.
func migrate(ctx context.Context, pool *pgxpool.Pool, texts *sqlcore.Texts, prefix string, change bool) error {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	l := &link{wire: wire{pg: c.Conn().PgConn()}, texts: texts}
	lock := strconv.FormatInt(lockOf(prefix+"migrate"), 10)
	if err := l.Run("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(" + lock + ")"); err != nil {
		return err
	}
	if change {
		err = sqlcore.Migrate(l, texts, migrations)
	} else {
		err = sqlcore.CheckMigrated(l, migrations)
	}
	if err == nil {
		err = l.flush()
	}
	if err != nil {
		l.queue, l.err = nil, nil
		return errors.Join(err, l.Run("ROLLBACK"))
	}
	return l.Run("COMMIT")
}
