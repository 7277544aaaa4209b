package redisstore_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/redis/go-redis/v9"
)

// serverCPU is what the server's main thread has used, in seconds.
func serverCPU(tb testing.TB, rdb *redis.Client) (total float64) {
	tb.Helper()
	text, err := rdb.Info(tb.Context(), "cpu").Result()
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name == "used_cpu_sys_main_thread" || name == "used_cpu_user_main_thread" {
			n, _ := strconv.ParseFloat(value, 64)
			total += n
		}
	}
	return total
}

// BenchmarkCost measures the server's time for each job: of inserts, and of a fetch with
// a settle, by how many share a call.
func BenchmarkCost(b *testing.B) {
	for _, n := range []int{1, 16, 100} {
		b.Run(fmt.Sprintf("insert/%d", n), func(b *testing.B) {
			rdb := dial(b)
			s := open(b, rdb, redisstore.Namespace(fresh()))
			from := serverCPU(b, rdb)
			jobs := 0
			for b.Loop() {
				insertPlain(b, s, n)
				jobs += n
			}
			b.ReportMetric((serverCPU(b, rdb)-from)*1e6/float64(jobs), "server-us/job")
		})
		b.Run(fmt.Sprintf("fetch+settle/%d", n), func(b *testing.B) { costRun(b, n) })
	}
}

func insertPlain(b *testing.B, s storage.Store, n int) {
	groups := make([]storage.Group, n)
	for i := range groups {
		groups[i].Jobs = []storage.NewJob{{
			ID: storage.NewIDIn(1), Kind: "bench.Job", Queue: "bench", Priority: 1, Payload: []byte(`{"orderID":42,"note":"some text that a job may carry along with it"}`),
		}}
	}
	rs, err := s.Insert(b.Context(), groups...)
	if err != nil || rs[0].Err != nil {
		b.Fatal(err, rs[0].Err)
	}
}

func costRun(b *testing.B, n int) {
	rdb := dial(b)
	s := open(b, rdb, redisstore.Namespace(fresh()))
	id := storage.NewID()
	kinds := []storage.KindInfo{{Kind: "bench.Job"}}
	if err := s.OpenSession(b.Context(), storage.Session{ID: id, Server: "bench", Queues: []string{"bench"}, Lease: storage.MaxLease, Kinds: kinds}); err != nil {
		b.Fatal(err)
	}
	for range 50 {
		insertPlain(b, s, 1000)
	}
	r := storage.FetchRequest{Session: id, Queues: []string{"bench"}, Kinds: storage.NewKindSet(kinds), Max: n}
	from := serverCPU(b, rdb)
	jobs := 0
	for b.Loop() {
		r.Call++
		res, err := s.Fetch(b.Context(), r)
		if err != nil {
			b.Fatal(err)
		}
		if len(res.Jobs) < n {
			break
		}
		outs := make([]storage.Outcome, n)
		for i, f := range res.Jobs {
			outs[i] = storage.Outcome{Token: f.Token, Kind: storage.Succeed, Duration: 1000}
		}
		if _, err := s.Settle(b.Context(), storage.SettleRequest{Session: id, Outcomes: outs}); err != nil {
			b.Fatal(err)
		}
		jobs += n
	}
	b.ReportMetric((serverCPU(b, rdb)-from)*1e6/float64(jobs), "server-us/job")
}
