package report

import (
	"fmt"
	"slices"

	"github.com/gojobgen/jobgen/storage"
)

// End ends the source and puts into o what has not been told yet. It waits for a
// report that is being written. One whose answer was lost is told again with the
// outcome: its lines may then stand twice.
func (s *Source) End(o *storage.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.flight != nil && s.flight.landed != nil {
		landed := s.flight.landed
		s.mu.Unlock()
		<-landed
		s.mu.Lock()
	}
	o.Number, o.Progress, o.Logs = s.number+1, s.progress, s.lines
	if s.flight != nil {
		o.Logs = slices.Concat(s.flight.report.Logs, o.Logs)
		if o.Progress == nil {
			o.Progress = s.flight.report.Progress
		}
	}
	if more := s.said - storage.MaxLogLines + 1; more > 0 {
		o.Logs = append(o.Logs, storage.LogLine{At: s.lastLine, Level: "warn", Message: fmt.Sprintf("%d further lines were not kept", more)})
	}
	for _, c := range s.saves {
		c.done <- ErrOver
	}
	s.saves, s.lines = nil, nil
}
