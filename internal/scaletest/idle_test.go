package scaletest

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
	"github.com/gojobgen/jobgen/storage/pgstore"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
)

func TestMain(m *testing.M) { testservers.Main(m) }

// span is how long statements are counted, after what a server does at its start: that is
// the measure, there is nothing to wait for. After a moment in which a machine stood still,
// a server looks at more: then it is counted again.
const (
	start = 5 * time.Second
	span  = 20 * time.Second
	tries = 3
)

// quiet runs a server with 20 queues and nothing to do, and wants at most one statement a
// second, BEGIN and COMMIT not counted, as the database counts them.
func quiet(t *testing.T, store storage.Store, counted func() map[string]int) {
	t.Helper()
	queues := make([]string, 20)
	for i := range queues {
		queues[i] = fmt.Sprintf("queue-%02d", i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- runtime.NewServer(store, runtime.NewDispatcher(), runtime.ServerOptions{Queues: queues, Logger: zerolog.Nop()}).Run(ctx)
	}()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	<-time.After(start)
	for try := 1; ; try++ {
		text, ok := count(counted)
		if ok {
			return
		}
		if try == tries {
			t.Error(text)
			return
		}
		t.Log(text)
	}
}

// count counts once, and reports whether it was at most one statement a second.
func count(counted func() map[string]int) (text string, ok bool) {
	before, began := counted(), time.Now()
	<-time.After(span)
	took := time.Since(began)
	most := int(took.Seconds()) + 1 // one at either end, and one in each second between
	total := 0
	sent := make(map[string]int)
	for text, n := range counted() {
		if n -= before[text]; n > 0 && text != "BEGIN" && text != "COMMIT" {
			sent[text] = n
			total += n
		}
	}
	return fmt.Sprintf("%d statements in %v: %v", total, took, sent), total > 0 && total <= most
}

func TestIdlePostgres(t *testing.T) {
	t.Parallel()
	server := testservers.Postgres(t, testservers.PostgresOptions{Settings: map[string]string{"shared_preload_libraries": "pg_stat_statements"}})
	pool, err := pgxpool.New(t.Context(), server.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), "CREATE EXTENSION pg_stat_statements"); err != nil {
		t.Fatal(err)
	}
	store, err := pgstore.New(pool)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	quiet(t, store, func() map[string]int {
		found, err := pool.Query(t.Context(), "SELECT left(query, 100), sum(calls)::bigint FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%' GROUP BY 1")
		if err != nil {
			t.Fatal(err)
		}
		counts := make(map[string]int)
		for found.Next() {
			var text string
			var n int
			if err := found.Scan(&text, &n); err != nil {
				t.Fatal(err)
			}
			counts[text] = n
		}
		if err := found.Err(); err != nil {
			t.Fatal(err)
		}
		return counts
	})
}

func TestIdleMariaDB(t *testing.T) {
	t.Parallel()
	server := testservers.MariaDB(t, testservers.MySQLOptions{Args: []string{"--general-log=1", "--log-output=TABLE"}})
	db, err := sql.Open("mysql", server.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store, err := mysqlstore.New(db)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	quiet(t, store, func() map[string]int {
		counts, err := logged(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		return counts
	})
}

// logged counts what MariaDB has logged, by how it begins.
func logged(ctx context.Context, db *sql.DB) (map[string]int, error) {
	found, err := db.QueryContext(ctx, "SELECT LEFT(argument, 100), COUNT(*) FROM mysql.general_log WHERE command_type = 'Query' AND argument NOT LIKE '%general_log%' GROUP BY 1")
	if err != nil {
		return nil, err
	}
	defer found.Close()
	counts := make(map[string]int)
	for found.Next() {
		var text string
		var n int
		if err := found.Scan(&text, &n); err != nil {
			return nil, err
		}
		counts[text] = n
	}
	return counts, found.Err()
}
