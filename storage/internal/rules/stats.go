package rules

import (
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// How statistics are kept: fine steps for a short time, coarse ones for long.
const (
	FineStep   = time.Minute
	FineKept   = 48 * time.Hour
	CoarseStep = time.Hour
	CoarseKept = 90 * 24 * time.Hour
	// MaxSteps is the most steps of one answer.
	MaxSteps = 1500
)

// Coarse reports whether steps of this length are answered from hours; others are
// answered from minutes.
func Coarse(step time.Duration) bool { return step%CoarseStep == 0 }

// StepOf is the start of the step of time that t is in, in UTC. Steps are counted
// from the zero time, so that days start at midnight and weeks on Monday.
func StepOf(t time.Time, step time.Duration) time.Time { return t.UTC().Truncate(step) }

// Steps is the empty answer to q: one [storage.Stat] for every step from that of
// From to the one before To. A store adds its numbers to the one at [StepIndex].
func Steps(q storage.StatQuery) ([]storage.Stat, error) {
	switch {
	case q.Step <= 0 || q.Step%time.Minute != 0:
		return nil, fmt.Errorf("%w: Step %v is not a multiple of a minute", storage.ErrInvalid, q.Step)
	case q.From.IsZero() || q.To.IsZero() || q.To.Before(q.From):
		return nil, fmt.Errorf("%w: From %v to To %v is no span of time", storage.ErrInvalid, q.From, q.To)
	}
	first := StepOf(q.From, q.Step)
	n := (q.To.Sub(first) + q.Step - 1) / q.Step
	if n > MaxSteps {
		return nil, fmt.Errorf("%w: %d steps of %v, at most %d are given: take a longer Step or a shorter span",
			storage.ErrTooLarge, n, q.Step, MaxSteps)
	}
	steps := make([]storage.Stat, n)
	for i := range steps {
		steps[i].At = first.Add(time.Duration(i) * q.Step)
	}
	return steps, nil
}

// StepIndex is where in steps the numbers of a time belong, -1 for nowhere.
func StepIndex(steps []storage.Stat, step time.Duration, at time.Time) int {
	if len(steps) == 0 || at.Before(steps[0].At) {
		return -1
	}
	if i := at.Sub(steps[0].At) / step; i < time.Duration(len(steps)) {
		return int(i)
	}
	return -1
}
