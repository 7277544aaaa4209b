package sqlitestore_test

import (
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
	harness := storagetest.Harness{
		Open: func(t *testing.T) storage.Store {
			path := filepath.Join(t.TempDir(), "jobs.db")
			t.Cleanup(func() { checkFile(t, path) })
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
	storagetest.Run(t, harness)
}
