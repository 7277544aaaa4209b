package redisstore

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// kindOf is what jobs alike share.
type kindOf struct {
	queue, kind, print string
	priority           int
	scheduled          bool
}

// sort is jobs alike, as a shard stores them.
type sort struct {
	kindOf
	middle middle
	field  [17]byte // of their counter
	told   atomic.Int64
}

// middle is what the records of jobs alike share: priority, N8 of queue, kind and
// fingerprint.
type middle [25]byte

// sorts are those that a shard met lately.
type sorts struct {
	mu  sync.RWMutex
	all map[kindOf]*sort
}

// of is the sort of a job.
func (s *sorts) of(kind kindOf) *sort {
	s.mu.RLock()
	known := s.all[kind]
	s.mu.RUnlock()
	if known != nil {
		return known
	}
	made := newSort(kind)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil || len(s.all) >= mostInterned {
		s.all = make(map[kindOf]*sort)
	}
	s.all[kind] = made
	return made
}

func newSort(kind kindOf) *sort {
	queue, name, print := n8(kind.queue), n8(kind.kind), n8(kind.print)
	s := &sort{kindOf: kind}
	s.middle[0] = byte(kind.priority)
	copy(s.middle[1:], queue[:])
	copy(s.middle[9:], name[:])
	copy(s.middle[17:], print[:])
	s.field[0] = byte(storage.Enqueued)
	if kind.scheduled {
		s.field[0] = byte(storage.Scheduled)
	}
	copy(s.field[1:], s.middle[1:])
	return s
}

// The names of a sort are told again and again, since what was told may have been lost
// with a failover.
const tellEvery = time.Second

var began = time.Now()

// names are the names that have to be told now, each behind its N8.
func (s *sort) names() (names []any) {
	if told := s.told.Load(); told != 0 && int64(time.Since(began))-told < int64(tellEvery) {
		return nil
	}
	for _, name := range []string{s.queue, s.kind, s.print} {
		if name != "" {
			n := n8(name)
			names = append(names, n[:], name)
		}
	}
	return names
}

// note notes that its names were told now.
func (s *sort) note() { s.told.Store(int64(time.Since(began))) }
