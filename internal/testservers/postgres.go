package testservers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresOptions are settings of one PostgreSQL.
type PostgresOptions struct {
	// Fsync: write through to the disk as a real server does. Without it the data
	// survive the server's death, not the machine's, and everything is faster.
	Fsync    bool
	Settings map[string]string // further lines of postgresql.conf
	Folder   string            // where to put the data, open to all users; empty: the temporary folder
}

// PostgresServer is a PostgreSQL with one superuser, postgres, and no password.
type PostgresServer struct {
	*Server
	port int
}

const (
	stopByTerm      = syscall.SIGTERM
	stopPostgres    = syscall.SIGINT // "fast": does not wait for clients, as SIGTERM would
	stopImmediately = syscall.SIGQUIT
)

var (
	postgresShared  shared[*PostgresServer]
	postgresFolders = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"}
	databases       atomic.Int64 // numbers the databases of this binary
)

// PostgresShared is the PostgreSQL that all tests of this binary share, without fsync:
// each test makes a database of its own.
func PostgresShared(tb TB) *PostgresServer {
	tb.Helper()
	return postgresShared.get(tb, func() (*PostgresServer, error) { return startPostgres(PostgresOptions{}) })
}

// Postgres starts a PostgreSQL for this test alone.
func Postgres(tb TB, o PostgresOptions) *PostgresServer {
	tb.Helper()
	s, err := startPostgres(o)
	must(tb, err)
	own(tb, s.Server)
	return s
}

// URL is the connection string of a database; "postgres" always exists.
func (s *PostgresServer) URL(db string) string { return postgresURL(s.port, db) }

// Addr is host:port, for a proxy in between.
func (s *PostgresServer) Addr() string { return addr(s.port) }

// Immediate ends the server at once and without a checkpoint (SIGQUIT): what pg_ctl
// calls an immediate shutdown. The next start recovers from the log.
func (s *PostgresServer) Immediate() error { return s.end(stopImmediately) }

// NewDatabase makes an empty database for this test and gives its URL. It is dropped
// when the test ends.
func (s *PostgresServer) NewDatabase(tb TB) string {
	tb.Helper()
	name := s.CreateDatabase(tb, "")
	tb.Cleanup(func() {
		if err := s.Exec(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			tb.Logf("drop a test's database: %v", err) // it ends with the server
		}
	})
	return s.URL(name)
}

// CreateDatabase makes a database that stays as long as the server, as a copy of
// template unless that is empty, and gives its name. Copying a migrated database is
// quicker than migrating; nobody may be connected to the template.
func (s *PostgresServer) CreateDatabase(tb TB, template string) string {
	tb.Helper()
	name := "test" + strconv.FormatInt(databases.Add(1), 10)
	statement := "CREATE DATABASE " + name
	if template != "" {
		statement += " TEMPLATE " + template
	}
	must(tb, s.Exec(context.Background(), statement))
	return name
}

// Exec runs one statement as the superuser in database postgres.
func (s *PostgresServer) Exec(ctx context.Context, statement string) error {
	c, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("testservers: %w", err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, statement); err != nil {
		return fmt.Errorf("testservers: %s: %w", statement, err)
	}
	return nil
}

func postgresURL(port int, db string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", addr(port), db)
}

func startPostgres(o PostgresOptions) (*PostgresServer, error) {
	var port int
	s, err := launch(1, func(ports []int) (*Server, error) {
		port = ports[0]
		return postgresServer(port, o)
	})
	if err != nil {
		return nil, err
	}
	return &PostgresServer{Server: s, port: port}, nil
}

// postgresServer prepares a PostgreSQL: a fresh cluster and its settings.
func postgresServer(port int, o PostgresOptions) (*Server, error) {
	binary, err := find("JOBGEN_POSTGRES", postgresFolders, "postgres")
	if err != nil {
		return nil, err
	}
	as, err := account("postgres")
	if err != nil {
		return nil, err
	}
	dir, err := newFolder("postgres", o.Folder, as)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if err := initdb(data, as); err != nil {
		return nil, err
	}
	if err := appendLines(filepath.Join(data, "postgresql.conf"), postgresLines(port, o)); err != nil {
		return nil, err
	}
	return &Server{
		name: "postgres", dir: dir, as: as, stop: stopPostgres,
		command: func() *exec.Cmd {
			cmd := exec.Command(binary, "-D", data)
			cmd.Dir = dir
			return cmd
		},
		ready: func(ctx context.Context) error {
			c, err := pgx.Connect(ctx, postgresURL(port, "postgres"))
			if err != nil {
				return err
			}
			return c.Close(ctx)
		},
	}, nil
}

func initdb(data string, as *syscall.Credential) error {
	binary, err := find("JOBGEN_INITDB", postgresFolders, "initdb")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir = filepath.Dir(data)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("testservers: initdb: %w: %s", err, out)
	}
	return nil
}

// postgresLines are the lines of postgresql.conf, sorted.
func postgresLines(port int, o PostgresOptions) []string {
	settings := map[string]string{
		"listen_addresses": loopback, "port": strconv.Itoa(port), "unix_socket_directories": "",
		"max_connections": "200", "shared_buffers": "64MB", "log_line_prefix": "%m [%p] ",
	}
	if !o.Fsync {
		settings["fsync"], settings["full_page_writes"] = "off", "off"
	}
	for k, v := range o.Settings {
		settings[k] = v
	}
	var lines []string
	for k, v := range settings {
		lines = append(lines, fmt.Sprintf("%s = '%s'", k, strings.ReplaceAll(v, "'", "''")))
	}
	sort.Strings(lines)
	return lines
}

func appendLines(file string, lines []string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("testservers: %w", err)
	}
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	if err := f.Close(); err != nil {
		return fmt.Errorf("testservers: %w", err)
	}
	return err
}
