// Package settle writes the ends of runs. While one write is in flight, the
// outcomes that arrive wait together for the next, so a busy session costs a few
// round trips per hundred jobs and an idle one has no extra latency. What cannot be
// written is kept and written again: a storage fault is never a job's fault.
package settle

import (
	"context"
	"fmt"
	"sync"

	"github.com/gojobgen/jobgen/storage"
)

// Config is what a Settler needs. All fields are required.
type Config struct {
	Store   storage.Worker
	Session storage.ID
	// Call bounds one write; the function it returns ends the bound.
	Call func(context.Context) (context.Context, context.CancelFunc)
	// Answer is told the verdict on each outcome, which it may keep a copy of, and may
	// add others.
	Answer func(*storage.Outcome, storage.Verdict)
	// Fault is told of each write that failed and will be tried again.
	Fault func(error)
}

// Settler gathers the outcomes of one session. Make one with New. It is safe for
// concurrent use.
type Settler struct {
	Config
	ctx  context.Context
	stop context.CancelFunc

	mu       sync.Mutex
	outcomes []storage.Outcome
	spare    []storage.Outcome // the last write's, for the next
	started  []storage.Token
	flying   int           // outcomes taken and not answered yet
	limit    int           // outcomes in one write; less while writes fail
	busy     bool          // a goroutine writes
	over     bool          // stopped
	progress chan struct{} // closed and replaced after a write that somebody awaits
	awaited  bool
}

// New makes a settler.
func New(c Config) *Settler {
	s := &Settler{Config: c, limit: maxOutcomes, progress: make(chan struct{})}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Add hands over an outcome. It never blocks. After Stop it is answered as refused.
func (s *Settler) Add(o *storage.Outcome) {
	s.mu.Lock()
	over := s.over
	if !over {
		s.outcomes = append(s.outcomes, *o)
		s.kick()
	}
	s.mu.Unlock()
	if over {
		s.Answer(o, storage.Refused)
	}
}

// Started writes that the handlers of jobs fetched ahead run now.
func (s *Settler) Started(tokens []storage.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(tokens) > 0 && !s.over {
		s.started = append(s.started, tokens...)
		s.kick()
	}
}

func (s *Settler) kick() {
	if !s.busy {
		s.busy = true
		go s.run()
	}
}

// Wait waits until at most n outcomes are not written yet.
func (s *Settler) Wait(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		left, progress := len(s.outcomes)+s.flying, s.progress
		s.awaited = s.awaited || left > n
		s.mu.Unlock()
		if left <= n {
			return nil
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return fmt.Errorf("%d outcomes could not be written: %w", left, context.Cause(ctx))
		}
	}
}

// Stop gives up what is not written: it is answered as refused, and so is what is
// added later. The runs end with their session.
func (s *Settler) Stop() {
	s.mu.Lock()
	left := s.outcomes
	s.outcomes, s.over = nil, true
	s.mu.Unlock()
	s.stop()
	for i := range left {
		s.Answer(&left[i], storage.Refused)
	}
}
