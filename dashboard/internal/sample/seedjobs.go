package sample

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

const stack = `goroutine 4812 [running]:
github.com/acme/shop/billing.(*Payments).Charge(0xc0004b2000, {0x12e8f40, 0xc00071a2d0}, {0xc000612330, 0x9}, {0x1f, 0x3e7}, {0xc0005d6020, 0x1c})
	/srv/shop/billing/payments.go:118 +0x3d4
github.com/acme/shop/billing.(*gateway).post(0xc000410b40, {0x12e8f40, 0xc00071a2d0}, {0x10f3a1c, 0xa})
	/srv/shop/billing/gateway.go:57 +0x1b1
net/http.(*Client).do(0xc0002e8d80, 0xc00069e500)
	/usr/local/go/src/net/http/client.go:592 +0x5c5`

func (s *Store) seedWaiting(now time.Time, rnd *rand.Rand) {
	for i := range 18 {
		at := now.Add(-time.Duration(i*9+3) * time.Second)
		s.add(storage.Details{Job: storage.Job{Kind: receipt, Queue: "mail", State: storage.Enqueued, Attempt: 1, CreatedAt: at, EnqueuedAt: at,
			Payload: fmt.Appendf(nil, `{"orderID":%d,"locale":"en"}`, rnd.IntN(90000))}, History: []storage.HistoryEntry{{At: at, State: storage.Enqueued}}})
	}
	at := now.Add(-4 * time.Minute)
	s.add(storage.Details{Job: storage.Job{Kind: "media.Images.Watermark", Fingerprint: "9f", Queue: "media", State: storage.Enqueued, Attempt: 1, CreatedAt: at, EnqueuedAt: at,
		Held: "kind:media.Images.Watermark@9f", Payload: []byte(`{"path":"/img/7.png"}`)}, History: []storage.HistoryEntry{{At: at, State: storage.Enqueued}}})
	for i := range 5 {
		s.add(storage.Details{Job: storage.Job{Kind: receipt, Queue: "mail", State: storage.Scheduled, Attempt: 1, CreatedAt: at, DueAt: now.Add(time.Duration(i*13+40) * time.Minute),
			Payload: []byte(`{"orderID":88121,"locale":"fr"}`)}, History: []storage.HistoryEntry{{At: at, State: storage.Scheduled}}})
	}
	failure := &storage.Failure{Type: "*net.OpError", Message: "dial tcp 10.2.7.14:587: connect: connection refused"}
	s.add(storage.Details{Job: storage.Job{Kind: receipt, Fingerprint: "a1", Queue: "mail", State: storage.Scheduled, Attempt: 3, Retries: 2, CreatedAt: at.Add(-time.Hour), DueAt: now.Add(4 * time.Minute),
		StartedAt: at, Failure: failure, Reason: "retry 2 of 5", Server: s.servers[0].Server, Payload: []byte(`{"orderID":77310,"locale":"en"}`)}, History: []storage.HistoryEntry{
		{At: at.Add(-time.Hour), State: storage.Enqueued},
		{At: at.Add(-time.Hour + time.Second), State: storage.Processing, Attempt: 1, Fetch: 1, Server: s.servers[0].Server},
		{At: at.Add(-time.Hour + 3*time.Second), State: storage.Scheduled, Attempt: 1, Fetch: 1, Duration: 2 * time.Second, Failure: failure, Outcome: storage.Retry, Reason: "retry 1 of 5"},
		{At: at, State: storage.Processing, Attempt: 2, Fetch: 2, Server: s.servers[1].Server},
		{At: at.Add(2 * time.Second), State: storage.Scheduled, Attempt: 2, Fetch: 2, Duration: 2 * time.Second, Failure: failure, Outcome: storage.Retry, Reason: "retry 2 of 5"},
	}})
}

func (s *Store) seedRunning(now time.Time) {
	at := now.Add(-95 * time.Second)
	id := s.add(storage.Details{Job: storage.Job{Kind: thumbs, Fingerprint: "c1", Queue: "media", State: storage.Processing, Attempt: 1, Fetches: 1, CreatedAt: at.Add(-time.Second), EnqueuedAt: at.Add(-time.Second),
		StartedAt: at, Server: s.servers[0].Server, Session: s.servers[0].ID, Priority: 2, Progress: &storage.Progress{Percent: 62, Note: "rendering 1920 px, 14 of 22"},
		Payload: []byte(`{"path":"/catalogue/spring/4711.tif","sizes":[320,640,960,1280,1920]}`), Metadata: map[string]string{"trace-id": "4bf92f3577b34da6a3ce929d0e0e4736", "session-token": "abc"}},
		History: []storage.HistoryEntry{{At: at.Add(-time.Second), State: storage.Enqueued}, {At: at, State: storage.Processing, Attempt: 1, Fetch: 1, Server: s.servers[0].Server}}})
	for i := range 14 {
		level, message := "info", fmt.Sprintf("rendered tile %d of 22", i+1)
		if i == 9 {
			level, message = "warn", "colour profile missing, assuming sRGB"
		}
		s.AddLog(id, 1, storage.LogLine{At: at.Add(time.Duration(i*6) * time.Second), Level: level, Message: message, Fields: fmt.Sprintf(`{"ms":%d,"width":1920}`, 700+i*31)})
	}
	for i := range 4 {
		s.add(storage.Details{Job: storage.Job{Kind: receipt, Queue: "mail", State: storage.Processing, Attempt: 1, CreatedAt: now.Add(-3 * time.Second), StartedAt: now.Add(-time.Duration(i*300+200) * time.Millisecond), Server: s.servers[i%2].Server}})
	}
}

func (s *Store) seedFailed(now time.Time, rnd *rand.Rand) {
	texts := []string{"gateway: card declined (code 51)", "dial tcp 10.2.7.14:443: i/o timeout", "pq: deadlock detected"}
	for i := range 23 {
		end := now.Add(-time.Duration(i*4+2) * time.Minute)
		f := &storage.Failure{Type: "*billing.GatewayError", Message: texts[rnd.IntN(len(texts))], Stack: stack}
		start := end.Add(-1800 * time.Millisecond)
		entries := []storage.HistoryEntry{{At: end.Add(-2 * time.Hour), State: storage.Enqueued}}
		for n := 1; n <= 4; n++ {
			at := start.Add(-time.Duration(4-n) * 30 * time.Minute)
			entries = append(entries,
				storage.HistoryEntry{At: at, State: storage.Processing, Attempt: n, Fetch: n, Server: s.servers[n%2].Server},
				storage.HistoryEntry{At: at.Add(1800 * time.Millisecond), State: storage.Scheduled, Attempt: n, Fetch: n, Duration: 1800 * time.Millisecond, Failure: f, Outcome: storage.Retry, Reason: fmt.Sprintf("retry %d of 3", n)})
		}
		last := &entries[len(entries)-1]
		last.State, last.Outcome, last.Reason = storage.Failed, storage.Fail, "retries used up"
		s.add(storage.Details{Job: storage.Job{Kind: charge, Fingerprint: "b1", Queue: "critical", State: storage.Failed, Attempt: 4, Retries: 3, Fetches: 4, Reason: "retries used up", Failure: f,
			CreatedAt: end.Add(-2 * time.Hour), EnqueuedAt: start, StartedAt: start, FinishedAt: end, RetainedTo: end.Add(storage.RetainFailed), Server: s.servers[0].Server,
			Payload:  fmt.Appendf(nil, `{"customer":"cus_%05d","amount":{"currency":"EUR","cents":%d},"cardToken":"tok_live_4242424242424242","gateway":{"merchant":"shop","apiKey":"sk_live_51H"}}`, rnd.IntN(99999), rnd.IntN(20000)),
			Metadata: map[string]string{"trace-id": "4bf92f3577b34da6a3ce929d0e0e4736", "tenant": "acme"}}, History: entries})
	}
}

// seedRelated makes a chain of three jobs, and a batch.
func (s *Store) seedRelated(now time.Time) {
	at := now.Add(-90 * time.Second)
	batch := storage.NewID()
	s.AddBatch(storage.BatchInfo{ID: batch, Name: "Black Friday mailing", Total: 40, Pending: 11, Succeeded: 27, Failed: 2, State: storage.Processing, Sealed: true, CreatedAt: at})
	parent, middle, child := idAt(at), idAt(at.Add(time.Millisecond)), idAt(at.Add(2*time.Millisecond))
	s.add(storage.Details{Job: storage.Job{ID: parent, Kind: thumbs, Fingerprint: "c1", Queue: "media", State: storage.Succeeded, Attempt: 1, CreatedAt: at, FinishedAt: at.Add(20 * time.Second), Batch: batch,
		Payload: []byte(`{"path":"/a.tif","sizes":[320]}`), Result: []byte(`["/a-320.webp"]`)},
		Children: []storage.Edge{{Job: middle, Kind: reindex, State: storage.Awaiting, On: storage.OnSuccess}}})
	s.add(storage.Details{Job: storage.Job{ID: middle, Kind: reindex, Queue: "bulk", State: storage.Awaiting, Attempt: 1, CreatedAt: at, Parents: []storage.ID{parent, batch}},
		ParentsOf: []storage.Edge{{Job: parent, Kind: thumbs, State: storage.Succeeded, On: storage.OnSuccess, Ended: storage.Succeeded, Run: 1}, {Job: batch, Batch: true, State: storage.Processing, On: storage.OnAny}},
		Children:  []storage.Edge{{Job: child, Kind: receipt, State: storage.Awaiting, On: storage.OnAny}}, History: []storage.HistoryEntry{{At: at, State: storage.Awaiting}}})
	s.add(storage.Details{Job: storage.Job{ID: child, Kind: receipt, Queue: "mail", State: storage.Awaiting, Attempt: 1, CreatedAt: at, Parents: []storage.ID{middle}},
		ParentsOf: []storage.Edge{{Job: middle, Kind: reindex, State: storage.Awaiting, On: storage.OnAny}}, History: []storage.HistoryEntry{{At: at, State: storage.Awaiting}}})
}
