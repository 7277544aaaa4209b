package testservers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// PgBouncerServer is a PgBouncer in transaction mode before a PostgreSQL.
type PgBouncerServer struct {
	*Server
	port int
}

// PgBouncer starts a PgBouncer in transaction mode before pg, for this test alone.
// Versions below 1.21 know no prepared statements: connect with
// default_query_exec_mode=exec or cache_describe.
func PgBouncer(tb TB, pg *PostgresServer) *PgBouncerServer {
	tb.Helper()
	var port int
	s, err := launch(1, func(ports []int) (*Server, error) {
		port = ports[0]
		return pgbouncerServer(port, pg)
	})
	must(tb, err)
	own(tb, s)
	return &PgBouncerServer{Server: s, port: port}
}

// URL is the connection string of a database of the PostgreSQL behind.
func (s *PgBouncerServer) URL(db string) string { return postgresURL(s.port, db) }

func pgbouncerServer(port int, pg *PostgresServer) (*Server, error) {
	binary, err := find("JOBGEN_PGBOUNCER", nil, "pgbouncer")
	if err != nil {
		return nil, err
	}
	as, err := account("postgres")
	if err != nil {
		return nil, err
	}
	dir, err := newFolder("pgbouncer", "", as)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
* = host=%s port=%d user=postgres
[pgbouncer]
listen_addr = %s
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 200
default_pool_size = 20
ignore_startup_parameters = extra_float_digits
`, loopback, pg.port, loopback, port)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return nil, fmt.Errorf("testservers: %w", err)
	}
	return &Server{
		name: "pgbouncer", dir: dir, as: as, stop: stopByTerm,
		command: func() *exec.Cmd { return exec.Command(binary, file) },
		ready: func(ctx context.Context) error {
			c, err := pgx.Connect(ctx, postgresURL(port, "postgres"))
			if err != nil {
				return err
			}
			return c.Close(ctx)
		},
	}, nil
}
