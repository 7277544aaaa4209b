package redisstore_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
)

// listRows is how many finished jobs lists are measured with.
func listRows() int {
	if os.Getenv("JOBGEN_SOAK") == "1" {
		return 500_000
	}
	return 50_000
}

// filled opens a store with many finished jobs of several kinds and queues, and a batch.
func filled(t testing.TB, rows int) (s *redisstore.Store, batch storage.ID) {
	s = open(t, dial(t), redisstore.Namespace(fresh()))
	batch = storage.NewIDIn(1)
	mustInsert(t, s, storage.Group{Batches: []storage.NewBatch{{ID: batch, Open: true}}})
	var kinds []storage.KindInfo
	for i := range 20 {
		kinds = append(kinds, storage.KindInfo{Kind: fmt.Sprint("kind-", i)})
	}
	queues := []string{"q-0", "q-1", "q-2", "q-3", "q-4"}
	session := storage.NewID()
	ctx := context.Background()
	if err := s.OpenSession(ctx, storage.Session{ID: session, Server: "bench", Lease: time.Minute, Queues: queues, Kinds: kinds}); err != nil {
		t.Fatal(err)
	}
	set := storage.NewKindSet(kinds)
	for call := range rows / 500 {
		var g storage.Group
		for i := range 500 {
			j := storage.NewJob{ID: storage.NewIDIn(1), Kind: kinds[i/7%20].Kind, Queue: queues[i%5], Payload: []byte(`{"orderID":42}`)}
			if i%3 == 0 {
				j.Batch = batch
			}
			g.Jobs = append(g.Jobs, j)
		}
		mustInsert(t, s, g)
		got, err := s.Fetch(ctx, storage.FetchRequest{Session: session, Call: uint64(call) + 1, Queues: queues, Kinds: set, Max: 500})
		if err != nil {
			t.Fatal(err)
		}
		r := storage.SettleRequest{Session: session}
		for i, j := range got.Jobs {
			kind := storage.Succeed
			if i == call%500 {
				kind = storage.Fail
			}
			r.Outcomes = append(r.Outcomes, storage.Outcome{Token: j.Token, Kind: kind, Result: []byte(`1`)})
		}
		if _, err := s.Settle(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	return s, batch
}

func mustInsert(t testing.TB, s storage.Inserter, groups ...storage.Group) {
	t.Helper()
	results, err := s.Insert(context.Background(), groups...)
	for _, r := range results {
		if err == nil {
			err = r.Err
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkPage is a page of 200 among many finished jobs.
func BenchmarkPage(b *testing.B) {
	rows := listRows()
	s, batch := filled(b, rows)
	hour := time.Now().Add(-time.Hour)
	failed := []storage.State{storage.Failed}
	for name, f := range map[string]storage.Filter{
		"all":              {},
		"state":            {States: []storage.State{storage.Succeeded}},
		"rare state":       {States: failed},
		"kind":             {Kind: "kind-7"},
		"queue+kind+state": {Queue: "q-3", Kind: "kind-7", States: failed},
		"batch+state":      {Batch: batch, States: failed},
		"batch+kind":       {Batch: batch, Kind: "kind-7"},
		"none enqueued":    {States: []storage.State{storage.Enqueued}, Queue: "q-1"},
		"time":             {Queue: "q-1", From: hour, To: time.Now().Add(time.Hour)},
		"other server":     {Server: "other"},
	} {
		b.Run(fmt.Sprintf("%d/%s", rows, name), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Jobs(b.Context(), storage.Query{Filter: f, Limit: storage.MaxPage}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run(fmt.Sprintf("%d/count", rows), func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Count(b.Context(), storage.Filter{Batch: batch}, 1000); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run(fmt.Sprintf("%d/queues", rows), func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Queues(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
