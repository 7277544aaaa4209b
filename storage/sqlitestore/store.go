package sqlitestore

import (
	"context"
	"database/sql"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Store keeps jobs in a SQLite file. Make one with [Open].
type Store struct {
	*sqlcore.Store
	file *file
}

var _ storage.Store = (*Store)(nil)

// Close waits for the writes under way, lets go of the file, and ends every Wait.
// Jobs that sessions of this process run stay theirs until they are closed or lost.
func (s *Store) Close() error {
	s.file.closed.Store(true)
	return s.Store.Close()
}

// Tx is the store inside a transaction of the caller: what its Insert stores appears
// when the caller commits, and never when the caller rolls back.
//
// The transaction has to be one on the store's own file. Any SQLite driver will do,
// the caller opens the database: with IMMEDIATE transactions (_txlock=immediate, in
// modernc.org/sqlite and in mattn/go-sqlite3 alike), because a transaction that has
// read before it writes fails when another has written meanwhile, however long the
// busy timeout is. And keep it short: SQLite has one writer, so while the transaction
// is open, all other writing waits, that of every server too.
//
//	db, err := sql.Open("sqlite", "file:app.db?_txlock=immediate&_pragma=busy_timeout(5000)")
//	tx, err := db.BeginTx(ctx, nil)
//	...
//	mail.With(client.Via(store.Tx(tx))).EnqueueSendReceipt(ctx, 42)
//	err = tx.Commit()
//
// Servers find the jobs by polling the file, usually within some milliseconds.
func (s *Store) Tx(dbtx *sql.Tx) storage.Inserter { return &userTx{s, dbtx} }

type userTx struct {
	s    *Store
	dbtx *sql.Tx
}

// Insert stores groups in the caller's transaction; see [storage.Inserter].
func (u *userTx) Insert(ctx context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	l := sqlcore.NewStdLink(ctx, u.dbtx, u.s.file.texts)
	return u.s.InsertIn(ctx, l, u.s.file.clock(), groups)
}
