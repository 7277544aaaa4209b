package faulttest

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// TestSoakDeadSession lets a session die that runs several jobs, while another takes
// back one at a time. From the first one on all its tokens are dead, also those of jobs
// that were not taken back yet: a session is not revived.
func TestSoakDeadSession(t *testing.T) {
	everyStore(t, func(t *testing.T, b *backend) {
		const lease = time.Second
		ctx := context.Background()
		store := b.open(t, b.direct)
		dying, heir := openSession(t, store, lease), openSession(t, store, lease)
		var jobs []storage.NewJob
		first := storage.NewID()
		for range 5 {
			j := mustJob(t, step(stepArgs{}))
			j.ID = storage.NewIDIn(first.Lane())
			jobs = append(jobs, j)
		}
		if err := insert(ctx, store, storage.Group{Jobs: jobs}); err != nil {
			t.Fatal(err)
		}
		r, err := store.Fetch(ctx, storage.FetchRequest{Session: dying, Call: 1, Queues: []string{"default"}, Kinds: storage.NewKindSet(stepKinds), Max: 5})
		if err != nil || len(r.Jobs) != 5 {
			t.Fatalf("%d jobs, %v; want 5", len(r.Jobs), err)
		}
		moved := 0
		for begin := time.Now(); moved == 0; time.Sleep(lease / 5) {
			if time.Since(begin) > recoveryPromise {
				t.Fatal("the session does not die")
			}
			tick, err := store.Tick(ctx, storage.TickRequest{Session: heir, Budget: 1})
			if err != nil {
				t.Fatal(err)
			}
			moved = tick.Moved
		}
		settle := storage.SettleRequest{Session: dying}
		for _, j := range r.Jobs {
			settle.Outcomes = append(settle.Outcomes, storage.Outcome{Token: j.Token, Kind: storage.Succeed})
		}
		verdicts, err := store.Settle(ctx, settle)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range verdicts {
			if v != storage.Refused {
				t.Errorf("outcome %d of a dead session was answered %v; want refused", i, v)
			}
		}
	})
}

var stepKinds = []storage.KindInfo{{Kind: stepSpec.Kind, Fingerprint: stepSpec.Fingerprint}}

func openSession(t *testing.T, store storage.Store, lease time.Duration) storage.ID {
	t.Helper()
	s := storage.Session{ID: storage.NewID(), Server: "test", Queues: []string{"default"}, Concurrency: 10, Lease: lease, Kinds: stepKinds}
	if err := store.OpenSession(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	return s.ID
}
