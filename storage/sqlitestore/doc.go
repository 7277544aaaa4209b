// Package sqlitestore keeps jobs in a SQLite file: a durable store without a server.
//
//	store, err := sqlitestore.Open("jobs.db")
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//
// The file and its tables are made where they are missing. The tables have names of
// their own (jobgen_...), so the file may be the application's own database: then jobs
// can be enqueued in the application's transactions, see [Store.Tx].
//
// # What survives what
//
// A call that returned without an error survives the end of every process that uses
// the file, however it ends. With [Full], the default, it also survives a crash of the
// operating system and the loss of power, as far as the disk keeps what it says it has
// written. With [Normal] the last moments before such a crash may be undone; the file
// is never damaged. Calls that come at the same time share one commit, so Full costs
// little where many callers write at once.
//
// # Several processes
//
// Any number of processes may share a file on a local disk, each with as many servers
// as it likes; network file systems do not lock as SQLite needs. One process writes at
// a time. What other processes enqueue is found by a poll of the file, within some
// 5 ms when there was work lately and within a second after a long quiet time; what
// the own process enqueues wakes its servers at once.
//
// SQLite has one writer. A transaction that somebody leaves open, or a process that is
// stopped inside one, holds up all writing of all processes until it ends. Calls that
// wait for it honour their context.
//
// # Size
//
// Waiting and running jobs have small tables of their own, and every list is kept by
// an index, so the cost of a call does not grow with the number of jobs kept. What is
// past its retention is removed by the servers' Tick; SQLite uses the room again but
// does not give it back to the file system: VACUUM does.
package sqlitestore
