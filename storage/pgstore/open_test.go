package pgstore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/pgstore"
)

// Processes that start together migrate once.
func TestStartTogether(t *testing.T) {
	pool := connect(t, testservers.PostgresShared(t).NewDatabase(t))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := pgstore.New(pool, pgstore.Connections(3))
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestMigrateOption(t *testing.T) {
	ctx := context.Background()
	pool := connect(t, testservers.PostgresShared(t).NewDatabase(t))
	if _, err := pgstore.New(pool, pgstore.Migrate(false)); err == nil || !strings.Contains(err.Error(), "jobctl migrate") {
		t.Fatalf("without tables: got %v", err)
	}
	if err := pgstore.MigrateTables(ctx, pool); err != nil {
		t.Fatal(err)
	}
	s, err := pgstore.New(pool, pgstore.Migrate(false))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := pool.Exec(ctx, "INSERT INTO jobgen_step (name, sum) VALUES ('9999_later', 'x')"); err != nil {
		t.Fatal(err)
	}
	for _, on := range []bool{true, false} {
		if _, err := pgstore.New(pool, pgstore.Migrate(on)); !errors.Is(err, pgstore.ErrNewer) {
			t.Errorf("tables of a newer program: got %v", err)
		}
	}
}

func TestNamespaces(t *testing.T) {
	pool := connect(t, testservers.PostgresShared(t).NewDatabase(t))
	for _, bad := range []string{"A", "a_b", "a;b", strings.Repeat("a", 33)} {
		if _, err := pgstore.New(pool, pgstore.Namespace(bad)); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("namespace %q: got %v", bad, err)
		}
	}
	a, b := stageOn(t, pool), newStageIn(t, pool, "other")
	a.add(1)
	if infos, err := b.Queues(t.Context()); err != nil || len(infos) != 0 {
		t.Errorf("another namespace: got %v, %v", infos, err)
	}
}

// Settings that weaken the store are told.
func TestWarnings(t *testing.T) {
	s := newStage(t) // on a server without fsync
	all := strings.Join(s.store.Warnings(), "\n")
	for _, name := range []string{"fsync", "full_page_writes"} {
		if !strings.Contains(all, name+" is off") {
			t.Errorf("%s is not told of in %q", name, all)
		}
	}
	if strings.Contains(all, "synchronous_commit") {
		t.Errorf("synchronous_commit is on: %q", all)
	}
}

func TestSQL(t *testing.T) {
	text, err := pgstore.MigrationSQL(pgstore.Namespace("x"))
	if err != nil || !strings.Contains(text, "CREATE TABLE jobgen_x_job") || strings.Contains(text, "jg_") {
		t.Errorf("got %v, %.200s", err, text)
	}
}
