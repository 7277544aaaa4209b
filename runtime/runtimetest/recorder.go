package runtimetest

import (
	"context"
	"slices"
	"sync"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// Recorder is a [runtime.Enqueuer] that keeps what is enqueued instead of storing
// it. It refuses what a client would refuse, but does not know whether a parent
// exists or a unique key is held. Make one with [NewRecorder]. It is safe for
// concurrent use.
type Recorder struct {
	via runtime.Enqueuer

	mu   sync.Mutex
	jobs []storage.NewJob
	err  error
}

// NewRecorder makes an empty recorder. The options are those of a client, so that
// its middleware runs too.
func NewRecorder(opts ...runtime.ClientOption) *Recorder {
	r := &Recorder{}
	r.via = runtime.NewClient(nil, opts...).Via(inserter{r})
	return r
}

// EnqueueAll implements [runtime.Enqueuer].
func (r *Recorder) EnqueueAll(ctx context.Context, calls ...runtime.AnyCall) ([]runtime.ID, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r.via.EnqueueAll(ctx, calls...)
}

// Jobs are the recorded jobs in the order of their recording.
func (r *Recorder) Jobs() []storage.NewJob {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.jobs)
}

// Fail makes every further enqueue fail with err, as a store that is down would;
// nil ends that.
func (r *Recorder) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// Reset forgets the recorded jobs.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jobs = nil
}

// inserter is the recorder as the client sees it.
type inserter struct{ r *Recorder }

func (i inserter) Insert(_ context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	i.r.mu.Lock()
	defer i.r.mu.Unlock()
	if i.r.err != nil {
		return nil, i.r.err
	}
	results := make([]storage.InsertResult, len(groups))
	for g, group := range groups {
		for _, j := range group.Jobs {
			results[g].Jobs = append(results[g].Jobs, storage.Inserted{ID: j.ID, State: stateOf(j)})
		}
		i.r.jobs = append(i.r.jobs, group.Jobs...)
	}
	return results, nil
}

func stateOf(j storage.NewJob) storage.State {
	switch {
	case len(j.Parents) > 0:
		return storage.Awaiting
	case !j.Due.IsZero():
		return storage.Scheduled
	}
	return storage.Enqueued
}
