package faulttest

import (
	"context"

	"github.com/gojobgen/jobgen/storage"
)

// claim fetches and releases jobs in a tight loop: a process that is frozen at any
// moment is frozen inside a claim.
func claim(ctx context.Context, store storage.Store) error {
	kinds := []storage.KindInfo{{Kind: stepSpec.Kind}}
	session := storage.Session{ID: storage.NewID(), Server: "claimer", Owner: "claimer", Queues: []string{"default"}, Concurrency: 1, Kinds: kinds}
	if err := store.OpenSession(ctx, session); err != nil {
		return err
	}
	set := storage.NewKindSet(kinds)
	for call := uint64(1); ctx.Err() == nil; call++ {
		r, err := store.Fetch(ctx, storage.FetchRequest{Session: session.ID, Call: call, Queues: session.Queues, Kinds: set, Max: 5})
		if err != nil {
			continue // frozen for long, its session is lost: it fetches on all the same
		}
		outcomes := make([]storage.Outcome, len(r.Jobs))
		for i, j := range r.Jobs {
			outcomes[i] = storage.Outcome{Token: j.Token, Kind: storage.Release}
		}
		_, _ = store.Settle(ctx, storage.SettleRequest{Session: session.ID, Outcomes: outcomes}) // a refusal is no matter here
	}
	return nil
}
