package rules

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Cut is t as stores keep it: UTC, whole milliseconds, no monotonic reading. The
// zero time stays zero.
func Cut(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// Due resolves w against now, cut. A job whose due time is not after now is enqueued.
func Due(w storage.When, now time.Time) time.Time { return Cut(w.Time(Cut(now))) }

// After is the time d after now, cut; a negative d counts as zero.
func After(now time.Time, d time.Duration) time.Time { return Cut(Cut(now).Add(max(d, 0))) }

// Seen is a stored time that counts as now when it is later than the store's clock,
// as after a change to a machine whose clock is behind.
func Seen(stored, now time.Time) time.Time {
	if stored.After(now) {
		return now
	}
	return stored
}

// RetainedTo is when a job that became final in state at now is swept. Retain is
// what its outcome says: 0 (or less) means the default of the state, and less than
// [storage.MinRetain] means that.
func RetainedTo(state storage.State, now time.Time, retain time.Duration) time.Time {
	switch {
	case retain > 0:
		retain = max(retain, storage.MinRetain)
	case state == storage.Succeeded:
		retain = storage.RetainSucceeded
	case state == storage.Failed:
		retain = storage.RetainFailed
	default:
		retain = storage.RetainDeleted
	}
	return After(now, retain)
}
