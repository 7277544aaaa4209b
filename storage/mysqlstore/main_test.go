package mysqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"testing"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
)

func TestMain(m *testing.M) { os.Exit(testservers.Main(m)) }

// pool opens the database of a test.
func pool(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func open(tb testing.TB, db *sql.DB, opts ...mysqlstore.Option) *mysqlstore.Store {
	tb.Helper()
	s, err := mysqlstore.New(db, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

// common is the database that most tests use, one after the other: to make the tables
// takes longer than a test.
func common(tb testing.TB, parameters string) *sql.DB {
	tb.Helper()
	server := testservers.MariaDBShared(tb)
	if err := server.Exec(context.Background(), "CREATE DATABASE IF NOT EXISTS common"); err != nil {
		tb.Fatal(err)
	}
	return pool(tb, server.DSN("common")+parameters)
}

// fresh is a store in the common database without what was there before.
func fresh(tb testing.TB, parameters string) (*mysqlstore.Store, *sql.DB) {
	tb.Helper()
	db := common(tb, parameters)
	s := open(tb, db)
	empty(tb, db)
	return s, db
}

// empty removes all that a test before has left in the tables.
func empty(tb testing.TB, db *sql.DB) {
	tb.Helper()
	found, err := db.Query("SHOW TABLES")
	if err != nil {
		tb.Fatal(err)
	}
	defer found.Close()
	statements := []string{"UPDATE jobgen_meta SET seq = 0, generation = generation + 1, todos = 0"}
	for found.Next() {
		var table string
		if err := found.Scan(&table); err != nil {
			tb.Fatal(err)
		}
		if table != "jobgen_meta" && table != "jobgen_step" && table != "jobgen_keylock" {
			statements = append(statements, "DELETE FROM "+table)
		}
	}
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	for _, text := range statements {
		if _, err := db.Exec(text); err != nil {
			tb.Fatal(err)
		}
	}
}

func begin(tb testing.TB, db *sql.DB) *sql.Tx {
	tb.Helper()
	tx, err := db.BeginTx(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { tx.Rollback() })
	return tx
}

func insert(tb testing.TB, in storage.Inserter, jobs ...storage.NewJob) storage.InsertResult {
	tb.Helper()
	results, err := in.Insert(tb.Context(), storage.Group{Jobs: jobs})
	if err != nil || results[0].Err != nil {
		tb.Fatal(err, results)
	}
	return results[0]
}

// state is that of a job; 0: there is none.
func state(tb testing.TB, s storage.Store, id storage.ID) storage.State {
	tb.Helper()
	d, err := s.Job(tb.Context(), id)
	if errors.Is(err, storage.ErrNotFound) {
		return 0
	}
	if err != nil {
		tb.Fatal(err)
	}
	return d.State
}
