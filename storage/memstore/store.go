// Package memstore keeps jobs in the memory of the process: for development, for
// tests, and as the reference of what package storage promises. It is not durable:
// what it keeps ends with the process.
//
// One mutex guards a [Store]; every call is one step under it. Lists that a call
// needs in an order are kept in that order (see ordered.go), so no call looks at
// more than it gives or moves. A store has no goroutine of its own and takes the
// time from [time.Now], so it runs in a testing/synctest bubble.
package memstore

import (
	"context"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Store implements [storage.Store] in memory. The zero value is not usable; see [New].
// Every store is a namespace of its own.
type Store struct {
	clock func() time.Time

	mu     sync.Mutex
	now    time.Time // of the running call, cut to milliseconds
	exact  time.Time // the same, not cut: rates
	closed bool
	done   chan struct{} // closed by Close

	jobs    map[storage.ID]*job
	batches map[storage.ID]*batch
	states  [storage.Deleted + 1]ordered[*job] // by state, by id
	byID    ordered[*batch]

	queues   map[string]*queue
	seq      uint64        // given to jobs as they become enqueued
	due      ordered[*job] // scheduled, by DueAt
	expiring ordered[*job] // enqueued with ExpiresAt, by it
	retained ordered[*job] // final and not kept by others, by RetainedTo
	empty    ordered[*batch]

	work  []*note  // of the running step
	dirty []*batch // whose end the running step has to look at
	later []*note  // what steps left to Tick
	most  int      // jobs that a step releases itself: storage.MaxRelease

	keys        map[string]keyHold
	limits      map[string]*limit
	rates       map[string]*rate
	occurrences map[occurrence]storage.ID
	made        map[string]*ordered[*job] // jobs of recurring jobs, by id
	duplicates  duplicates

	sessions  map[storage.ID]*session
	dying     []*session               // dead, with jobs to reclaim
	ended     map[storage.ID]time.Time // sessions that never live again
	owners    map[string]time.Time     // when an owner last had a session
	catalogue map[storage.KindRef]*published

	recurring   map[string]*recurring
	recurringID ordered[*recurring]
	pausedKinds map[string]string

	stats   stats
	wakes   uint64 // the wake-up line
	waiters map[*waiter]struct{}
}

var _ storage.Store = (*Store)(nil)

// Option changes a store that [New] makes.
type Option func(*Store)

// WithClock gives the store another clock than [time.Now]. Times go by that clock
// only: how long Wait sleeps at most does not.
func WithClock(clock func() time.Time) Option { return func(s *Store) { s.clock = clock } }

// New makes an empty store.
func New(opts ...Option) *Store {
	s := &Store{
		clock:       time.Now,
		most:        storage.MaxRelease,
		done:        make(chan struct{}),
		jobs:        make(map[storage.ID]*job),
		batches:     make(map[storage.ID]*batch),
		byID:        newOrdered(batchByID),
		queues:      make(map[string]*queue),
		due:         newOrdered(byDue),
		expiring:    newOrdered(byExpiry),
		retained:    newOrdered(byRetention),
		empty:       newOrdered(batchByEnd),
		keys:        make(map[string]keyHold),
		limits:      make(map[string]*limit),
		rates:       make(map[string]*rate),
		occurrences: make(map[occurrence]storage.ID),
		made:        make(map[string]*ordered[*job]),
		sessions:    make(map[storage.ID]*session),
		ended:       make(map[storage.ID]time.Time),
		owners:      make(map[string]time.Time),
		catalogue:   make(map[storage.KindRef]*published),
		recurring:   make(map[string]*recurring),
		recurringID: newOrdered(recurringByID),
		pausedKinds: make(map[string]string),
		stats:       newStats(),
		waiters:     make(map[*waiter]struct{}),
	}
	for i := range s.states {
		s.states[i] = newOrdered(byID)
	}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// Info implements [storage.Reader].
func (s *Store) Info() storage.Info { return storage.Info{Name: "memory", Lanes: 1} }

// Close drops nothing but ends all waiting; calls after it fail with [storage.ErrClosed].
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	return nil
}

// enter begins a call: it locks the store and reads the clock. On an error the store
// is not locked.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return storage.ErrClosed
	}
	s.exact = s.clock()
	s.now = rules.Cut(s.exact)
	return nil
}
