// Package recur fires recurring jobs. Which occurrences fire is a pure decision: the
// store says what is due and at what time, and makes each decision one atomic step.
package recur

import (
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/runtime/cron"
	"github.com/gojobgen/jobgen/storage"
)

// Grace is how late an occurrence may fire and still count as in time under
// MisfireSkip.
const Grace = 15 * time.Second

// Schedule reads the cron expression and the zone of a recurring job.
func Schedule(r storage.Recurring) (*cron.Schedule, *time.Location, error) {
	s, err := cron.Parse(r.Cron)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", storage.ErrInvalid, err)
	}
	loc, err := time.LoadLocation(r.Zone) // "" is UTC
	if err != nil {
		return nil, nil, fmt.Errorf("%w: time zone %q: %w; use an IANA name such as Europe/Berlin, and import time/tzdata where the system has no zones",
			storage.ErrInvalid, r.Zone, err)
	}
	return s, loc, nil
}

// Next is the first occurrence after t in UTC; zero when there is none.
func Next(r storage.Recurring, t time.Time) (time.Time, error) {
	s, loc, err := Schedule(r)
	if err != nil {
		return time.Time{}, err
	}
	return next(s, t.In(loc)), nil
}

func next(s *cron.Schedule, t time.Time) time.Time {
	n, ok := s.Next(t)
	if !ok {
		return time.Time{}
	}
	return n.UTC()
}

// Fire is the step for a recurring job that is due at now: the occurrences from
// r.Next to now fire as the misfire policy says, and the next one lies after now.
func Fire(r storage.Recurring, now time.Time) (storage.Fire, error) {
	s, loc, err := Schedule(r)
	if err != nil {
		return storage.Fire{}, err
	}
	f := storage.Fire{ID: r.ID, Expected: r.Next, UnlessRunning: !r.Overlap, Next: next(s, now.In(loc))}
	for _, at := range occurrences(r, s, now.In(loc)) {
		f.Jobs = append(f.Jobs, job(r, at))
	}
	return f, nil
}

// occurrences that fire: the latest one that is due, or with MisfireAll the latest
// storage.MaxMissed. The search goes backwards from now, so that a year of missed
// seconds costs no more than a minute of them.
func occurrences(r storage.Recurring, s *cron.Schedule, now time.Time) []time.Time {
	limit := 1
	if r.Misfire == storage.MisfireAll {
		limit = storage.MaxMissed
	}
	var due []time.Time
	at, ok := s.Prev(now.Add(time.Second)) // Prev is strictly before
	for ok && at.After(now) {
		at, ok = s.Prev(at)
	}
	for ; ok && at.After(r.Next) && len(due) < limit; at, ok = s.Prev(at) {
		due = append(due, at.UTC())
	}
	if len(due) < limit {
		due = append(due, r.Next) // as stored: its expression may have changed since
	}
	if r.Misfire == storage.MisfireSkip && now.Sub(due[0]) > Grace {
		return nil
	}
	for i, j := 0, len(due)-1; i < j; i, j = i+1, j-1 {
		due[i], due[j] = due[j], due[i]
	}
	return due
}

// job is the job of one occurrence.
func job(r storage.Recurring, at time.Time) storage.NewJob {
	j := r.Job
	j.ID = storage.NewIDIn(storage.LaneOf(r.ID))
	j.Recurring, j.Occurrence = r.ID, at
	return j
}
