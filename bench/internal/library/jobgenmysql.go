package library

import (
	"context"
	"database/sql"
	"errors"

	"github.com/go-sql-driver/mysql"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
)

var jobgenMySQL = ours("mysqlstore, pool of 20", func(_ context.Context, s Setup) (storage.Store, func() error, error) {
	cfg, err := mysql.ParseDSN(s.Space.Address)
	if err != nil {
		return nil, nil, err
	}
	cfg.DialFunc = s.Wire.Dial
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	store, err := mysqlstore.New(db)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return store, db.Close, nil
})
