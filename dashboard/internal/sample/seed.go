package sample

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Kinds of the made-up services.
const (
	receipt = "email.Mailer.SendReceipt"
	digest  = "email.Mailer.Digest"
	charge  = "billing.Payments.Charge"
	invoice = "billing.Payments.RenderInvoice"
	thumbs  = "media.Images.Thumbnails"
	reindex = "search.Index.Rebuild"
)

// Seeded is a store with an hour of a shop's life, ending at now.
func Seeded(now time.Time) *Store {
	s := Empty()
	now = now.UTC().Truncate(time.Millisecond)
	s.seedKinds()
	s.seedServers(now)
	s.seedQueues(now)
	s.seedRecurring(now)
	s.seedStats(now)
	rnd := rand.New(rand.NewPCG(7, 11))
	for i := range 140 {
		s.seedDone(now.Add(-time.Duration(i*23)*time.Second-10*time.Minute), rnd)
	}
	s.seedWaiting(now, rnd)
	s.seedRunning(now)
	s.seedFailed(now, rnd)
	s.seedRelated(now)
	return s
}

func (s *Store) seedKinds() {
	s.Publish(
		storage.KindInfo{Kind: receipt, Fingerprint: "a1", Queue: "critical", Display: "Receipt for order {orderID}", Servers: 2, Result: "MessageID",
			Doc: "SendReceipt mails the receipt of one order.", Params: []storage.ParamInfo{{Name: "orderID", Type: "int64"}, {Name: "locale", Type: "string"}}},
		storage.KindInfo{Kind: digest, Fingerprint: "a2", Queue: "mail", Servers: 2, Doc: "Digest mails the weekly digest."},
		storage.KindInfo{Kind: charge, Fingerprint: "b1", Queue: "critical", Display: "Charge {amount} to {customer}", Servers: 2, Doc: "Charge takes the money for an order.",
			Params: []storage.ParamInfo{{Name: "customer", Type: "string"}, {Name: "amount", Type: "billing.Money"}, {Name: "cardToken", Type: "string", Secret: true}, {Name: "gateway", Type: "map[string]any"}}},
		storage.KindInfo{Kind: invoice, Fingerprint: "b2", Queue: "default", Display: "Invoice {number}", Servers: 2, Params: []storage.ParamInfo{{Name: "number", Type: "string"}}},
		storage.KindInfo{Kind: thumbs, Fingerprint: "c1", Queue: "media", Display: "Thumbnails of {path}", Servers: 1, Result: "[]string",
			Doc: "Thumbnails makes every size the shop needs.", Params: []storage.ParamInfo{{Name: "path", Type: "string"}, {Name: "sizes", Type: "[]int"}}},
		storage.KindInfo{Kind: reindex, Fingerprint: "d1", Queue: "bulk", Servers: 1, Doc: "Rebuild makes the search index anew."},
	)
}

func (s *Store) seedServers(now time.Time) {
	for i, name := range []string{"shop-7f9c4b-x2mzk:1", "shop-7f9c4b-q8w1d:1"} {
		s.AddServer(storage.ServerInfo{StartedAt: now.Add(-time.Duration(26+i*3) * time.Hour), Running: 5 - 3*i,
			Session: storage.Session{ID: storage.NewID(), Server: name, Owner: "shop", Host: name[:len(name)-2], PID: 1, Version: "v2.14." + strconv.Itoa(i),
				Queues: []string{"critical", "mail", "default", "media"}[:4-i], Concurrency: 20, Lease: 5 * time.Second, Kinds: s.kinds[:5-i]}})
	}
}

func (s *Store) seedQueues(now time.Time) {
	for _, q := range []storage.QueueInfo{
		{Name: "critical", Enqueued: 3, Processing: 2, Oldest: now.Add(-4 * time.Second), Servers: 2},
		{Name: "mail", Enqueued: 1204, Held: map[string]int{storage.HeldRate: 310}, Processing: 3, Scheduled: 12, Oldest: now.Add(-7 * time.Minute), Servers: 2},
		{Name: "default", Enqueued: 41, Processing: 1, Scheduled: 5, Oldest: now.Add(-38 * time.Second), Servers: 2},
		{Name: "media", Enqueued: 87, Held: map[string]int{storage.HeldKind: 2, storage.HeldLimit: 9}, Processing: 1, Oldest: now.Add(-81 * time.Minute), Servers: 1, Paused: true, PausedBy: "lena@shop.example"},
		{Name: "bulk", Enqueued: 6, Oldest: now.Add(-3 * time.Hour)},
	} {
		s.AddQueue(q)
	}
}

func (s *Store) seedRecurring(now time.Time) {
	last := storage.NewID()
	s.AddRecurring(storage.Recurring{ID: "weekly digest", Owner: "shop", Cron: "0 8 * * MON", Zone: "Europe/Berlin", Overlap: true, Job: storage.NewJob{Kind: digest, Queue: "mail", Payload: []byte("{}")},
		Next: now.Add(61 * time.Hour), Last: now.Add(-107 * time.Hour), LastJob: last})
	s.AddRecurring(storage.Recurring{ID: "invoice run", Owner: "shop", Cron: "*/15 6-22 * * MON-FRI", Job: storage.NewJob{Kind: invoice, Queue: "default", Payload: []byte(`{"number":"next"}`)},
		Next: now.Add(9 * time.Minute), Last: now.Add(-6 * time.Minute), LastJob: last})
	s.AddRecurring(storage.Recurring{ID: "rebuild index", Cron: "30 3 1,15 * *", Zone: "UTC", Job: storage.NewJob{Kind: reindex, Queue: "bulk", Payload: []byte("{}")},
		Next: now.Add(200 * time.Hour), Last: now.Add(-160 * time.Hour), Paused: true, PausedBy: "ops"})
}

func (s *Store) seedStats(now time.Time) {
	rnd := rand.New(rand.NewPCG(3, 5))
	for i := range 60 {
		n := int64(70 + 30*(i%12)/6 + rnd.IntN(40))
		st := storage.Stat{At: now.Truncate(time.Minute).Add(time.Duration(i-59) * time.Minute), Succeeded: n, Retried: int64(rnd.IntN(5)), RunTime: time.Duration(n) * 420 * time.Millisecond}
		if i > 40 && i < 48 {
			st.Failed, st.Retried = int64(10+rnd.IntN(25)), 40
		}
		if i%17 == 0 {
			st.Deleted = 6
		}
		s.stats = append(s.stats, st)
	}
}

func (s *Store) seedDone(at time.Time, rnd *rand.Rand) {
	n := rnd.IntN(90000) + 10000
	j := storage.Job{Kind: receipt, Queue: "critical", State: storage.Succeeded, Payload: fmt.Appendf(nil, `{"orderID":%d,"locale":"de"}`, n),
		Result: fmt.Appendf(nil, `"<%d@mail.shop.example>"`, n), Server: s.servers[0].Server}
	if n%3 == 0 {
		j.Kind, j.Queue, j.Payload, j.Result = invoice, "default", fmt.Appendf(nil, `{"number":"2026-%05d"}`, n), nil
	}
	run := time.Duration(80+rnd.IntN(900)) * time.Millisecond
	j.CreatedAt, j.EnqueuedAt, j.StartedAt, j.FinishedAt = at, at, at.Add(40*time.Millisecond), at.Add(40*time.Millisecond+run)
	j.RetainedTo, j.Attempt, j.Fetches = j.FinishedAt.Add(storage.RetainSucceeded), 1, 1
	if n%11 == 0 {
		j.State, j.Reason, j.Server = storage.Deleted, "expired before it started", ""
	}
	s.add(storage.Details{Job: j, History: []storage.HistoryEntry{
		{At: at, State: storage.Enqueued},
		{At: j.StartedAt, State: storage.Processing, Attempt: 1, Fetch: 1, Server: j.Server},
		{At: j.FinishedAt, State: j.State, Attempt: 1, Fetch: 1, Duration: run, Outcome: storage.Succeed},
	}})
}
