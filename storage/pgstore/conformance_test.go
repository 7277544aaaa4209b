package pgstore_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/pgstore"
	"github.com/gojobgen/jobgen/storage/storagetest"
	"github.com/jackc/pgx/v5/pgxpool"
)

// home is where the stores of one test keep their jobs, and their clock.
type home struct {
	namespace string
	clock     *atomic.Int64
}

// TestStore runs the specification of package storage.
func TestStore(t *testing.T) {
	pool := connect(t, testservers.PostgresShared(t).NewDatabase(t))
	var homes, clocks sync.Map // by store, for Reopen; by test, for Advance
	spaces := &spaces{pool: pool}
	harness := storagetest.Harness{
		Open: func(t *testing.T) storage.Store {
			h := home{spaces.take(t), new(atomic.Int64)}
			clocks.Store(t, h.clock)
			s := open(t, pool, h)
			homes.Store(s, h)
			return s
		},
		Reopen: func(t *testing.T, s storage.Store) storage.Store {
			h, _ := homes.Load(s)
			again := open(t, pool, h.(home))
			homes.Store(again, h)
			return again
		},
		Advance: func(t *testing.T, d time.Duration) {
			clock, _ := clocks.Load(t)
			clock.(*atomic.Int64).Add(d.Microseconds())
		},
		Durable: true,
	}
	storagetest.Run(t, harness)
}

// open opens a store that is closed with the test.
func open(t *testing.T, pool *pgxpool.Pool, h home) *pgstore.Store {
	t.Helper()
	s, err := pgstore.New(pool, pgstore.Namespace(h.namespace), pgstore.Offset(h.clock))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// spaces are namespaces that tests use one after the other: emptying the tables is
// quicker by far than making them.
type spaces struct {
	pool *pgxpool.Pool
	mu   sync.Mutex
	free []string
	n    int
}

// take gives a namespace without jobs. It is emptied when the test, and the stores that
// it opened, have ended.
func (s *spaces) take(t *testing.T) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		s.n++
		s.free = append(s.free, fmt.Sprintf("t%d", s.n))
	}
	space := s.free[0]
	s.free = s.free[1:]
	t.Cleanup(func() {
		if err := s.empty(space); err != nil {
			t.Logf("empty the tables of %s: %v", space, err)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.free = append(s.free, space)
	})
	return space
}

func (s *spaces) empty(space string) error {
	ctx := context.Background()
	found, err := s.pool.Query(ctx, "SELECT tablename FROM pg_tables WHERE tablename LIKE 'jobgen\\_"+space+"\\_%'")
	if err != nil {
		return err
	}
	defer found.Close()
	var text []string
	for found.Next() {
		var table string
		if err := found.Scan(&table); err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(table, "_step"):
		case strings.HasSuffix(table, "_meta"):
			text = append(text, "UPDATE "+table+" SET generation = generation + 1")
		default:
			text = append(text, "DELETE FROM "+table)
		}
	}
	if err := found.Err(); err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, strings.Join(text, ";"))
	return err
}
