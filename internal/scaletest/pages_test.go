package scaletest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/dashboard"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

func rows() int {
	if n, err := strconv.Atoi(os.Getenv("JOBGEN_ROWS")); err == nil {
		return n
	}
	return 20_000
}

var kinds = []storage.KindInfo{{Kind: "mail.Send"}, {Kind: "billing.Charge"}, {Kind: "search.Index"}}

// fill stores n jobs and settles them: a tenth failed, the others succeeded.
func fill(b *testing.B, store storage.Store, n int) {
	b.Helper()
	ctx := context.Background()
	session := storage.NewID()
	queues := []string{"critical", "default", "low"}
	if err := store.OpenSession(ctx, storage.Session{ID: session, Server: "filler", Kinds: kinds, Lease: storage.MaxLease}); err != nil {
		b.Fatal(err)
	}
	const step = 1000
	for call := range n / step {
		g := storage.Group{Jobs: make([]storage.NewJob, step)}
		for i := range g.Jobs {
			g.Jobs[i] = storage.NewJob{ID: storage.NewIDIn(1), Kind: kinds[i%3].Kind, Queue: queues[i%7%3],
				Payload: []byte(fmt.Sprintf(`{"orderID":%d,"customer":"customer-%d@example.com"}`, call*step+i, i))}
		}
		if _, err := store.Insert(ctx, g); err != nil {
			b.Fatal(err)
		}
		f, err := store.Fetch(ctx, storage.FetchRequest{Session: session, Call: uint64(call + 1), Queues: queues, Kinds: storage.NewKindSet(kinds), Max: step})
		if err != nil || len(f.Jobs) != step {
			b.Fatal(len(f.Jobs), err)
		}
		settle := storage.SettleRequest{Session: session}
		for i, j := range f.Jobs {
			o := storage.Outcome{Token: j.Token, Kind: storage.Succeed, Result: []byte(`"ok"`), Duration: time.Millisecond}
			if i%10 == 0 {
				o.Kind, o.Result, o.Failure = storage.Fail, nil, &storage.Failure{Message: "declined"}
			}
			settle.Outcomes = append(settle.Outcomes, o)
		}
		if _, err := store.Settle(ctx, settle); err != nil {
			b.Fatal(err)
		}
	}
	if err := store.CloseSession(ctx, session); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPages asks the dashboard for its pages and reports the slowest.
func BenchmarkPages(b *testing.B) {
	store, err := sqlitestore.Open(filepath.Join(b.TempDir(), "jobs.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	start := time.Now()
	fill(b, store, rows())
	b.Logf("%d jobs stored and settled, %.0f a second", rows(), float64(rows())/time.Since(start).Seconds())
	page, err := store.Jobs(context.Background(), storage.Query{Oldest: true, Limit: 200})
	if err != nil {
		b.Fatal(err)
	}
	deep := page.Jobs[len(page.Jobs)-1].ID.String()
	h := dashboard.New(store, dashboard.Options{BasePath: "/jobs", Development: true})
	for _, path := range []string{
		"/jobs/", "/jobs/jobs", "/jobs/jobs?state=succeeded", "/jobs/jobs?state=failed", "/jobs/jobs?state=deleted",
		"/jobs/jobs?kind=mail.Send", "/jobs/jobs?queue=low", "/jobs/jobs?state=failed&kind=billing.Charge&queue=low",
		"/jobs/jobs?server=filler", "/jobs/jobs?recurring=none", "/jobs/jobs?since=1h", "/jobs/jobs?state=failed&until=1h",
		"/jobs/queues", "/jobs/recurring", "/jobs/servers", "/jobs/jobs/" + deep,
	} {
		b.Run(path, func(b *testing.B) {
			var times []time.Duration
			for b.Loop() {
				t := time.Now()
				get(b, h, path)
				times = append(times, time.Since(t))
			}
			b.ReportMetric(float64(slices.Max(times).Microseconds())/1000, "max-ms")
		})
	}
}

func get(b *testing.B, h http.Handler, path string) {
	b.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	r.RemoteAddr = "127.0.0.1:1"
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, addr{}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
}

type addr struct{}

func (addr) Network() string { return "tcp" }
func (addr) String() string  { return "127.0.0.1:8080" }
