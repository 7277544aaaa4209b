package settle

import (
	"context"
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

// patience is how many writes in a row may fail before smaller ones are tried:
// what a store fails on for ever must not stand in the way of all others.
const patience = 4

// run writes until nothing is left.
func (s *Settler) run() {
	failed, pause := 0, firstPause
	for {
		req, ok := s.take()
		if !ok {
			return
		}
		call, cancel := context.WithTimeout(s.ctx, s.Timeout)
		verdicts, err := s.Store.Settle(call, req)
		cancel()
		if err == nil {
			failed, pause = 0, firstPause
			s.answer(req.Outcomes, verdicts)
			continue
		}
		if s.ctx.Err() == nil {
			s.Fault(err)
		}
		failed++
		s.putBack(req, failed >= patience)
		select {
		case <-time.After(pause):
			pause = min(pause*2, lastPause)
		case <-s.ctx.Done():
		}
	}
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
	req := storage.SettleRequest{Session: s.Session, Outcomes: s.outcomes[:n:n]}
	for t := range s.started {
		req.Started = append(req.Started, t)
	}
	clear(s.started)
	s.flying = n
	if s.outcomes = s.outcomes[n:]; len(s.outcomes) == 0 {
		s.outcomes = nil
	}
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
		s.Answer(outcomes[i], v)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying, s.limit = 0, min(s.limit*2, maxOutcomes)
	close(s.progress)
	s.progress = make(chan struct{})
}

// putBack keeps what could not be written. It goes behind what waits, so that with
// smaller writes one that never succeeds meets no others.
func (s *Settler) putBack(req storage.SettleRequest, smaller bool) {
	s.mu.Lock()
	over := s.over
	s.flying = 0
	if !over {
		s.outcomes = append(s.outcomes, req.Outcomes...)
		for _, t := range req.Started {
			s.started[t] = struct{}{}
		}
		if smaller {
			s.limit = max(s.limit/2, 1)
		}
	}
	s.mu.Unlock()
	if over {
		for _, o := range req.Outcomes {
			s.Answer(o, storage.Refused)
		}
	}
}
