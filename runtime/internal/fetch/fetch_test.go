package fetch_test

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/fetch"
	"github.com/gojobgen/jobgen/storage"
)

// pusher is a store that has nothing but what it pushes.
type pusher struct {
	storage.Worker
	fetched chan uint64   // calls of Fetch, by number
	waits   chan struct{} // one for each Wait that began
	woken   chan struct{} // ends a Wait
	take    func(call uint64, jobs []storage.Fetched) bool
}

func (p *pusher) Fetch(ctx context.Context, r storage.FetchRequest) (storage.FetchResult, error) {
	select {
	case p.fetched <- r.Call:
		return storage.FetchResult{}, nil
	case <-ctx.Done():
		return storage.FetchResult{}, ctx.Err()
	}
}

func (p *pusher) Wait(ctx context.Context, _ []string, _ uint64) error {
	select {
	case p.waits <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-p.woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pusher) Push(_ storage.ID, take func(uint64, []storage.Fetched) bool) { p.take = take }

// TestPush shows that what a store pushes is started while the loop waits, that the loop goes
// on with the call after it, and that all else is left to Fetch.
func TestPush(t *testing.T) {
	p := &pusher{fetched: make(chan uint64), waits: make(chan struct{}), woken: make(chan struct{})}
	put := make(chan []storage.Fetched, 10)
	l := &fetch.Loop{
		Store: p, Session: storage.NewID(), Queues: func() []string { return []string{"q"} }, Watch: []string{"q"},
		Call:  func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
		Took:  func(time.Duration) {},
		Ready: context.Context.Err,
		Room:  func(context.Context) (int, int) { return 1, 0 },
		Put: func(_ int, jobs []storage.Fetched) {
			if len(jobs) > 0 {
				put <- jobs
			}
		},
		Back:  func([]storage.Fetched) {},
		Fault: func(err error) { t.Error(err) },
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- l.Run(ctx) }()

	jobs := []storage.Fetched{{Job: storage.Job{ID: storage.NewID()}}}
	call := <-p.fetched
	take := p.take
	if take(call, jobs) {
		t.Error("the last call was answered already")
	}
	<-p.waits
	if take(call, jobs) || take(call+2, jobs) {
		t.Error("that is not the next call")
	}
	if !take(call+1, jobs) || len(put) != 1 {
		t.Errorf("the loop waits for the next call: %d times put", len(put))
	}
	if take(call+1, jobs) {
		t.Error("that call was answered")
	}
	p.woken <- struct{}{}
	if got := <-p.fetched; got != call+2 {
		t.Errorf("after call %d came %d", call+1, got)
	}
	<-p.waits
	stop()
	if got := <-p.fetched; got != call+3 { // it says that it wants nothing more
		t.Errorf("after call %d came %d", call+2, got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if p.take != nil || take(call+4, jobs) || len(put) != 1 {
		t.Error("something is started after the end")
	}
}
