// Package database opens the shop's own tables. The jobs live in the same file, so
// that one transaction can hold an order and the jobs it needs.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

const schema = `
CREATE TABLE IF NOT EXISTS orders (
	id       INTEGER PRIMARY KEY,
	customer TEXT NOT NULL,
	cents    INTEGER NOT NULL,
	card     TEXT NOT NULL,
	status   TEXT NOT NULL DEFAULT 'placed'
) STRICT;
CREATE TABLE IF NOT EXISTS payments (
	order_id  INTEGER PRIMARY KEY REFERENCES orders (id),
	reference TEXT NOT NULL,
	cents     INTEGER NOT NULL
) STRICT;`

// settings make SQLite wait for its one writer instead of failing, begin each
// transaction as a writer, and have a commit on disk before it returns.
const settings = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"

// Open opens the file and makes what is missing in it.
func Open(ctx context.Context, path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", path+settings)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("make tables: %w", err), db.Close())
	}
	return db, nil
}
