package runtime_test

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// void is a store that costs next to nothing, so that what is measured on it is the
// engine: it gives the same job again and again and forgets what it is told.
type void struct {
	storage.Store
	job     storage.Job
	left    atomic.Int64  // jobs to give; released ones are given again
	trip    time.Duration // of each call
	fetches atomic.Int64
	settles atomic.Int64
	inserts atomic.Int64
}

func (v *void) travel() {
	if v.trip > 0 {
		time.Sleep(v.trip)
	}
}

func (v *void) Insert(_ context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	v.inserts.Add(1)
	v.travel()
	results := make([]storage.InsertResult, len(groups))
	all := make([]storage.Inserted, 0, len(groups))
	for i := range groups {
		first := len(all)
		for j := range groups[i].Jobs {
			all = append(all, storage.Inserted{ID: groups[i].Jobs[j].ID, State: storage.Enqueued})
		}
		results[i].Jobs = all[first:len(all):len(all)]
	}
	return results, nil
}

func (v *void) Fetch(_ context.Context, r storage.FetchRequest) (storage.FetchResult, error) {
	v.fetches.Add(1)
	v.travel()
	n := min(int64(r.Max+r.Ahead), v.left.Load())
	v.left.Add(-n)
	jobs := make([]storage.Fetched, n)
	for i := range jobs {
		id := storage.NewIDIn(0)
		jobs[i] = storage.Fetched{Job: v.job, Token: storage.Token{Job: id, Session: r.Session, Fetch: 1}, Ahead: i >= r.Max}
		jobs[i].Job.ID = id
	}
	return storage.FetchResult{Jobs: jobs}, nil
}

func (v *void) Settle(_ context.Context, r storage.SettleRequest) ([]storage.Verdict, error) {
	v.settles.Add(1)
	v.travel()
	verdicts := make([]storage.Verdict, len(r.Outcomes))
	for i := range verdicts {
		verdicts[i] = storage.Accepted
		if r.Outcomes[i].Kind == storage.Release {
			v.left.Add(1)
		}
	}
	return verdicts, nil
}

func (v *void) Wait(ctx context.Context, _ []string, _ uint64) error {
	select {
	case <-time.After(20 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (v *void) Tick(context.Context, storage.TickRequest) (storage.TickResult, error) {
	return storage.TickResult{Now: time.Now(), NextDue: -1}, nil
}

func (v *void) OpenSession(context.Context, storage.Session) error { return nil }

func (v *void) CloseSession(context.Context, storage.ID) error { return nil }
