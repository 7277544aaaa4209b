// Package settle writes the ends of runs. While one write is in flight, the
// outcomes that arrive wait together for the next, so a busy session costs a few
// round trips per hundred jobs and an idle one has no extra latency. What cannot be
// written is kept and written again: a storage fault is never a job's fault.
package settle

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Limits of one write.
const (
	maxOutcomes = 1000
	maxBytes    = 8 << 20
)

// Pauses between tries while the store fails.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
)

// Settler gathers the outcomes of one session. Make one with New.
type Settler struct {
	store   storage.Worker
	session storage.ID
	answer  func(storage.Outcome, storage.Verdict)
	fault   func(error)

	mu       sync.Mutex
	outcomes []storage.Outcome
	started  []storage.Token
	flying   int // outcomes taken and not yet written
	busy     bool
	idle     chan struct{} // closed and replaced when nothing is left
	ctx      context.Context
	stop     context.CancelFunc
}

// New makes a settler. answer is told the verdict on each outcome; fault is told of
// each write that failed and will be tried again.
func New(store storage.Worker, session storage.ID, answer func(storage.Outcome, storage.Verdict), fault func(error)) *Settler {
	s := &Settler{store: store, session: session, answer: answer, fault: fault, idle: make(chan struct{})}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Add hands over an outcome. It never blocks.
func (s *Settler) Add(o storage.Outcome) {
	s.mu.Lock()
	s.outcomes = append(s.outcomes, o)
	s.kick()
	s.mu.Unlock()
}

// Started notes that the handler of a job fetched ahead runs now.
func (s *Settler) Started(t storage.Token) {
	s.mu.Lock()
	s.started = append(s.started, t)
	s.kick()
	s.mu.Unlock()
}

func (s *Settler) kick() {
	if !s.busy {
		s.busy = true
		go s.run()
	}
}

// Pending is how many outcomes are not written yet.
func (s *Settler) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.outcomes) + s.flying
}

// Drain waits until everything added so far is written.
func (s *Settler) Drain(ctx context.Context) error {
	for {
		s.mu.Lock()
		left, idle := len(s.outcomes)+s.flying, s.idle
		s.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return fmt.Errorf("%d outcomes could not be written: %w", left, context.Cause(ctx))
		}
	}
}

// Stop gives up what is not written; its runs end with their session.
func (s *Settler) Stop() { s.stop() }

func (s *Settler) run() {
	for {
		req, ok := s.take()
		if !ok {
			return
		}
		verdicts := s.write(req)
		s.mu.Lock()
		s.flying = 0
		s.mu.Unlock()
		for i, v := range verdicts {
			s.answer(req.Outcomes[i], v)
		}
	}
}

// take cuts off what fits one write; without anything left the settler rests.
func (s *Settler) take() (storage.SettleRequest, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := fit(s.outcomes)
	req := storage.SettleRequest{Session: s.session, Outcomes: s.outcomes[:n:n], Started: s.started}
	if n == 0 && len(req.Started) == 0 || s.ctx.Err() != nil {
		s.busy = false
		close(s.idle)
		s.idle = make(chan struct{})
		return req, false
	}
	s.outcomes, s.started, s.flying = s.outcomes[n:], nil, n
	if len(s.outcomes) == 0 {
		s.outcomes = nil
	}
	return req, true
}

// fit is how many of the outcomes go into one write: at least one.
func fit(outcomes []storage.Outcome) int {
	bytes := 0
	for i, o := range outcomes {
		bytes += len(o.Result)
		if i == maxOutcomes || i > 0 && bytes > maxBytes {
			return i
		}
	}
	return len(outcomes)
}

// write tries until the store answers or the settler is stopped.
func (s *Settler) write(req storage.SettleRequest) []storage.Verdict {
	pause := firstPause
	for {
		verdicts, err := s.store.Settle(s.ctx, req)
		if err == nil {
			return verdicts
		}
		if s.ctx.Err() != nil {
			return nil
		}
		s.fault(err)
		select {
		case <-time.After(pause):
			pause = min(pause*2, lastPause)
		case <-s.ctx.Done():
			return nil
		}
	}
}
