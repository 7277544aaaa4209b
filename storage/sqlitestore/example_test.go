package sqlitestore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

func Example() {
	dir, err := os.MkdirTemp("", "jobs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := sqlitestore.Open(filepath.Join(dir, "jobs.db"), sqlitestore.Namespace("billing"))
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	ctx := context.Background()
	job := storage.NewJob{ID: storage.NewID(), Kind: "billing.Charge", Queue: "default", Payload: []byte(`{"orderID":42}`)}
	if _, err := store.Insert(ctx, storage.Group{Jobs: []storage.NewJob{job}}); err != nil {
		log.Fatal(err)
	}
	stored, err := store.Job(ctx, job.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stored.Kind, "is", stored.State, "in", stored.Queue)
	// Output: billing.Charge is enqueued in default
}
