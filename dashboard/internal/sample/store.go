// Package sample is a store of made-up jobs, for tests of the dashboard and for
// looking at it. It answers what the dashboard asks and nothing else.
package sample

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Store answers from memory. Methods that the dashboard does not use are missing:
// calling one panics.
type Store struct {
	storage.Store // nil

	mu        sync.Mutex
	jobs      []*storage.Details // by id
	logs      map[storage.ID][]storage.NumberedLine
	queues    []storage.QueueInfo
	servers   []storage.ServerInfo
	kinds     []storage.KindInfo
	paused    map[string]string
	recurring []storage.Recurring
	stats     []storage.Stat
	batches   []storage.BatchInfo
	now       func() time.Time

	fault func(ctx context.Context) error
	calls map[string]int
}

// Empty is a store without anything.
func Empty() *Store {
	return &Store{logs: make(map[storage.ID][]storage.NumberedLine), paused: make(map[string]string),
		now: time.Now, calls: make(map[string]int)}
}

// OnCall makes every call run f first, whose error the call returns; nil: none.
func (s *Store) OnCall(f func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Calls is how often a method was called.
func (s *Store) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// enter counts the call and locks the store.
func (s *Store) enter(ctx context.Context, method string) (leave func(), err error) {
	s.mu.Lock()
	s.calls[method]++
	fault := s.fault
	s.mu.Unlock()
	if fault != nil {
		if err := fault(ctx); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	return s.mu.Unlock, nil
}

// Add stores a job; a zero id is filled in.
func (s *Store) Add(d storage.Details) storage.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(d)
}

func (s *Store) add(d storage.Details) storage.ID {
	if d.ID.IsZero() {
		d.ID = idAt(d.CreatedAt)
	}
	i, _ := slices.BinarySearchFunc(s.jobs, d.ID, func(have *storage.Details, id storage.ID) int {
		return slices.Compare(have.ID[:], id[:])
	})
	s.jobs = slices.Insert(s.jobs, i, &d)
	return d.ID
}

// idAt is an id made at t.
func idAt(t time.Time) storage.ID {
	id := storage.NewID()
	ms := t.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id
}

// Publish adds kinds to the catalogue.
func (s *Store) Publish(kinds ...storage.KindInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kinds = append(s.kinds, kinds...)
}

// AddQueue adds a queue.
func (s *Store) AddQueue(q storage.QueueInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues = append(s.queues, q)
}

// AddServer adds a server.
func (s *Store) AddServer(i storage.ServerInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers = append(s.servers, i)
}

// AddRecurring adds a recurring job.
func (s *Store) AddRecurring(r storage.Recurring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recurring = append(s.recurring, r)
	slices.SortFunc(s.recurring, func(a, b storage.Recurring) int { return compare(a.ID, b.ID) })
}

// AddBatch adds a batch.
func (s *Store) AddBatch(b storage.BatchInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, b)
}

// AddLog adds lines to a job's log.
func (s *Store) AddLog(id storage.ID, fetch int, lines ...storage.LogLine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range lines {
		s.logs[id] = append(s.logs[id], storage.NumberedLine{Number: len(s.logs[id]) + 1, Fetch: fetch, LogLine: l})
	}
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Info implements [storage.Reader].
func (s *Store) Info() storage.Info {
	return storage.Info{Name: "sample", Durable: true, Lanes: 1, Version: "1"}
}

// Queues implements [storage.Reader].
func (s *Store) Queues(ctx context.Context) ([]storage.QueueInfo, error) {
	leave, err := s.enter(ctx, "Queues")
	if err != nil {
		return nil, err
	}
	defer leave()
	return slices.Clone(s.queues), nil
}

// Servers implements [storage.Reader].
func (s *Store) Servers(ctx context.Context) ([]storage.ServerInfo, error) {
	leave, err := s.enter(ctx, "Servers")
	if err != nil {
		return nil, err
	}
	defer leave()
	out := slices.Clone(s.servers)
	for i := range out {
		if out[i].SeenAt.IsZero() { // alive
			out[i].SeenAt = s.now().Add(-time.Second)
		}
	}
	return out, nil
}

// Kinds implements [storage.Reader].
func (s *Store) Kinds(ctx context.Context) ([]storage.KindInfo, error) {
	leave, err := s.enter(ctx, "Kinds")
	if err != nil {
		return nil, err
	}
	defer leave()
	return slices.Clone(s.kinds), nil
}

// PausedKinds implements [storage.Reader].
func (s *Store) PausedKinds(ctx context.Context) (map[string]string, error) {
	leave, err := s.enter(ctx, "PausedKinds")
	if err != nil {
		return nil, err
	}
	defer leave()
	return maps.Clone(s.paused), nil
}

// Stats implements [storage.Reader].
func (s *Store) Stats(ctx context.Context, _ storage.StatQuery) ([]storage.Stat, error) {
	leave, err := s.enter(ctx, "Stats")
	if err != nil {
		return nil, err
	}
	defer leave()
	return slices.Clone(s.stats), nil
}

// Batch implements [storage.Reader].
func (s *Store) Batch(ctx context.Context, id storage.ID) (storage.BatchInfo, error) {
	leave, err := s.enter(ctx, "Batch")
	if err != nil {
		return storage.BatchInfo{}, err
	}
	defer leave()
	for _, b := range s.batches {
		if b.ID == id {
			return b, nil
		}
	}
	return storage.BatchInfo{}, fmt.Errorf("batch %v: %w", id, storage.ErrNotFound)
}
