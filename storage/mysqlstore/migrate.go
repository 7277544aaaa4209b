package mysqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// MigrateTables makes or changes the tables, as [New] does, without opening a store.
func MigrateTables(ctx context.Context, db *sql.DB, opts ...Option) error {
	d, _, err := prepare(db, opts)
	if err != nil {
		return err
	}
	if err = d.server.examine(ctx, db); err == nil {
		err = d.migrate(ctx, true)
	}
	if err != nil {
		return d.fault(err)
	}
	return nil
}

// MigrationSQL is all that migrating runs in an empty database, for those who run it by
// hand. It is not needed where [New] migrates.
func MigrationSQL(opts ...Option) (string, error) {
	var o options
	for _, option := range opts {
		option(&o)
	}
	prefix, err := o.prefix()
	if err != nil {
		return "", err
	}
	return sqlcore.MigrationScript(sqlcore.NewTexts(sqlcore.MySQL, prefix), migrations)
}

// migrateLimit is the longest that opening a store may take, with all migrations and
// the wait for other processes that do the same.
const migrateLimit = 2 * time.Minute

// lockLimit is the longest that other processes may take for it.
const lockLimit = time.Minute

// migrate brings the tables to this version, while other processes that start at once
// wait. A statement that changes a table commits by itself here, so a migration that was
// cut short is run again from its start: each statement of it can be.
func (d *database) migrate(ctx context.Context, change bool) error {
	c, err := d.connect(ctx)
	if err != nil {
		return err
	}
	m := &migrator{&link{ctx: ctx, conn: c.sqlConn, texts: d.texts}}
	if err = m.Run("SET SESSION autocommit = 1"); err == nil {
		err = sqlcore.CheckMigrated(m, migrations)
	}
	if err != nil && change && !errors.Is(err, ErrNewer) {
		err = m.locked(d.texts.Named("jg_migrate"), func() error {
			return sqlcore.Migrate(m, d.texts.Texts, migrations)
		})
	}
	return errors.Join(err, discard(c.sqlConn))
}

// migrator is the connection that changes the tables.
type migrator struct{ *link }

// locked runs f while this connection alone has a named lock of the database. The lock
// ends with the connection, too.
func (m *migrator) locked(name string, f func() error) error {
	lock := "CONCAT(LEFT(SHA2(DATABASE(), 256), 16), '" + name + "')"
	got, err := m.number(fmt.Sprintf("SELECT GET_LOCK(%s, %d)", lock, int(lockLimit.Seconds())))
	if err != nil {
		return err
	}
	if got != 1 {
		return errors.New("another process changes the tables for very long: end it")
	}
	if err := f(); err != nil {
		return err
	}
	_, err = m.number("SELECT RELEASE_LOCK(" + lock + ")")
	return err
}

// Run runs statements, one after the other: several in one text are an option that the
// connection may not have.
func (m *migrator) Run(text string) error {
	for statement := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if err := m.run(statement); err != nil {
			return err
		}
	}
	return nil
}
