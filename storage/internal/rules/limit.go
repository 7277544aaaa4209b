package rules

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// KindLine is Job.Held of a job that no asking server reads.
func KindLine(kind, fingerprint string) string {
	return storage.HeldKind + ":" + kind + "@" + fingerprint
}

// PausedKindLine is Job.Held of a job of a paused kind.
func PausedKindLine(kind string) string { return storage.HeldPausedKind + ":" + kind }

// LimitLine is Job.Held of a job that l holds back.
func LimitLine(l storage.Limit) string {
	if l.Per > 0 {
		return storage.HeldRate + ":" + l.Key
	}
	return storage.HeldLimit + ":" + l.Key
}

// HeldCause is the cause in a Job.Held: one of the storage.Held constants.
func HeldCause(held string) string {
	for i := range len(held) {
		if held[i] == ':' {
			return held[:i]
		}
	}
	return held
}

// RateFree says when a job with rate limit l may start, given the starts counted for
// its key, oldest first: the zero time when that is now. Only the newest l.Max of them
// matter, so a store keeps [storage.MaxRate] at most.
func RateFree(l storage.Limit, starts []time.Time, now time.Time) time.Time {
	if len(starts) < l.Max {
		return time.Time{}
	}
	if free := starts[len(starts)-l.Max].Add(l.Per); free.After(now) {
		return free
	}
	return time.Time{}
}
