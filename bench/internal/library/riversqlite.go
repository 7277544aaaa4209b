package library

import (
	"context"
	"database/sql"
	"errors"

	"github.com/gojobgen/jobgen/bench/internal/backend"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

var (
	riverSQLite      = riverOnSQLite("river", "defaults", river.Config{})
	riverSQLiteTuned = riverOnSQLite("river-tuned", riverTunedText, riverFast)
)

// riverOnSQLite has one connection, as River's documentation asks for: SQLite has one
// writer, and several connections fail with SQLITE_BUSY.
func riverOnSQLite(name, settings string, cfg river.Config) Library {
	return Library{Name: name, Settings: "River v0.51 with its SQLite driver v0.49, one connection, synchronous NORMAL, " + settings, open: func(ctx context.Context, s Setup) (Instance, error) {
		db, err := sql.Open("sqlite", backend.SQLiteDSN(s.Space.Address, "journal_mode(WAL)", "synchronous(NORMAL)"))
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1)
		driver := riversqlite.New(db)
		i := &riverInstance[*sql.Tx]{cfg: cfg, insert: driver, work: driver, one: true, close: db.Close,
			left: func(ctx context.Context) (left bool, err error) {
				err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM river_job WHERE state = 'scheduled')").Scan(&left)
				return left, err
			},
			keep: func(ctx context.Context, n int) error { return riverKeepSQLite(ctx, db, n) },
		}
		if err := i.prepare(ctx); err != nil {
			return nil, errors.Join(err, i.Close())
		}
		return i, nil
	}}
}

// riverKeepSQLite stores completed jobs as River would have left them.
func riverKeepSQLite(ctx context.Context, db *sql.DB, n int) error {
	_, err := db.ExecContext(ctx, `WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < ?)
		INSERT INTO river_job (args, attempt, attempted_at, created_at, finalized_at, kind, max_attempts, metadata, priority, queue, scheduled_at, state, tags)
		SELECT json_object('orderID', i, 'sentAt', 0, 'customer', 'customer-' || i || '@example.com', 'note', 'leave it at the door'),
		1, datetime('now'), datetime('now'), datetime('now'), 'confirm', 25, '{}', 1, 'default', datetime('now'), 'completed', '[]' FROM s`, n)
	return err
}
