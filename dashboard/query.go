package dashboard

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// asker asks the store for one request and remembers what stayed unanswered, so
// that a page still appears with what is known.
type asker struct {
	d       *handler
	ctx     context.Context
	unknown []string // what could not be read
}

// ask runs one query within its deadline and its share of the store. A fault is
// noted for the page's banner; only [storage.ErrNotFound] is the caller's to handle.
func ask[T any](a *asker, what string, read func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(a.ctx, a.d.deadline)
	defer cancel()
	var out T
	err := a.d.acquire(ctx)
	if err == nil {
		out, err = read(ctx)
		a.d.release()
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		a.note(what, err)
	}
	return out, err
}

func (a *asker) note(what string, err error) {
	if !slices.Contains(a.unknown, what) {
		a.unknown = append(a.unknown, what)
	}
	if a.ctx.Err() == nil {
		a.d.log.Error().Err(err).Str("query", what).Msg("dashboard query failed")
	}
}

func (d *handler) acquire(ctx context.Context) error {
	select {
	case d.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *handler) release() { <-d.slots }

// shared is an answer that all viewers share for a moment, so that the cost of
// watching does not grow with their number. A failed question is shared too: who
// waited for it does not wait again.
type shared[T any] struct {
	mu    sync.Mutex
	asked time.Time
	epoch uint64
	value T
	err   error
}

func (s *shared[T]) get(a *asker, what string, keep time.Duration, read func(context.Context) (T, error)) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	epoch := a.d.look.epoch.Load()
	if s.asked.IsZero() || s.epoch != epoch || time.Since(s.asked) > keep {
		all := &asker{d: a.d, ctx: context.WithoutCancel(a.ctx)}
		value, err := ask(all, what, read)
		s.asked, s.epoch, s.err = time.Now(), epoch, err
		if err == nil {
			s.value = value // else the last value is better than none
		}
	}
	if s.err != nil && !slices.Contains(a.unknown, what) {
		a.unknown = append(a.unknown, what)
	}
	return s.value
}

// look holds the shared answers.
type look struct {
	epoch       atomic.Uint64 // rises with each action, which makes answers stale
	counts      shared[storage.Counts]
	queues      shared[[]storage.QueueInfo]
	servers     shared[[]storage.ServerInfo]
	kinds       shared[[]storage.KindInfo]
	pausedKinds shared[map[string]string]
	lastHour    shared[[]storage.Stat]
}

// countCap bounds every count; what lies above is shown as "10,000+". Stores keep
// numbers by state, queue and kind; what they have to count for other filters, one by
// one, is bounded by countedCap.
const (
	countCap   = 10_000
	countedCap = 500
)

// capOf is the bound for a filter's counts.
func capOf(f storage.Filter) int {
	kept := storage.Filter{Queue: f.Queue, Kind: f.Kind}
	if reflect.DeepEqual(f, kept) {
		return countCap
	}
	return countedCap
}

func (a *asker) counts() storage.Counts {
	return a.d.look.counts.get(a, "counts", time.Second, func(ctx context.Context) (storage.Counts, error) {
		return a.d.store.Count(ctx, storage.Filter{}, countCap)
	})
}

func (a *asker) queues() []storage.QueueInfo {
	return a.d.look.queues.get(a, "queues", time.Second, a.d.store.Queues)
}

func (a *asker) servers() []storage.ServerInfo {
	return a.d.look.servers.get(a, "servers", time.Second, a.d.store.Servers)
}

func (a *asker) pausedKinds() map[string]string {
	return a.d.look.pausedKinds.get(a, "paused kinds", time.Second, a.d.store.PausedKinds)
}

func (a *asker) lastHour() []storage.Stat {
	return a.d.look.lastHour.get(a, "statistics", 5*time.Second, func(ctx context.Context) ([]storage.Stat, error) {
		to := a.d.now().UTC().Truncate(time.Minute).Add(time.Minute)
		return a.d.store.Stats(ctx, storage.StatQuery{From: to.Add(-time.Hour), To: to, Step: time.Minute})
	})
}

func (a *asker) kinds() catalogue {
	list := a.d.look.kinds.get(a, "kinds", 5*time.Second, a.d.store.Kinds)
	return catalogue(list)
}
