// Package backend runs what the libraries keep their jobs in: a Redis, a PostgreSQL, a
// MariaDB, or a folder of SQLite files. Servers are started for the benchmark and end
// with it.
package backend

import (
	"context"
	"fmt"
	"time"
)

// Backend is one server, empty again on request.
type Backend interface {
	// Name is redis, postgres, mysql or sqlite.
	Name() string
	// Settings says in one line how the server is set up.
	Settings() string
	// Fresh makes an empty space and drops the one before it.
	Fresh(ctx context.Context) (Space, error)
	// CPU is the processor time that the server has used; nil when there is no server.
	CPU() func() (time.Duration, error)
}

// Space is an empty database.
type Space struct {
	// Address is host:port for Redis, a URL for PostgreSQL, a data source name for
	// MariaDB, and a path for SQLite.
	Address string
	// Bytes is how much memory (Redis) or disk (the others) the data take now.
	Bytes func(ctx context.Context) (int64, error)
	// Hold opens a transaction whose snapshot stays as old as it is until release is
	// called; nil where there is no such thing.
	Hold func(ctx context.Context) (release func(), err error)
	// Rest waits for the end of what the server does of its own accord, such as writing its
	// file anew; nil where it does nothing of the kind.
	Rest func(ctx context.Context) error
}

// Names are the backends there are, in the order of the reports.
var Names = []string{"redis", "postgres", "sqlite", "mysql"}

// Start starts the named backend.
func Start(h *Host, name string) (Backend, error) {
	switch name {
	case "redis":
		return startRedis(h)
	case "postgres":
		return startPostgres(h)
	case "mysql":
		return startMySQL(h)
	case "sqlite":
		return startSQLite(h)
	}
	return nil, fmt.Errorf("backend: there is no backend %q: use some of %v", name, Names)
}
