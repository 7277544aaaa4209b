package library

import (
	"context"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/pgstore"
)

var jobgenPostgres = ours("pgstore, pool of 20", func(ctx context.Context, s Setup) (storage.Store, func() error, error) {
	pool, err := postgresPool(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	store, err := pgstore.New(pool)
	if err != nil {
		pool.Close()
		return nil, nil, err
	}
	return store, func() error {
		pool.Close()
		return nil
	}, nil
})
