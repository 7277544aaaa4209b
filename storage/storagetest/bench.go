package storagetest

import (
	"fmt"
	"testing"

	"github.com/gojobgen/jobgen/storage"
)

// Bench measures the store of h.OpenBench on its hot path.
func Bench(b *testing.B, h Harness) {
	if h.OpenBench == nil {
		b.Fatal("storagetest: Harness.OpenBench is required by Bench")
	}
	for _, bench := range []struct {
		name string
		run  func(*testing.B, storage.Store)
	}{
		{"insert/1", func(b *testing.B, s storage.Store) { benchInsert(b, s, 1) }},
		{"insert/100", func(b *testing.B, s storage.Store) { benchInsert(b, s, 100) }},
		{"fetch+settle/1", func(b *testing.B, s storage.Store) { benchRun(b, s, 1) }},
		{"fetch+settle/100", func(b *testing.B, s storage.Store) { benchRun(b, s, 100) }},
		{"list/20", benchList},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			bench.run(b, h.OpenBench(b))
		})
	}
}

func benchGroups(n int) []storage.Group {
	groups := make([]storage.Group, n)
	for i := range groups {
		groups[i].Jobs = []storage.NewJob{{ID: storage.NewIDIn(1), Kind: kindA, Queue: queue, Priority: 1, Payload: []byte(`{"orderID":42}`)}}
	}
	return groups
}

func mustInsert(b *testing.B, s storage.Store, n int) {
	rs, err := s.Insert(b.Context(), benchGroups(n)...)
	if err != nil || rs[0].Err != nil {
		b.Fatalf("Insert: %v %+v", err, rs)
	}
}

// benchInsert inserts n jobs in a call, each in its own group.
func benchInsert(b *testing.B, s storage.Store, n int) {
	for b.Loop() {
		mustInsert(b, s, n)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}

// benchRun fetches n jobs and settles them.
func benchRun(b *testing.B, s storage.Store, n int) {
	id := storage.NewID()
	kinds := []storage.KindInfo{{Kind: kindA}}
	if err := s.OpenSession(b.Context(), storage.Session{ID: id, Queues: []string{queue}, Lease: storage.MaxLease, Kinds: kinds}); err != nil {
		b.Fatal(err)
	}
	r := storage.FetchRequest{Session: id, Queues: []string{queue}, Kinds: storage.NewKindSet(kinds), Max: n}
	stored := 0
	for b.Loop() {
		if stored < n {
			b.StopTimer()
			mustInsert(b, s, 1000)
			stored += 1000
			b.StartTimer()
		}
		r.Call++
		res, err := s.Fetch(b.Context(), r)
		if err != nil || len(res.Jobs) != n {
			b.Fatalf("Fetch: %v, %d jobs", err, len(res.Jobs))
		}
		stored -= n
		outs := make([]storage.Outcome, n)
		for i, f := range res.Jobs {
			outs[i] = outcome(f.Token, storage.Succeed)
		}
		if _, err := s.Settle(b.Context(), storage.SettleRequest{Session: id, Outcomes: outs}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}

// benchList reads the newest page of a queue among ten thousand jobs.
func benchList(b *testing.B, s storage.Store) {
	for i := range 10 {
		groups := benchGroups(1000)
		for k := range groups {
			groups[k].Jobs[0].Queue = fmt.Sprint("queue-", (i+k)%10)
		}
		if _, err := s.Insert(b.Context(), groups...); err != nil {
			b.Fatal(err)
		}
	}
	q := storage.Query{Filter: storage.Filter{Queue: "queue-3", States: []storage.State{storage.Enqueued}}, Limit: 20}
	for b.Loop() {
		p, err := s.Jobs(b.Context(), q)
		if err != nil || len(p.Jobs) != 20 {
			b.Fatalf("Jobs: %v, %d jobs", err, len(p.Jobs))
		}
	}
}
