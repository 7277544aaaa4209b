// Package pgstore keeps jobs in a PostgreSQL database, version 14 or later, through
// pgx. Any number of processes share it.
//
//	pool, err := pgxpool.New(ctx, "postgres://user:password@host/app")
//	store, err := pgstore.New(pool)
//	client := runtime.NewClient(store)
//	...
//	mail.With(client.Via(store.Tx(tx))).EnqueueSendReceipt(ctx, 42) // in the caller's transaction
//
// # What it needs
//
// The role may create tables and functions in its schema, or jobctl migrate has made
// them and [Migrate] is off. The store opens up to [Connections] connections of its own,
// with the settings of the pool, and one that listens; readers such as the dashboard use
// the pool, or that of a replica ([ReadPool]). Applications that share a database have a
// [Namespace] each.
//
// # What survives what
//
// Enqueued jobs and outcomes are on the disk when the call returns, if the server's
// fsync, full_page_writes and synchronous_commit are on, as they are by default;
// [Store.Warnings] says where they are not. With [AsyncSettle] outcomes may be undone by
// the death of the server, never by that of our processes: those jobs run again. That a
// session has fetched jobs is always committed so: when that is lost, their tokens are
// dead and they run again, as they would anyway when their process died with the server.
//
// # Who waits for whom
//
// Plain jobs (no parents, batch, key, limit or expiry) are stored, fetched and settled by
// one statement each, beside those of others. All else is done under one advisory lock of
// the namespace, in transactions that the server ends after two seconds of silence, so
// that a frozen process frees everybody. A caller's transaction ([Store.Tx]) takes none of
// these locks; only an insert of the same unique key waits for it.
//
// Work is told to other processes by NOTIFY, after the commit, some milliseconds late and
// many jobs at a time; what a caller's transaction stored, and everything behind a pooler
// ([Notifications]), is found within about a second.
package pgstore
