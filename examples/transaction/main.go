// Transaction stores an order and the job that confirms it by mail in one SQL
// transaction: after a rollback neither exists, after a commit both do.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

//go:generate go tool jobgen

// Mailer sends customer mail.
//
//job:queue mail
type Mailer interface {
	// SendConfirmation mails that an order was taken.
	SendConfirmation(ctx context.Context, orderID int64) error
}

type mailer struct{}

func (mailer) SendConfirmation(_ context.Context, orderID int64) error {
	fmt.Println("confirmation sent for order", orderID)
	return nil
}

func main() {
	dir, err := os.MkdirTemp("", "transaction")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := run(context.Background(), filepath.Join(dir, "shop.db")); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, path string) error {
	// The orders' tables and the jobs share a file. SQLite has one writer: begin as one
	// (_txlock) and wait for your turn (busy_timeout).
	db, err := sql.Open("sqlite", path+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL)"); err != nil {
		return err
	}
	store, err := sqlitestore.Open(path)
	if err != nil {
		return err
	}
	defer store.Close()
	shop := &shop{db, store, runtime.NewClient(store)}

	errPaper := errors.New("the printer is out of paper")
	if err := shop.order(ctx, "book", func() error { return errPaper }); !errors.Is(err, errPaper) {
		return fmt.Errorf("got %w, want %w", err, errPaper)
	}
	if err := shop.count(ctx, "rolled back"); err != nil {
		return err
	}
	if err := shop.order(ctx, "pen", func() error { return nil }); err != nil {
		return err
	}
	if err := shop.count(ctx, "committed"); err != nil {
		return err
	}
	return shop.work(ctx)
}

type shop struct {
	db     *sql.DB
	store  *sqlitestore.Store
	client *runtime.Client
}

// order stores an order with the job that confirms it. What comes after may still fail.
func (s *shop) order(ctx context.Context, item string, after func() error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	var id int64
	if err := tx.QueryRowContext(ctx, "INSERT INTO orders (item) VALUES (?) RETURNING id", item).Scan(&id); err != nil {
		return err
	}
	mail := NewMailerClient(s.client.Via(s.store.Tx(tx)))
	if _, err := mail.EnqueueSendConfirmation(ctx, id); err != nil {
		return err
	}
	if err := after(); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *shop) count(ctx context.Context, when string) error {
	var orders int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM orders").Scan(&orders); err != nil {
		return err
	}
	jobs, err := s.store.Jobs(ctx, storage.Query{})
	if err != nil {
		return err
	}
	fmt.Printf("%s: orders %d, jobs %d\n", when, orders, len(jobs.Jobs))
	return nil
}

// work runs the jobs that there are. A service calls Run, which goes on until ctx ends.
func (s *shop) work(ctx context.Context) error {
	d := runtime.NewDispatcher()
	RegisterMailer(d, mailer{})
	return runtime.NewServer(s.store, d, runtime.ServerOptions{Queues: []string{"mail"}}).RunUntilIdle(ctx)
}
