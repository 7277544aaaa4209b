package testservers

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	_ "github.com/go-sql-driver/mysql" // Exec's driver
)

// MySQLOptions are settings of one MariaDB or MySQL.
type MySQLOptions struct {
	// Sync: write through to the disk at each commit (innodb_flush_log_at_trx_commit=1),
	// as a real server does. Without it a commit is written when a second is over, and
	// the server's death loses up to that second.
	Sync   bool
	Args   []string // further arguments, such as "--innodb-lock-wait-timeout=5"
	Folder string   // where to put the data, open to all users; empty: the temporary folder
}

// MySQLServer is a MariaDB or a MySQL with one account, root, and no password.
type MySQLServer struct {
	*Server
	port int
}

var (
	mariadbShared shared[*MySQLServer]
	mysqlShared   shared[*MySQLServer]
)

// MariaDBShared is the MariaDB that all tests of this binary share: each test makes a
// database of its own.
func MariaDBShared(tb TB) *MySQLServer {
	tb.Helper()
	return mariadbShared.get(tb, func() (*MySQLServer, error) { return startMySQL(mariadb, MySQLOptions{}) })
}

// MariaDB starts a MariaDB for this test alone.
func MariaDB(tb TB, o MySQLOptions) *MySQLServer {
	tb.Helper()
	s, err := startMySQL(mariadb, o)
	must(tb, err)
	own(tb, s.Server)
	return s
}

// MySQLShared is the real MySQL that all tests of this binary share. The test is
// skipped, on every machine, where neither JOBGEN_MYSQLD nor PATH has one.
func MySQLShared(tb TB) *MySQLServer {
	tb.Helper()
	needMySQL(tb)
	return mysqlShared.get(tb, func() (*MySQLServer, error) { return startMySQL(realMySQL, MySQLOptions{}) })
}

// MySQL starts a real MySQL for this test alone, and skips it as MySQLShared does.
func MySQL(tb TB, o MySQLOptions) *MySQLServer {
	tb.Helper()
	needMySQL(tb)
	s, err := startMySQL(realMySQL, o)
	must(tb, err)
	own(tb, s.Server)
	return s
}

// DSN is the data source name of a database for go-sql-driver/mysql, without
// parameters: add "?name=value&...".
func (s *MySQLServer) DSN(db string) string { return mysqlDSN(s.port, db) }

// Addr is host:port, for a proxy in between.
func (s *MySQLServer) Addr() string { return addr(s.port) }

// NewDatabase makes an empty database for this test and gives its DSN, see DSN. It is
// dropped when the test ends.
func (s *MySQLServer) NewDatabase(tb TB) string {
	tb.Helper()
	name := "test" + strconv.FormatInt(databases.Add(1), 10)
	must(tb, s.Exec(context.Background(), "CREATE DATABASE "+name+" CHARACTER SET utf8mb4"))
	tb.Cleanup(func() {
		// A transaction that a test left open would hold this up until its connection ends.
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Exec(ctx, "DROP DATABASE IF EXISTS "+name); err != nil {
			tb.Logf("drop a test's database: %v", err) // it ends with the server
		}
	})
	return s.DSN(name)
}

// Exec runs one statement as root.
func (s *MySQLServer) Exec(ctx context.Context, statement string) error {
	db, err := sql.Open("mysql", s.DSN("mysql"))
	if err != nil {
		return fmt.Errorf("testservers: %w", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("testservers: %s: %w", statement, err)
	}
	return nil
}

func mysqlDSN(port int, db string) string { return "root@tcp(" + addr(port) + ")/" + db }

func needMySQL(tb TB) {
	tb.Helper()
	if _, err := findMySQL(); err != nil {
		tb.Skipf("%v", err)
	}
}
