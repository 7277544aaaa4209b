package rules

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/gojobgen/jobgen/storage"
)

// Storable reports whether a store can ever keep o; where not, the verdict on a live
// token is Unstorable. A dead token is judged first.
func Storable(o storage.Outcome) bool {
	if o.Kind < storage.Succeed || o.Kind > storage.Release {
		return false
	}
	return o.Kind != storage.Succeed || len(o.Result) == 0 ||
		len(o.Result) <= storage.MaxResult && utf8.Valid(o.Result) && json.Valid(o.Result)
}

// ReportStorable reports whether a store can ever keep r.
func ReportStorable(r storage.Report) bool { return len(r.Checkpoint) <= storage.MaxCheckpoint }

// End is what an outcome makes of its job.
type End struct {
	State   storage.State
	Delay   time.Duration // Scheduled: from now
	Counted bool          // the run counts as an attempt: the next one has the next number
	Retried bool          // it counts a retry
	Cut     bool          // a pending request to cancel turned a waiting end into Deleted: its reason stands
}

// EndOf says what an outcome makes of a job whose cancellation is requested or not.
func EndOf(o storage.Outcome, cancelRequested bool) End {
	end := End{Counted: o.Kind != storage.Snooze && o.Kind != storage.Release}
	switch o.Kind {
	case storage.Succeed:
		end.State = storage.Succeeded
	case storage.Fail:
		end.State = storage.Failed
	case storage.Delete:
		end.State = storage.Deleted
	default:
		if cancelRequested {
			end.State, end.Cut = storage.Deleted, true
			return end
		}
		end.Retried = o.Kind == storage.Retry
		end.State = storage.Enqueued
		if o.Delay >= time.Millisecond && o.Kind != storage.Release {
			end.State, end.Delay = storage.Scheduled, o.Delay
		}
	}
	return end
}

// LostEnd says what becomes of a job whose session died. Lost is the number of ends
// of this kind with this one, where the run had started. Start is whether it had, and
// maxLost the rule of the dead session.
func LostEnd(server string, started bool, lost, maxLost int, cancelRequested bool, cancelReason string) (storage.State, string) {
	if maxLost <= 0 {
		maxLost = storage.DefaultMaxLost
	}
	switch {
	case cancelRequested:
		return storage.Deleted, cancelReason
	case started && lost > maxLost:
		return storage.Failed, LostTooOften(server, lost)
	}
	return storage.Enqueued, LostWith(server)
}
