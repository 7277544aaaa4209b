package pgstore_test

import (
	"context"
	"os"
	"testing"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { os.Exit(testservers.Main(m)) }

// connect opens a pool that is closed with the test.
func connect(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}
