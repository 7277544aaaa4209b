package mysqlstore_test

import (
	"testing"

	"github.com/gojobgen/jobgen/storage"
)

func newJob(queue, kind string) storage.NewJob {
	return storage.NewJob{ID: storage.NewIDIn(1), Kind: kind, Queue: queue, Priority: 1,
		Payload: []byte(`{"orderID":42,"customer":"a-customer-of-ours","note":"some text that makes it a hundred bytes long"}`)}
}

func bulk(tb testing.TB, s storage.Store, n int) {
	tb.Helper()
	for ; n > 0; n -= 1000 {
		var jobs []storage.NewJob
		for range min(n, 1000) {
			jobs = append(jobs, newJob("q", "k"))
		}
		insert(tb, s, jobs...)
	}
}

// worker is a session that fetches and settles.
type worker struct {
	s      storage.Store
	id     storage.ID
	queues []string
	kinds  *storage.KindSet
	call   uint64
	mark   uint64
}

func newWorker(tb testing.TB, s storage.Store, queues ...string) *worker {
	tb.Helper()
	kinds := []storage.KindInfo{{Kind: "k"}}
	w := &worker{s: s, id: storage.NewID(), queues: queues, kinds: storage.NewKindSet(kinds)}
	session := storage.Session{ID: w.id, Server: "server-1", Queues: queues, Lease: storage.MaxLease, Kinds: kinds}
	if err := s.OpenSession(tb.Context(), session); err != nil {
		tb.Fatal(err)
	}
	return w
}

func (w *worker) fetch(tb testing.TB, n int) []storage.Fetched {
	tb.Helper()
	w.call++
	got, err := w.s.Fetch(tb.Context(), storage.FetchRequest{Session: w.id, Call: w.call, Queues: w.queues, Kinds: w.kinds, Max: n})
	if err != nil {
		tb.Fatal(err)
	}
	w.mark = got.Mark
	return got.Jobs
}

// settle ends jobs well.
func (w *worker) settle(tb testing.TB, jobs []storage.Fetched) {
	tb.Helper()
	outcomes := make([]storage.Outcome, len(jobs))
	for i, j := range jobs {
		outcomes[i] = storage.Outcome{Token: j.Token, Kind: storage.Succeed, Result: []byte(`{"id":12345}`), Duration: 1e6}
	}
	verdicts, err := w.s.Settle(tb.Context(), storage.SettleRequest{Session: w.id, Outcomes: outcomes})
	if err != nil {
		tb.Fatal(err)
	}
	for _, v := range verdicts {
		if v != storage.Accepted {
			tb.Fatalf("verdict %v", v)
		}
	}
}

func (w *worker) tick(tb testing.TB) storage.TickResult {
	tb.Helper()
	result, err := w.s.Tick(tb.Context(), storage.TickRequest{Session: w.id})
	if err != nil {
		tb.Fatal(err)
	}
	return result
}
