package memstore_test

import (
	"context"
	"fmt"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// A store by hand: most programs give it to a client and a server and call none of this.
func Example() {
	ctx := context.Background()
	store := memstore.New()
	defer store.Close()

	job := storage.NewJob{ID: storage.NewID(), Kind: "mail.Send", Queue: "mail", Payload: []byte(`{"order":42}`)}
	results, err := store.Insert(ctx, storage.Group{Jobs: []storage.NewJob{job}})
	if err != nil || results[0].Err != nil {
		fmt.Println(err, results[0].Err)
		return
	}
	fmt.Println("stored as", results[0].Jobs[0].State)

	kinds := []storage.KindInfo{{Kind: "mail.Send"}}
	session := storage.Session{ID: storage.NewID(), Server: "example", Queues: []string{"mail"}, Kinds: kinds}
	if err := store.OpenSession(ctx, session); err != nil {
		fmt.Println(err)
		return
	}
	work, err := store.Fetch(ctx, storage.FetchRequest{
		Session: session.ID, Call: 1, Queues: session.Queues, Kinds: storage.NewKindSet(kinds), Max: 10,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range work.Jobs {
		fmt.Printf("run %d of %s with %s\n", f.Job.Attempt, f.Job.Kind, f.Job.Payload)
		_, err = store.Settle(ctx, storage.SettleRequest{Session: session.ID, Outcomes: []storage.Outcome{
			{Token: f.Token, Kind: storage.Succeed, Result: []byte(`"sent"`)},
		}})
		if err != nil {
			fmt.Println(err)
		}
	}
	done, err := store.Job(ctx, job.ID)
	fmt.Println(done.State, string(done.Result), err)
	// Output:
	// stored as enqueued
	// run 1 of mail.Send with {"order":42}
	// succeeded "sent" <nil>
}
