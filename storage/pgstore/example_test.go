package pgstore_test

import (
	"context"
	"fmt"

	"github.com/gojobgen/jobgen/storage/pgstore"
	"github.com/jackc/pgx/v5/pgxpool"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://app@localhost/app")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	store, err := pgstore.New(pool, pgstore.Namespace("mail"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	for _, warning := range store.Warnings() {
		fmt.Println(warning)
	}
}

func ExampleStore_Tx() {
	enqueue := func(ctx context.Context, pool *pgxpool.Pool, store *pgstore.Store) error {
		tx, err := pool.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx) // after a commit it does nothing
		if _, err := tx.Exec(ctx, "UPDATE orders SET paid = true WHERE id = 42"); err != nil {
			return err
		}
		// mail.With(client.Via(store.Tx(tx))).EnqueueSendReceipt(ctx, 42)
		_ = store.Tx(tx)
		return tx.Commit(ctx)
	}
	_ = enqueue
}
