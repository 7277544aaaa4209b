package testservers_test

import (
	"context"
	"database/sql"
	"os"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"

	"github.com/gojobgen/jobgen/internal/testservers"
)

func TestMain(m *testing.M) { os.Exit(testservers.Main(m)) }

func TestRedisKeepsItsDataThroughAKill(t *testing.T) {
	ctx := context.Background()
	s := testservers.Redis(t, testservers.RedisOptions{AOF: "always"})
	if _, err := s.Do(ctx, "SET", "k", "v"); err != nil {
		t.Fatal(err)
	}
	restart(t, s.Server, s.Kill)
	if got, err := s.Do(ctx, "GET", "k"); got != "v" || err != nil {
		t.Errorf("after a kill and a start: %q, %v; want v", got, err)
	}
}

func TestPauseFreezesTheWholeServer(t *testing.T) {
	pg := testservers.Postgres(t, testservers.PostgresOptions{})
	ctx := context.Background()
	c, err := pgx.Connect(ctx, pg.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := pg.Pause(); err != nil {
		t.Fatal(err)
	}
	answer := make(chan error, 1)
	go func() {
		_, err := c.Exec(ctx, "SELECT 1")
		answer <- err
	}()
	select {
	case err := <-answer:
		t.Fatalf("a frozen server's old backend answered: %v", err)
	case <-time.After(300 * time.Millisecond): // that nothing happens has no signal
	}
	if err := pg.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != nil {
		t.Errorf("after Resume: %v", err)
	}
}

func TestPostgresKeepsItsDataThroughEveryEnd(t *testing.T) {
	pg := testservers.Postgres(t, testservers.PostgresOptions{Fsync: true})
	ctx := context.Background()
	if err := pg.Exec(ctx, "CREATE TABLE kept (n int)"); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(ctx, pg.URL("postgres")) // its backend has to go with the server
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for name, end := range map[string]func() error{"kill": pg.Kill, "stop": pg.Stop, "immediate": pg.Immediate} {
		restart(t, pg.Server, end)
		if err := pg.Exec(ctx, "INSERT INTO kept VALUES (1)"); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
}

func TestPostgresDatabases(t *testing.T) {
	pg := testservers.PostgresShared(t)
	if again := testservers.PostgresShared(t); again != pg {
		t.Error("a second shared PostgreSQL was started")
	}
	begin := time.Now()
	a, b := pg.NewDatabase(t), pg.NewDatabase(t)
	t.Logf("two databases in %v", time.Since(begin))
	if a == b {
		t.Errorf("two databases have the same URL %s", a)
	}
	c, err := pgx.Connect(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
}

func TestPgBouncer(t *testing.T) {
	pool := testservers.PgBouncer(t, testservers.PostgresShared(t))
	ctx := context.Background()
	c, err := pgx.Connect(ctx, pool.URL("postgres")+"&default_query_exec_mode=exec")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var n int
	if err := c.QueryRow(ctx, "SELECT $1::int", 7).Scan(&n); err != nil || n != 7 {
		t.Errorf("through PgBouncer: %d, %v", n, err)
	}
}

func TestMariaDBKeepsItsDataThroughAKill(t *testing.T) {
	s := testservers.MariaDB(t, testservers.MySQLOptions{Sync: true})
	keepsData(t, s)
}

func TestMySQLKeepsItsDataThroughAKill(t *testing.T) {
	keepsData(t, testservers.MySQL(t, testservers.MySQLOptions{Sync: true}))
}

func keepsData(t *testing.T, s *testservers.MySQLServer) {
	t.Helper()
	db, err := sql.Open("mysql", s.NewDatabase(t)+"?timeout=5s")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{"CREATE TABLE kept (n int primary key) ENGINE=InnoDB", "INSERT INTO kept VALUES (7)"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	restart(t, s.Server, s.Kill)
	var n int
	if err := db.QueryRow("SELECT n FROM kept").Scan(&n); err != nil || n != 7 {
		t.Errorf("after a kill and a start: %d, %v; want 7", n, err)
	}
}

// restart ends a server in one way and starts it again.
func restart(t *testing.T, s *testservers.Server, end func() error) {
	t.Helper()
	if err := end(); err != nil {
		t.Fatal(err)
	}
	if s.PID() != 0 {
		t.Fatalf("%s has ended and still has process %d", s.Name(), s.PID())
	}
	begin := time.Now()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s was back after %v", s.Name(), time.Since(begin))
}
