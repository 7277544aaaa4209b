package library

import (
	"context"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

var jobgenSQLite = ours("sqlitestore, synchronous NORMAL", func(_ context.Context, s Setup) (storage.Store, func() error, error) {
	store, err := sqlitestore.Open(s.Space.Address, sqlitestore.Synchronous(sqlitestore.Normal))
	if err != nil {
		return nil, nil, err
	}
	return store, func() error { return nil }, nil
})
