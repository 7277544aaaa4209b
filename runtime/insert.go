package runtime

import (
	"context"
	"errors"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/group"
	"github.com/gojobgen/jobgen/storage"
)

// inserter stores one group.
type inserter interface {
	Insert(ctx context.Context, g storage.Group) ([]storage.Inserted, error)
}

// direct stores each group by itself, in its caller's transaction.
type direct struct{ in storage.Inserter }

func (d direct) Insert(ctx context.Context, g storage.Group) ([]storage.Inserted, error) {
	results, err := d.in.Insert(ctx, g)
	if err != nil {
		return nil, err
	}
	return results[0].Jobs, results[0].Err
}

// grouped lets concurrent callers share round trips.
type grouped struct {
	store storage.Inserter
	group *group.Group[storage.Group, result]
}

type result struct {
	jobs []storage.Inserted
	err  error
}

// Bounds of a shared insert: how many groups it holds, and which groups go alone.
const (
	maxShared      = 512
	maxSharedJobs  = 64
	maxSharedBytes = 32 << 10
)

func newGrouped(store storage.Inserter) *grouped {
	g := &grouped{store: store}
	g.group = group.New(maxShared, g.flush)
	return g
}

func (g *grouped) Insert(ctx context.Context, jobs storage.Group) ([]storage.Inserted, error) {
	if alone(jobs) {
		r := g.try(ctx, []storage.Group{jobs})[0]
		return r.jobs, r.err
	}
	r, err := g.group.Do(ctx, jobs)
	if err != nil {
		return nil, err
	}
	return r.jobs, r.err
}

// alone: a caller's transaction may hold a unique key, and a large group should
// not make small ones wait.
func alone(g storage.Group) bool {
	bytes := 0
	for i := range g.Jobs {
		if g.Jobs[i].Unique != nil {
			return true
		}
		bytes += len(g.Jobs[i].Payload)
	}
	return len(g.Jobs) > maxSharedJobs || bytes > maxSharedBytes
}

// flushTimeout bounds a shared insert: its callers' contexts do not.
const flushTimeout = 15 * time.Second

func (g *grouped) flush(ctx context.Context, groups []storage.Group) []result {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	return g.try(ctx, groups)
}

// try inserts, and after a storage fault once more, since an insert by id can be
// repeated: it rides over a cut connection, not over a store that is down.
func (g *grouped) try(ctx context.Context, groups []storage.Group) []result {
	results, err := g.store.Insert(ctx, groups...)
	if err != nil && ctx.Err() == nil && !errors.Is(err, storage.ErrClosed) {
		results, err = g.store.Insert(ctx, groups...)
	}
	out := make([]result, len(groups))
	for i := range out {
		if err != nil {
			out[i].err = err
			continue
		}
		out[i] = result{results[i].Jobs, results[i].Err}
	}
	return out
}
