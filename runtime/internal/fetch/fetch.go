// Package fetch brings jobs from the store to free workers: one fetcher for a
// session asks for as many jobs as there are free workers, and sleeps where there
// are none of either.
package fetch

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/pause"
	"github.com/gojobgen/jobgen/storage"
)

// Loop is one session's fetching. All fields but Quiet are required.
type Loop struct {
	Store   storage.Worker
	Session storage.ID
	Kinds   *storage.KindSet
	Queues  func() []string // the order of this fetch
	Watch   []string        // all queues, for waiting
	// Call bounds one fetch; the function it returns ends the bound. Took is told how
	// long one took that was answered.
	Call func(context.Context) (context.Context, context.CancelFunc)
	Took func(time.Duration)
	// Ready blocks while the session must not take more work: it lost contact, or too
	// many outcomes wait to be written.
	Ready func(ctx context.Context) error
	// Room waits for free workers and takes them, none when ctx ended; Put starts the jobs on them, or
	// holds those that were fetched ahead, and frees the workers that are left. It keeps
	// nothing of the slice.
	Room func(ctx context.Context) (workers, ahead int)
	Put  func(workers int, jobs []storage.Fetched)
	// Back returns jobs that come when no more are started. It keeps nothing of the slice.
	Back func(jobs []storage.Fetched)
	// Quiet waits until nothing runs and all is written. With it, Run returns when
	// there was nothing to fetch after that.
	Quiet func(ctx context.Context) error
	Fault func(error)

	mu      sync.Mutex // held by what the store pushes, and at both ends of Wait
	waiting bool       // the next call may be answered before it is made

	req   storage.FetchRequest // the last call
	open  bool                 // its answer did not come
	room  []storage.Fetched    // of the last answer
	quiet bool                 // nothing has been put since Quiet
	waits pause.Pauses         // while waiting fails
	ended time.Time            // the last call
	took  time.Duration        // it
}

// Run fetches until ctx ends or nothing is left (nil), or until the store does not
// know the session any more.
func (l *Loop) Run(ctx context.Context) error {
	if p, ok := l.Store.(storage.Pusher); ok {
		p.Push(l.Session, l.push)
		defer p.Push(l.Session, nil)
	}
	err := l.run(ctx)
	if err == nil && !errors.Is(context.Cause(ctx), storage.ErrSessionLost) {
		l.leave(ctx)
	}
	return err
}

func (l *Loop) run(ctx context.Context) error {
	for l.Ready(ctx) == nil {
		workers, ahead := l.Room(ctx)
		if workers+ahead == 0 {
			break
		}
		r, err := l.fetch(ctx, workers, ahead)
		l.Put(workers, r.Jobs)
		if len(r.Jobs) > 0 {
			runtime.Gosched() // they begin before the next call is made
		}
		if err != nil {
			return err
		}
		clear(r.Jobs)
		if cap(r.Jobs) > cap(l.room) {
			l.room = r.Jobs[:0]
		}
		if done := l.rest(ctx, r, workers+ahead); done {
			break
		}
	}
	return nil
}

// rest waits where the fetch gave less than was asked for, and reports whether
// fetching is over.
func (l *Loop) rest(ctx context.Context, r storage.FetchResult, asked int) bool {
	l.quiet = l.quiet && len(r.Jobs) == 0
	switch {
	case ctx.Err() != nil:
		return true
	case len(r.Jobs) == asked || r.More:
		return false
	case l.Quiet == nil:
		l.wait(ctx, r)
		return false
	case len(r.Jobs) == 0 && l.quiet:
		return true
	}
	l.quiet = true
	return l.Quiet(ctx) != nil
}

// leave says that no more is wanted, and returns what the session was given without
// knowing: by a call whose answer did not come, or by a store that had answered the next one
// before it was made. Running jobs may go on for long, and what is with the session until
// then would wait for them. It tries once: closing the session gives back the rest.
func (l *Loop) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	requests := []storage.FetchRequest{l.req, {Session: l.Session, Call: l.req.Call + 1, Queues: l.Watch, Kinds: l.Kinds}}
	if !l.open {
		requests = requests[1:]
	}
	for _, req := range requests {
		r, err := l.Store.Fetch(ctx, req)
		if err != nil {
			return
		}
		l.Back(r.Jobs)
	}
}

// leaveTimeout is what a store that fails may add to the time that a server takes to stop.
const leaveTimeout = time.Second

// fetch makes one call, and makes it again with the same number until it is
// answered: so no job is left with a session that does not know it. When ctx ends
// first, leave makes it once more.
func (l *Loop) fetch(ctx context.Context, workers, ahead int) (storage.FetchResult, error) {
	l.open, l.req = true, storage.FetchRequest{
		Session: l.Session, Call: l.req.Call + 1, Queues: l.Queues(), Kinds: l.Kinds, Max: workers, Ahead: ahead, Room: l.room,
	}
	var pauses pause.Pauses
	for tries := 0; ctx.Err() == nil; tries++ {
		call, cancel := l.Call(ctx)
		sent := time.Now()
		r, err := l.Store.Fetch(call, l.req)
		cancel()
		switch {
		case err == nil:
			l.open, l.ended = false, time.Now()
			l.took = l.ended.Sub(sent)
			l.Took(l.took)
			r.More = r.More || tries > 0 // it may be the answer to the first try: what came since is not in it
			return r, nil
		case errors.Is(err, storage.ErrSessionLost):
			return storage.FetchResult{}, err
		case ctx.Err() == nil:
			l.Fault(err)
			pauses.Sleep(ctx, sent)
		}
	}
	return storage.FetchResult{}, nil
}

// wait sleeps until there may be work, or a job held back by a rate has its turn.
func (l *Loop) wait(ctx context.Context, r storage.FetchResult) {
	limit := maxWait
	if r.Again > 0 {
		limit = min(limit, r.Again)
	}
	call, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	asked := time.Now()
	l.mayPush(true)
	err := l.Store.Wait(call, l.Watch, r.Mark)
	l.mayPush(false)
	switch {
	case err == nil:
		l.waits.Reset()
		if len(r.Jobs) > 0 {
			l.gather(ctx)
		}
	case call.Err() == nil:
		l.Fault(err)
		l.waits.Sleep(ctx, asked)
	}
}

// mayPush says whether Wait waits for the answer to the next call.
func (l *Loop) mayPush(may bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = may
}

// push takes the answer to the next call where Wait waits for it: the call is made by that.
func (l *Loop) push(call uint64, jobs []storage.Fetched) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.waiting || call != l.req.Call+1 {
		return false
	}
	l.req.Call = call
	l.Put(0, jobs)
	return true
}

// gather lets jobs come together where they come one by one, faster than they can be
// fetched so: fetching takes half of the time at most. Who comes after a quiet moment
// does not wait.
func (l *Loop) gather(ctx context.Context) {
	if left := min(l.took, maxGather) - time.Since(l.ended); left > 0 {
		pause.For(ctx, left)
	}
}

// maxGather bounds what a job may wait for others.
const maxGather = 5 * time.Millisecond

// maxWait bounds one Wait, should the store not do it.
const maxWait = 10 * time.Minute
