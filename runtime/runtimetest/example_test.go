package runtimetest_test

import (
	"context"
	"fmt"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/runtime/runtimetest"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// buy is code under test. It takes what it enqueues through, as generated clients do.
func buy(ctx context.Context, via runtime.Enqueuer, id int) error {
	_, err := via.EnqueueAll(ctx, shipJob(id))
	return err
}

func ExampleRecorder() {
	rec := runtimetest.NewRecorder()
	err := buy(context.Background(), rec, 7)
	for _, j := range rec.Jobs() { // in a test: runtimetest.RequireEnqueued(t, rec, shipJob(7))
		fmt.Println(j.Kind, j.Queue, string(j.Payload), err)
	}
	// Output: shop.ship shipping {"id":7,"note":""} <nil>
}

func ExampleRun() {
	ctx, store := context.Background(), memstore.New()
	d := runtime.NewDispatcher()
	generated.Register(d, ship, func(_ context.Context, o *order) (string, error) {
		return fmt.Sprint("parcel ", o.ID), nil
	})
	_ = buy(ctx, runtime.NewClient(store), 7)

	ran, err := runtimetest.Run(ctx, store, d) // in a test: runtimetest.Drain(t, store, d)
	fmt.Println(ran[0].Kind, ran[0].Outcome, err)
	// Output: shop.ship succeed <nil>
}
