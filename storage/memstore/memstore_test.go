package memstore_test

import (
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
	"github.com/gojobgen/jobgen/storage/storagetest"
)

var harness = storagetest.Harness{
	Open: func(t *testing.T) storage.Store {
		s := memstore.New()
		t.Cleanup(func() { s.Close() })
		return s
	},
	OpenBench: func(*testing.B) storage.Store { return memstore.New() },
	Synctest:  true,
}

func TestStore(t *testing.T) { storagetest.Run(t, harness) }

func BenchmarkStore(b *testing.B) { storagetest.Bench(b, harness) }
