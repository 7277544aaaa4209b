package settle

import (
	"runtime"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/pause"
	"github.com/gojobgen/jobgen/runtime/internal/stack"
	"github.com/gojobgen/jobgen/storage"
)

// Limits of one write.
const (
	maxOutcomes = 2000
	maxBytes    = 8 << 20
)

// Where outcomes come faster than they can be written few by few, they are let come
// together for as long as a write takes, within a bound. Who comes after a quiet moment
// does not wait.
const (
	manyOutcomes = 100
	maxGather    = 5 * time.Millisecond
)

// patience is how many writes in a row may fail before smaller ones are tried:
// what a store fails on for ever must not stand in the way of all others.
const patience = 4

// run writes until nothing is left.
func (s *Settler) run() {
	stack.Grow()
	failed := 0
	var pauses pause.Pauses
	for {
		runtime.Gosched() // who is about to add an outcome may do so: it costs nothing when nobody is
		req, ok := s.take()
		if !ok {
			return
		}
		call, cancel := s.Call(s.ctx)
		tried := time.Now()
		verdicts, err := s.Store.Settle(call, req)
		cancel()
		if err == nil {
			failed = 0
			pauses.Reset()
			few := len(req.Outcomes) < manyOutcomes
			s.answer(req.Outcomes, verdicts)
			if few && s.more() {
				pause.For(s.ctx, min(time.Since(tried), maxGather))
			}
			continue
		}
		if s.ctx.Err() == nil {
			s.Fault(err)
		}
		failed++
		s.putBack(req, failed >= patience)
		pauses.Sleep(s.ctx, tried)
	}
}

// more reports whether there are outcomes to write, but not many.
func (s *Settler) more() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.outcomes) > 0 && len(s.outcomes) < manyOutcomes && !s.over
}

// take cuts off what fits one write; when nothing is left, the settler rests.
func (s *Settler) take() (storage.SettleRequest, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := fit(s.outcomes, s.limit)
	if s.over || n == 0 && len(s.started) == 0 {
		s.busy = false
		return storage.SettleRequest{}, false
	}
	req := storage.SettleRequest{Session: s.Session, Started: s.started}
	if n == len(s.outcomes) {
		req.Outcomes, s.outcomes = s.outcomes, s.spare[:0]
	} else {
		req.Outcomes = append(s.spare[:0], s.outcomes[:n]...)
		left := copy(s.outcomes, s.outcomes[n:])
		clear(s.outcomes[left:])
		s.outcomes = s.outcomes[:left]
	}
	s.spare, s.started, s.flying = nil, nil, n
	return req, true
}

// fit is how many of the outcomes go into one write: at least one, if there is one.
func fit(outcomes []storage.Outcome, limit int) int {
	bytes := 0
	for i := range outcomes {
		bytes += size(&outcomes[i])
		if i == limit || i > 0 && bytes > maxBytes {
			return i
		}
	}
	return len(outcomes)
}

// size is about how many bytes o takes.
func size(o *storage.Outcome) int {
	n := len(o.Result)
	if o.Failure != nil {
		n += len(o.Failure.Message) + len(o.Failure.Stack)
	}
	for i := range o.Logs {
		n += len(o.Logs[i].Message) + len(o.Logs[i].Fields)
	}
	return n
}

// answer tells the verdicts before the outcomes count as written, so that what
// Answer adds is waited for too.
func (s *Settler) answer(outcomes []storage.Outcome, verdicts []storage.Verdict) {
	for i, v := range verdicts {
		s.Answer(&outcomes[i], v)
	}
	clear(outcomes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying, s.limit = 0, min(s.limit*2, maxOutcomes)
	s.spare = outcomes
	if s.awaited {
		s.awaited = false
		close(s.progress)
		s.progress = make(chan struct{})
	}
}

// putBack keeps what could not be written. It goes behind what waits, so that with
// smaller writes one that never succeeds meets no others.
func (s *Settler) putBack(req storage.SettleRequest, smaller bool) {
	s.mu.Lock()
	over := s.over
	s.flying = 0
	if !over {
		s.outcomes = append(s.outcomes, req.Outcomes...)
		s.started = append(s.started, req.Started...)
		if smaller {
			s.limit = max(len(req.Outcomes)/2, 1)
		}
	}
	s.mu.Unlock()
	if over {
		for i := range req.Outcomes {
			s.Answer(&req.Outcomes[i], storage.Refused)
		}
	}
}
