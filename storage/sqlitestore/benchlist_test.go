package sqlitestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

// benchRows is how many finished jobs lists are measured with.
func benchRows() int {
	if os.Getenv("JOBGEN_SOAK") == "1" {
		return 1_000_000
	}
	return 100_000
}

// filled opens a store with many finished jobs of several kinds and queues, some
// waiting ones, and a batch.
func filled(b *testing.B, rows int) (s *sqlitestore.Store, batch storage.ID) {
	s = open(b, filepath.Join(b.TempDir(), "jobs.db"), sqlitestore.Synchronous(sqlitestore.Normal))
	batch = storage.NewIDIn(1)
	insert(b, s, storage.Group{Batches: []storage.NewBatch{{ID: batch, Open: true}}})
	var kinds []storage.KindInfo
	for i := range 20 {
		kinds = append(kinds, storage.KindInfo{Kind: fmt.Sprint("kind-", i)})
	}
	queues := []string{"q-0", "q-1", "q-2", "q-3", "q-4"}
	session := storage.NewID()
	ctx := context.Background()
	if err := s.OpenSession(ctx, storage.Session{ID: session, Server: "bench", Lease: time.Minute, Queues: queues, Kinds: kinds}); err != nil {
		b.Fatal(err)
	}
	set := storage.NewKindSet(kinds)
	call := uint64(0)
	for done := 0; done < rows; done += 5000 {
		var g storage.Group
		for i := range 5000 {
			j := newJob(queues[i%5], kinds[i/7%20].Kind)
			if i%3 == 0 {
				j.Batch = batch
			}
			g.Jobs = append(g.Jobs, j)
		}
		insert(b, s, g)
		call++
		got, err := s.Fetch(ctx, storage.FetchRequest{Session: session, Call: call, Queues: queues, Kinds: set, Max: 5000})
		if err != nil {
			b.Fatal(err)
		}
		r := storage.SettleRequest{Session: session}
		for i, j := range got.Jobs {
			kind := storage.Succeed
			if i%1000 == 0 {
				kind = storage.Fail
			}
			r.Outcomes = append(r.Outcomes, storage.Outcome{Token: j.Token, Kind: kind, Result: []byte(`1`)})
		}
		if _, err := s.Settle(ctx, r); err != nil {
			b.Fatal(err)
		}
	}
	return s, batch
}

// BenchmarkPage is a page of 200 among many finished jobs.
func BenchmarkPage(b *testing.B) {
	rows := benchRows()
	s, batch := filled(b, rows)
	hour := time.Now().Add(-time.Hour)
	for name, f := range map[string]storage.Filter{
		"all":              {},
		"state":            {States: []storage.State{storage.Succeeded}},
		"rare state":       {States: []storage.State{storage.Failed}},
		"kind":             {Kind: "kind-7"},
		"queue+kind+state": {Queue: "q-3", Kind: "kind-7", States: []storage.State{storage.Failed}},
		"batch+state":      {Batch: batch, States: []storage.State{storage.Failed}},
		"batch+kind":       {Batch: batch, Kind: "kind-7"},
		"none enqueued":    {States: []storage.State{storage.Enqueued}, Queue: "q-1"},
		"time":             {Queue: "q-1", From: hour, To: time.Now().Add(time.Hour)},
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
	b.Run(fmt.Sprintf("%d/process", rows), func(b *testing.B) {
		w := newWorker(b, s)
		for b.Loop() {
			bulk(b, s, 100)
			w.process(b, 100)
		}
	})
}
