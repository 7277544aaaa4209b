package pgstore

import (
	"context"
	"database/sql"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
	"github.com/jackc/pgx/v5"
)

// Store keeps jobs in a PostgreSQL database. Make one with [New].
type Store struct {
	*sqlcore.Store
	db       *database
	warnings []string
}

var (
	_ storage.Store    = (*Store)(nil)
	_ storage.Parallel = (*Store)(nil)
)

// Inserts implements [storage.Parallel]: while one call waits for the disk, the server works
// on the next, and inserts do not wait for each other.
func (s *Store) Inserts() int { return 2 }

// Warnings are settings of the server that weaken what the store promises, or slow it
// down, as they were when the store was made; each with what to set. Empty is good.
func (s *Store) Warnings() []string { return s.warnings }

// Close waits for the writes under way, lets go of the store's own connections, and
// ends every Wait. The pool stays open. Jobs that sessions of this process run stay
// theirs until they are closed or lost.
func (s *Store) Close() error {
	s.db.closed.Store(true)
	return s.Store.Close()
}

// Tx is the store inside a transaction of the caller: what its Insert stores appears
// when the caller commits, and never when the caller rolls back. The transaction has to
// be one on the store's own database.
//
//	tx, err := pool.Begin(ctx)
//	...
//	mail.With(client.Via(store.Tx(tx))).EnqueueSendReceipt(ctx, 42)
//	err = tx.Commit(ctx)
//
// Only new rows are written, so that nobody waits for the transaction, but other
// inserts of the same unique keys. Servers find the jobs within a second of the commit.
func (s *Store) Tx(tx pgx.Tx) storage.Inserter {
	return inserter{s, func(ctx context.Context) sqlcore.Link { return &userLink{ctx, tx, s.db.texts, s.db.prefix} }}
}

// SQLTx is [Store.Tx] for a transaction of database/sql, whose driver may be any for
// PostgreSQL.
func (s *Store) SQLTx(tx *sql.Tx) storage.Inserter {
	return inserter{s, func(ctx context.Context) sqlcore.Link {
		return &stdLink{sqlcore.NewStdLink(ctx, tx, s.db.texts), s.db.prefix}
	}}
}

type inserter struct {
	s    *Store
	link func(ctx context.Context) sqlcore.Link
}

// Insert stores groups in the caller's transaction; see [storage.Inserter].
func (i inserter) Insert(ctx context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	l := i.link(ctx)
	micros, err := sqlcore.Number(l, sqlClock)
	if err != nil {
		return nil, i.s.Fault(err)
	}
	return i.s.InsertIn(ctx, l, i.s.db.at(micros), groups)
}
