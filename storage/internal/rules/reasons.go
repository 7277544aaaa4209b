package rules

import (
	"fmt"

	"github.com/gojobgen/jobgen/storage"
)

// Reasons that need no name.
const (
	Expired    = "expired"
	ParentGone = "a parent is gone" // deleted: its end can no longer be known
	Promoted   = "its time came"    // scheduled became enqueued
	NotFound   = "not found"        // Skip.Why: no such job
	// StillReleasing is the Skip.Why of a job whose last end still releases others.
	StillReleasing = "its last end still releases others"
	// StillAwaited is the Skip.Why of a final job that cannot be removed yet.
	StillAwaited = "an awaiting job waits for it"
)

// Skipped is why a child is deleted whose edge was judged and not met.
func Skipped(run int, parent storage.ID) string {
	return fmt.Sprintf("skipped by run %d of %s", run, parent)
}

// Released is why an awaiting child becomes enqueued or scheduled: the end that met
// its last edge.
func Released(run int, parent storage.ID) string {
	return fmt.Sprintf("released by run %d of %s", run, parent)
}

// Restored is why a skipped child is awaiting again.
func Restored(parent storage.ID) string { return fmt.Sprintf("restored with %s", parent) }

// LostWith is why a job of a dead session is enqueued again.
func LostWith(server string) string { return "lost with server " + server }

// LostTooOften is why a job of a dead session failed: with it ended this many runs.
func LostTooOften(server string, lost int) string {
	return fmt.Sprintf("lost with server %s: %d of its runs ended with their server", server, lost)
}

// ReleasedBy is why a job of a closed session is enqueued again.
func ReleasedBy(server string) string { return "released by server " + server }

// BatchCancelled is why a job in a cancelled batch is deleted.
func BatchCancelled(batch storage.ID, by string) string {
	return with("cancelled with batch "+batch.String(), by, "")
}

// KeyTaken is the Skip.Why of a job whose unique key another job holds.
func KeyTaken(holder storage.ID) string { return fmt.Sprintf("its unique key is held by %s", holder) }

// KeyInTransaction is the Skip.Why of a job whose unique key an open transaction of a
// caller has.
const KeyInTransaction = "its unique key is in a transaction that is open"

// InState is the Skip.Why of a job that the action does not apply to.
func InState(s storage.State) string { return "it is " + s.String() }

// By is the reason that an action leaves in the history: what was done, who did it,
// and why, as far as they are known.
func By(action storage.Action, by, reason string) string {
	words := [...]string{"", "requeued", "run now", "rescheduled", "cancelled", "removed"}
	word := action.String()
	if int(action) < len(words) {
		word = words[action]
	}
	return with(word, by, reason)
}

func with(word, by, reason string) string {
	if by != "" {
		word += " by " + by
	}
	if reason != "" {
		word += ": " + reason
	}
	return Reason(word)
}
