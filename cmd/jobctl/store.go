package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/gojobgen/jobgen/storage/mysqlstore"
	"github.com/gojobgen/jobgen/storage/pgstore"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
	"github.com/jackc/pgx/v5/pgxpool"

	_ "github.com/go-sql-driver/mysql" // mysql: stores
)

const storeHelp = `Stores:

	postgres://user:password@host:port/database
	mysql://user:password@tcp(host:port)/database?options   (MariaDB, too)
	sqlite:path/of/the/file.db
	redis://host:port
`

// migration is how one store gets its tables.
type migration struct {
	run    func(ctx context.Context) error
	script func() (string, error)
	done   string // what to say afterwards
}

const ready = "The tables are of this version."

// migrationOf reads the URL of a store.
func migrationOf(place, namespace string) (migration, error) {
	scheme, rest, found := strings.Cut(place, ":")
	if !found {
		return migration{}, fmt.Errorf("store %q has no scheme such as postgres: %w", place, errUsage)
	}
	switch scheme {
	case "postgres", "postgresql":
		return postgresMigration(place, namespace), nil
	case "mysql", "mariadb":
		return mysqlMigration(strings.TrimPrefix(rest, "//"), namespace), nil
	case "sqlite":
		return sqliteMigration(rest, namespace), nil
	case "redis", "rediss", "redis-cluster", "redis-sentinel":
		return nothingToDo(), nil
	}
	return migration{}, fmt.Errorf("scheme %q is none of postgres, mysql, sqlite and redis: %w", scheme, errUsage)
}

func postgresMigration(url, namespace string) migration {
	space := pgstore.Namespace(namespace)
	return migration{
		run: func(ctx context.Context) error {
			pool, err := pgxpool.New(ctx, url)
			if err != nil {
				return err
			}
			defer pool.Close()
			return pgstore.MigrateTables(ctx, pool, space)
		},
		script: func() (string, error) { return pgstore.MigrationSQL(space) },
		done:   ready,
	}
}

func mysqlMigration(dsn, namespace string) migration {
	space := mysqlstore.Namespace(namespace)
	return migration{
		run: func(ctx context.Context) error {
			db, err := sql.Open("mysql", dsn)
			if err != nil {
				return err
			}
			return errors.Join(mysqlstore.MigrateTables(ctx, db, space), db.Close())
		},
		script: func() (string, error) { return mysqlstore.MigrationSQL(space) },
		done:   ready,
	}
}

func sqliteMigration(path, namespace string) migration {
	space := sqlitestore.Namespace(namespace)
	return migration{
		run: func(context.Context) error {
			s, err := sqlitestore.Open(path, space)
			if err != nil {
				return err
			}
			return s.Close()
		},
		script: func() (string, error) { return sqlitestore.MigrationSQL(space) },
		done:   ready,
	}
}

// nothingToDo is Redis: its keys are made when they are needed.
func nothingToDo() migration {
	const text = "Redis has no tables: there is nothing to migrate."
	return migration{
		run:    func(context.Context) error { return nil },
		script: func() (string, error) { return text + "\n", nil },
		done:   text,
	}
}
