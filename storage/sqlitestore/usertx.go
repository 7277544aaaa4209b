package sqlitestore

import (
	"context"
	"database/sql"

	"github.com/gojobgen/jobgen/storage"
)

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
	if u.s.isClosed() {
		return nil, u.s.errClosed()
	}
	results := make([]storage.InsertResult, len(groups))
	if checkGroups(groups, results) == 0 {
		return results, ctx.Err()
	}
	l := &sqlLink{ctx: ctx, conn: u.dbtx, prefix: u.s.prefix}
	t := &tx{link: l, now: u.s.now(), user: true, bell: &u.s.bell,
		tally: make(map[tallyKey]int), woken: make(map[string]bool)}
	if err := t.meta.read(l); err != nil {
		return nil, cure(err)
	}
	t.stored = t.meta
	known, err := u.s.namesFor(l)
	if err != nil {
		return nil, cure(err)
	}
	t.names = known.clone()
	err = t.part(func(t *tx) error { return t.insertGroups(groups, results) })
	if err == nil {
		err = t.flush()
	}
	if err != nil {
		return nil, cure(err)
	}
	return results, nil
}
