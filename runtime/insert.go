package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/group"
	"github.com/gojobgen/jobgen/runtime/internal/pause"
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
	group *group.Group[storage.Group, storage.InsertResult]
}

// Bounds of a shared insert: how many groups it holds, how many make one worth its while
// beside another, and which groups go alone.
const (
	maxShared      = 512
	leastShared    = 6
	maxSharedJobs  = 64
	maxSharedBytes = 32 << 10
)

// insertPatience is for how long after a storage fault an insert is tried again. It
// rides over the restart of a store; who waits for less ends the call's context.
const insertPatience = 5 * time.Second

// flushTimeout bounds a shared insert, also where its callers' contexts do not.
const flushTimeout = 10 * time.Second

func newGrouped(store storage.Inserter) *grouped {
	g := &grouped{store: store}
	c := group.Config[storage.Group, storage.InsertResult]{
		Flush: g.flush, Limit: maxShared, Least: leastShared, Again: storageFault, Patience: insertPatience,
	}
	if p, ok := store.(storage.Parallel); ok {
		c.Flights = p.Inserts()
	}
	g.group = group.New(c)
	return g
}

func (g *grouped) Insert(ctx context.Context, jobs storage.Group) ([]storage.Inserted, error) {
	if alone(jobs) {
		return g.insertAlone(ctx, jobs)
	}
	r, err := g.group.Do(ctx, jobs)
	if err != nil {
		return nil, err
	}
	return r.Jobs, r.Err
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

func (g *grouped) flush(ctx context.Context, groups []storage.Group, answers []storage.InsertResult) error {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	results, err := g.store.Insert(ctx, groups...)
	copy(answers, results)
	return err
}

// insertAlone repeats after a storage fault, since an insert by id can be repeated.
func (g *grouped) insertAlone(ctx context.Context, jobs storage.Group) ([]storage.Inserted, error) {
	var pauses pause.Pauses
	for start := time.Now(); ; {
		tried := time.Now()
		stored, err := direct{g.store}.Insert(ctx, jobs)
		switch {
		case err == nil || ctx.Err() != nil || !storageFault(err) || time.Since(start) > insertPatience:
			return stored, err
		case !pauses.Sleep(ctx, tried):
			return nil, fmt.Errorf("%w; the last try failed: %w", context.Cause(ctx), err)
		}
	}
}

// verdicts are the errors of stores that no second try can cure.
var verdicts = []error{
	storage.ErrInvalid, storage.ErrTooLarge, storage.ErrUnknownParent, storage.ErrIDConflict,
	storage.ErrNotFound, storage.ErrSessionLost, storage.ErrClosed,
}

// storageFault reports whether err says nothing about the call but that the store
// failed.
func storageFault(err error) bool {
	for _, v := range verdicts {
		if errors.Is(err, v) {
			return false
		}
	}
	return true
}
