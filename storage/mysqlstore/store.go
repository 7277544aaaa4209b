package mysqlstore

import (
	"context"
	"database/sql"
	"slices"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Store keeps jobs in a MySQL or MariaDB database. Make one with [New]. It is safe for
// concurrent use.
type Store struct {
	*sqlcore.Store
	d        *database
	warnings []string
}

var _ storage.Store = (*Store)(nil)

// Warnings are what the server's settings take from what the store promises, one
// sentence each with its cure, as they were when the store was made; empty is good.
func (s *Store) Warnings() []string { return slices.Clone(s.warnings) }

// Tx is the store inside a transaction of the caller, on the store's own database: what
// its Insert stores appears when the caller commits, and never when the caller rolls back.
//
//	tx, err := db.BeginTx(ctx, nil)
//	...
//	mail.With(client.Via(store.Tx(tx))).EnqueueSendReceipt(ctx, 42)
//	err = tx.Commit()
//
// Only new rows are written, so the transaction may stay open without holding up anybody
// but those who insert jobs with one of its unique keys. Any isolation level will do but
// SERIALIZABLE, in which whatever is read is locked.
// Servers find the jobs by polling, within a second of the commit.
func (s *Store) Tx(dbtx *sql.Tx) storage.Inserter { return &userTx{s, dbtx} }

type userTx struct {
	s    *Store
	dbtx *sql.Tx
}

// Insert stores groups in the caller's transaction; see [storage.Inserter].
func (u *userTx) Insert(ctx context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	l := &link{ctx: ctx, conn: u.dbtx, texts: u.s.d.texts}
	now, err := l.number("SELECT " + callersClock)
	if err != nil {
		return nil, u.s.d.fault(err)
	}
	b := &buffered{link: l}
	results, err := u.s.InsertIn(ctx, b, u.s.d.instant(now), groups)
	if err != nil {
		return nil, err
	}
	if err := b.flush(); err != nil {
		return nil, u.s.d.fault(err)
	}
	return results, nil
}
