// Package fetch brings jobs from the store to free workers: one fetcher for a
// session asks for as many jobs as there are free workers, and sleeps where there
// are none of either.
package fetch

import (
	"context"
	"errors"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/slots"
	"github.com/gojobgen/jobgen/storage"
)

// Loop is one session's fetching. All fields are required.
type Loop struct {
	Store   storage.Worker
	Session storage.ID
	Kinds   *storage.KindSet
	Queues  func() []string // the order of this fetch
	Watch   []string        // all queues, for waiting
	Slots   *slots.Slots
	// Ready blocks while the session must not take more work: it lost contact, or too
	// many outcomes wait to be written.
	Ready func(ctx context.Context) error
	// Start runs a job; the slot taken for it is given back by whoever runs it.
	Start func(storage.Fetched)
	Fault func(error)

	call uint64
}

// Pauses while the store fails.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = time.Second
)

// Run fetches until ctx ends (nil) or the store does not know the session any more.
func (l *Loop) Run(ctx context.Context) error {
	for {
		if l.Ready(ctx) != nil {
			return nil
		}
		free, err := l.Slots.TakeAll(ctx)
		if err != nil {
			return nil
		}
		r, err := l.fetch(ctx, free)
		if err != nil {
			l.Slots.Give(free)
			return err
		}
		for _, job := range r.Jobs {
			l.Start(job)
		}
		// A repeated call can answer with more jobs than are asked for now; their
		// slots are taken all the same.
		if left := free - len(r.Jobs); left != 0 {
			l.Slots.Give(left)
		}
		if len(r.Jobs) < free && !r.More && ctx.Err() == nil {
			l.wait(ctx, r)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// fetch makes one call, and makes it again with the same number until it is
// answered: so no job is left with a session that does not know it. When ctx ends
// first, the session is about to be closed, which gives back what was not received.
func (l *Loop) fetch(ctx context.Context, free int) (storage.FetchResult, error) {
	l.call++
	req := storage.FetchRequest{
		Session: l.Session, Call: l.call, Queues: l.Queues(), Kinds: l.Kinds, Max: free,
	}
	pause := firstPause
	for {
		r, err := l.Store.Fetch(ctx, req)
		switch {
		case err == nil, errors.Is(err, storage.ErrSessionLost):
			return r, err
		case ctx.Err() != nil:
			return storage.FetchResult{}, nil
		}
		l.Fault(err)
		select {
		case <-time.After(pause):
			pause = min(pause*2, lastPause)
		case <-ctx.Done():
			return storage.FetchResult{}, nil
		}
	}
}

// wait sleeps until there may be work, or a job held back by a rate has its turn.
func (l *Loop) wait(ctx context.Context, r storage.FetchResult) {
	if r.Again > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Again)
		defer cancel()
	}
	err := l.Store.Wait(ctx, l.Watch, r.Mark)
	if err != nil && ctx.Err() == nil {
		l.Fault(err)
		select {
		case <-time.After(firstPause):
		case <-ctx.Done():
		}
	}
}
