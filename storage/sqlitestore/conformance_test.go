package sqlitestore_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
	"github.com/gojobgen/jobgen/storage/storagetest"
)

// open opens a store that is closed with the test.
func open(t testing.TB, path string, opts ...sqlitestore.Option) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestStore runs the specification of package storage.
func TestStore(t *testing.T) {
	var paths sync.Map // by store, for Reopen
	empty := emptyFile(t)
	harness := storagetest.Harness{
		Open: func(t *testing.T) storage.Store {
			path := filepath.Join(t.TempDir(), "jobs.db")
			if err := os.WriteFile(path, empty, 0o600); err != nil {
				t.Fatal(err)
			}
			if !raceEnabled { // which makes the check of a file slower by far than the test
				t.Cleanup(func() { checkFile(t, path) })
			}
			s := open(t, path, sqlitestore.Synchronous(sqlitestore.Normal))
			paths.Store(s, path)
			return s
		},
		Reopen: func(t *testing.T, s storage.Store) storage.Store {
			path, _ := paths.Load(s)
			again := open(t, path.(string), sqlitestore.Synchronous(sqlitestore.Normal))
			paths.Store(again, path)
			return again
		},
		Synctest: true,
		Durable:  true,
	}
	if raceEnabled {
		harness.Rows = 100
	}
	storagetest.Run(t, harness)
}

// emptyFile is a migrated file without jobs: most of what a small test would cost.
func emptyFile(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jobs.db")
	s, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
