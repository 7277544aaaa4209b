// Package mysqlstore keeps jobs in MySQL 8.0.19 or MariaDB 10.6 (or newer), beside the tables
// of the application or in a database of their own.
//
//	db, err := sql.Open("mysql", "user:password@tcp(host)/app")
//	...
//	store, err := mysqlstore.New(db)
//
// # Durability
//
// What a call acknowledged survives the end of every process of ours. It survives the
// death of the server and its machine where innodb_flush_log_at_trx_commit is 1, its
// default, and, when the binary log is on, sync_binlog is 1. Read [Store.Warnings].
//
// # Transactions
//
// [Store.Tx] inserts jobs inside a transaction of the application: they appear when it
// commits.
//
// # Waking
//
// These servers have no way to tell a client that there is work. What a Store value of
// this process stored wakes its own workers at once; for the rest the store polls, every
// few milliseconds while there was work lately and at most a second apart when it is quiet.
//
// # Connections
//
// The store works on the caller's pool and keeps up to four of its connections for
// itself: their settings differ, see below. A process that is frozen while it holds a
// lock is cut off by the server after some two seconds, so nobody else waits for it for long.
// (MySQL itself cuts off connections that are idle, MariaDB only those that are idle within
// a transaction.) Its tables are InnoDB; the account needs SELECT, INSERT, UPDATE and
// DELETE, and CREATE, ALTER, INDEX and DROP where it migrates.
package mysqlstore
