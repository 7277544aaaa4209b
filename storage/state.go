package storage

import (
	"fmt"
	"strconv"
)

// State is where a job stands. The zero value is no state.
type State uint8

// The states. Succeeded, failed and deleted are final: they release what waits
// for the job and start its retention.
const (
	Scheduled  State = iota + 1 // waits for its time: first run or retry
	Awaiting                    // waits for its parents
	Enqueued                    // waits for a worker, or is held
	Processing                  // a session runs it
	Succeeded                   // final
	Failed                      // final: retries used up, or lost too often
	Deleted                     // final: cancelled, expired or skipped
)

var stateNames = [...]string{"", "scheduled", "awaiting", "enqueued", "processing", "succeeded", "failed", "deleted"}

// States lists all states in the order of a job's life.
func States() []State {
	return []State{Scheduled, Awaiting, Enqueued, Processing, Succeeded, Failed, Deleted}
}

// String is the state's name in lower case.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "state(" + strconv.Itoa(int(s)) + ")"
}

// Final reports whether nothing happens to a job in s by itself any more, but its removal.
func (s State) Final() bool { return s == Succeeded || s == Failed || s == Deleted }

// ParseState reads the name that [State.String] writes.
func ParseState(name string) (State, error) {
	for s, n := range stateNames {
		if n == name && n != "" {
			return State(s), nil
		}
	}
	return 0, fmt.Errorf("%w: %q is not a state", ErrInvalid, name)
}

// MarshalText implements [encoding.TextMarshaler].
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *State) UnmarshalText(text []byte) (err error) {
	*s, err = ParseState(string(text))
	return err
}

// Condition says which ends of its parents let a continuation run.
type Condition uint8

// The conditions. For a batch as parent, success means that every job of it
// succeeded, failure that all are final and at least one failed, deleted that
// all are final, none failed and at least one was deleted.
const (
	OnSuccess Condition = iota
	OnFailure
	OnDeleted
	OnAny
)

var conditionNames = [...]string{"success", "failure", "deleted", "any"}

// String is the condition's name in lower case.
func (c Condition) String() string {
	if int(c) < len(conditionNames) {
		return conditionNames[c]
	}
	return "condition(" + strconv.Itoa(int(c)) + ")"
}

// Met reports whether a parent that ended in s satisfies c. A state that is not final never does.
func (c Condition) Met(s State) bool {
	switch c {
	case OnSuccess:
		return s == Succeeded
	case OnFailure:
		return s == Failed
	case OnDeleted:
		return s == Deleted
	}
	return s.Final()
}
