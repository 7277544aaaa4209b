package memstore

import (
	"bytes"
	"context"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Settle implements [storage.Worker].
func (s *Store) Settle(ctx context.Context, r storage.SettleRequest) ([]storage.Verdict, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	for _, t := range r.Started {
		if j := s.running(r.Session, t); j != nil && j.ahead {
			s.begin(j, s.now)
		}
	}
	verdicts := make([]storage.Verdict, len(r.Outcomes))
	for i := range r.Outcomes {
		verdicts[i] = s.settle(r.Session, &r.Outcomes[i])
	}
	return verdicts, nil
}

// running is the job whose run a token of the session is about, nil when the token is
// dead or another session's.
func (s *Store) running(session storage.ID, t storage.Token) *job {
	sess := s.sessions[session]
	if sess == nil || t.Session != session {
		return nil
	}
	if j := sess.running[t.Job]; j != nil && j.Fetches == t.Fetch {
		return j
	}
	return nil
}

// settle writes one outcome as a step of its own.
func (s *Store) settle(session storage.ID, o *storage.Outcome) storage.Verdict {
	j := s.running(session, o.Token)
	if j == nil {
		return s.settledBefore(session, o)
	}
	if !rules.Storable(*o) {
		return storage.Unstorable
	}
	if o.Progress != nil || len(o.Logs) > 0 {
		s.record(j, o.Number, o.Progress, o.Logs)
	}
	end := rules.EndOf(*o, j.CancelRequested)
	e := s.outcomeEntry(j, o)
	reason := o.Reason
	if end.Cut {
		reason = j.cancelReason
	}
	j.settled, j.settledAs, j.noAhead = o.Token, o.Kind, false
	s.stats.ran(s.now, j, e.Duration, end.Retried)
	s.leave(j)
	switch {
	case end.State.Final():
		j.counted = end.Counted
		if o.Kind == storage.Succeed && len(o.Result) > 0 {
			j.Result = bytes.Clone(o.Result)
		}
		s.finish(j, end.State, reason, e, o.Retain)
	default:
		s.wait(j, end, reason, e)
	}
	s.flush()
	return storage.Accepted
}

// wait makes a job wait again after a run.
func (s *Store) wait(j *job, end rules.End, reason string, e storage.HistoryEntry) {
	if end.Counted {
		j.Attempt++
	}
	if end.Retried {
		j.Retries++
	}
	if end.State == storage.Scheduled {
		s.schedule(j, rules.After(s.now, end.Delay), reason, e)
		j.retried = end.Retried && j.State == storage.Scheduled
		return
	}
	if e.Outcome == storage.Release {
		s.enqueueInPlace(j, reason, e)
		return
	}
	s.enqueue(j, reason, e)
}

// settledBefore judges an outcome of a dead token: this very one was written, or not.
func (s *Store) settledBefore(session storage.ID, o *storage.Outcome) storage.Verdict {
	j := s.jobs[o.Token.Job]
	if j == nil || o.Kind == 0 || o.Token.Session != session {
		return storage.Refused
	}
	was := j.settledAs
	if j.settled != o.Token {
		was = rules.Settled(j.history, o.Token)
	}
	if was == o.Kind {
		return storage.Accepted
	}
	return storage.Refused
}

// outcomeEntry is the history entry of an outcome; it also writes the failure into
// the job and notes the start of a job whose start nobody told.
func (s *Store) outcomeEntry(j *job, o *storage.Outcome) storage.HistoryEntry {
	e := s.runEntry(j)
	e.Outcome, e.Duration = o.Kind, max(o.Duration, 0)
	if j.ahead && o.Kind != storage.Release {
		s.begin(j, rules.Cut(s.now.Add(-e.Duration)))
	}
	switch o.Kind {
	case storage.Fail, storage.Retry, storage.Delete:
		e.Failure = rules.Failure(o.Failure)
		if e.Failure != nil || o.Kind != storage.Delete {
			j.Failure = e.Failure
		}
	}
	return e
}

// Report implements [storage.Worker].
func (s *Store) Report(ctx context.Context, session storage.ID, reports []storage.Report) ([]storage.Verdict, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	verdicts := make([]storage.Verdict, len(reports))
	for i := range reports {
		r := &reports[i]
		j := s.running(session, r.Token)
		switch {
		case j == nil:
			verdicts[i] = storage.Refused
		case !rules.ReportStorable(*r):
			verdicts[i] = storage.Unstorable
		default:
			verdicts[i] = storage.Accepted
			if s.record(j, r.Number, r.Progress, r.Logs) && r.Checkpoint != nil {
				j.Checkpoint = bytes.Clone(r.Checkpoint)
			}
		}
	}
	return verdicts, nil
}

// record writes what a report tells, unless it is a repetition or came late.
func (s *Store) record(j *job, number uint64, p *storage.Progress, logs []storage.LogLine) bool {
	if number <= j.report {
		return false
	}
	j.report = number
	if p != nil {
		j.Progress = rules.Progress(p)
	}
	j.log(logs)
	return true
}

// log adds lines to the log of j; those over the limit of an attempt are counted only.
func (j *job) log(lines []storage.LogLine) {
	if j.logOf != j.Attempt {
		j.logOf, j.logged = j.Attempt, 0
	}
	keep := rules.LogLines(j.logged, len(lines))
	for i, l := range lines {
		j.lines++
		if i < keep {
			j.logs = append(j.logs, storage.NumberedLine{Number: j.lines, Fetch: j.Fetches, LogLine: rules.LogLine(l)})
		}
	}
	j.logged += len(lines)
}
