package storage

import "context"

// Action is what an operator or the service does to stored jobs.
type Action uint8

// The actions. Each skips jobs in states it does not apply to.
const (
	// Requeue: a final job becomes enqueued with fresh retries, loss count and expiry;
	// its result is dropped, and its checkpoint after a success. What was skipped by
	// its last end, and below that, becomes awaiting again; what fired stays fired. A
	// job with an edge that is not judged becomes awaiting itself; one with an edge that
	// is not met is skipped.
	Requeue Action = iota + 1
	// RunNow: a scheduled job becomes enqueued.
	RunNow
	// Reschedule: a scheduled or enqueued job becomes scheduled for Due.
	Reschedule
	// Cancel: a scheduled, awaiting or enqueued job becomes deleted; a processing one
	// gets a request, its context ends and the handler's return decides. Asking again
	// is no error.
	Cancel
	// Remove: as Cancel; a final job is removed at once with its history, unless an
	// awaiting job still waits for it.
	Remove
)

var actionNames = [...]string{"", "requeue", "run now", "reschedule", "cancel", "remove"}

// String is the action's name in lower case.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "unknown action"
}

// Control is an action on the jobs with the given ids, or on those that match
// Filter, oldest first, at most Limit in one call (1000 at most).
type Control struct {
	Action Action
	IDs    []ID    // at most 1000
	Filter *Filter // used when IDs is empty
	After  ID      // with Filter: continue behind this id
	Limit  int
	Expect State // skip jobs in another state; 0: any
	Due    When  // Reschedule
	// Payload and Fingerprint replace the arguments in a Requeue of one id: edit and retry.
	Payload     []byte
	Fingerprint string
	Reason      string // for the history
	By          string // who; the history entry names it
}

// ControlResult says what was done.
type ControlResult struct {
	Done    []ID // changed, or requested to cancel
	Skipped []Skip
	Last    ID   // with Filter: give it as After of the next call
	More    bool // with Filter: there may be more
}

// Skip is a job that an action did not apply to: it is gone, in another state, its
// unique key is taken, or its last end still releases others.
type Skip struct {
	ID  ID
	Why string
}

// PauseTarget is what can be paused besides recurring jobs.
type PauseTarget uint8

// A paused queue gives no jobs; jobs of a paused kind wait on a held line.
const (
	PauseQueue PauseTarget = iota + 1
	PauseKind
)

// Controller changes stored jobs from outside.
type Controller interface {
	// Control acts on each job atomically with all it releases. It is not idempotent: a
	// repeated Requeue may run a job again that has finished meanwhile.
	Control(ctx context.Context, c Control) (ControlResult, error)

	// Pause pauses or resumes a queue or kind, existing or not; by names who did.
	Pause(ctx context.Context, target PauseTarget, name string, paused bool, by string) error

	// CancelBatch marks the batch and those nested in it as cancelled and sealed, then
	// cancels their jobs that are not final, in bounded steps; it reports whether more
	// are left: call again. A job inserted into, released in or returned to a cancelled
	// batch is deleted in the same step. Requeueing one of its jobs clears the mark of
	// its batch and of those around it.
	CancelBatch(ctx context.Context, id ID, by string) (more bool, err error)
}
