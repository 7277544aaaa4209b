// Package report sends to the store what running handlers tell: progress, log lines
// and checkpoints, those of all runs of a session in one call.
package report

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// ErrOver is the error of a checkpoint whose run is over for this session: it
// ended, or it goes on elsewhere.
var ErrOver = errors.New("the run is over")

// Run is the run that a Source belongs to.
type Run interface {
	Refused() // the store says that the token is dead
}

// Source collects what one running handler tells. Start makes it ready. It is safe for
// concurrent use.
type Source struct {
	token storage.Token
	loop  *Loop
	run   Run

	mu       sync.Mutex
	number   uint64 // of the last report
	progress *storage.Progress
	lines    []storage.LogLine
	said     int // lines over the whole run
	lastLine time.Time
	saves    []save // checkpoints not answered yet, oldest first
	flight   *flight
	over     bool // its outcome is made
}

// save is a checkpoint on its way.
type save struct {
	data []byte
	done chan error
}

// flight is a report whose answer is not known. While it is, no other is made.
type flight struct {
	report storage.Report
	saves  int           // how many of Source.saves it answers
	landed chan struct{} // closed when the call that carries it ended; nil: none does
}

// Start makes the source of a run, before anything else is done with it.
func (s *Source) Start(l *Loop, token storage.Token, run Run) {
	s.loop, s.token, s.run = l, token, run
}

// Progress notes the latest progress.
func (s *Source) Progress(p *storage.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress = p
}

// Log adds a line. The last of storage.MaxLogLines is kept free to say how many
// more there were.
func (s *Source) Log(line storage.LogLine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastLine = line.At
	if s.said++; s.said < storage.MaxLogLines && !s.over {
		s.lines = append(s.lines, line)
	}
}

// Checkpoint waits until data is stored, ctx ends, or the run or its session is over.
func (s *Source) Checkpoint(ctx context.Context, data []byte) error {
	if data == nil {
		data = []byte{} // nil means unchanged
	}
	c := save{data, make(chan error, 1)}
	s.mu.Lock()
	over := s.over
	if !over {
		s.saves = append(s.saves, c)
	}
	s.mu.Unlock()
	if over {
		return ErrOver
	}
	s.loop.Kick()
	select {
	case err := <-c.done:
		return err
	case <-s.loop.over:
		return ErrOver
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// next is the report in flight, or a new one when there is something to tell.
func (s *Source) next() *flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return nil
	}
	if s.flight == nil {
		if s.progress == nil && len(s.lines) == 0 && len(s.saves) == 0 {
			return nil
		}
		s.number++
		f := &flight{saves: len(s.saves), report: storage.Report{
			Token: s.token, Number: s.number, Progress: s.progress, Logs: s.lines,
		}}
		if f.saves > 0 {
			f.report.Checkpoint = s.saves[f.saves-1].data
		}
		s.progress, s.lines, s.flight = nil, nil, f
	}
	s.flight.landed = make(chan struct{})
	return s.flight
}

// lost: the call that carried the report failed. It flies again as it is.
func (s *Source) lost() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.flight.landed)
	s.flight.landed = nil
}

// answered ends the report in flight and the checkpoints it carried.
func (s *Source) answered(v storage.Verdict) {
	var err error
	switch v {
	case storage.Refused:
		err = ErrOver
		s.run.Refused()
	case storage.Unstorable:
		err = storage.ErrTooLarge
	}
	s.mu.Lock()
	f := s.flight
	s.flight = nil
	close(f.landed)
	for _, c := range s.saves[:f.saves] {
		c.done <- err
	}
	s.saves = s.saves[f.saves:]
	more := len(s.saves) > 0
	s.mu.Unlock()
	if more {
		s.loop.Kick()
	}
}
