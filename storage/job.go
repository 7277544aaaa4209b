package storage

import "time"

// Job is a stored job. Slices and maps must not be changed.
type Job struct {
	ID          ID
	Kind        string
	Fingerprint string
	Queue       string
	Priority    int
	State       State
	Reason      string // why it is in State
	Held        string // enqueued but on a held line: the line's reason (see HeldReason); else empty

	Payload    []byte // nil in lists
	Input      []byte // result of the parent InputFrom, kept when that parent succeeded
	InputFrom  ID
	InputParam string
	Metadata   map[string]string
	Options    []byte
	Result     []byte // nil in lists

	Attempt int // number of this run or the next one, from 1; never reset; released and snoozed runs do not count
	Retries int // retries used since insert or requeue
	Lost    int // ends of a session under its handler since insert or requeue
	Fetches int // how often it was fetched; never reset

	CreatedAt  time.Time
	EnqueuedAt time.Time     // last time it became enqueued
	DueAt      time.Time     // scheduled: when it becomes enqueued
	Delay      time.Duration // awaiting: its Due as an offset from its release
	ExpiresAt  time.Time     // cleared when first given to a session to start; zero: never, or not enqueued yet
	StartedAt  time.Time     // of the current or last run
	FinishedAt time.Time     // when it became final
	RetainedTo time.Time     // final: when it is swept

	Session         ID     // processing: who runs it
	Server          string // name of the server that runs or last ran it
	CancelRequested bool   // while processing; a final state clears it

	Parents    []ID
	On         Condition
	Batch      ID
	Unique     *Unique
	Limits     []Limit
	Recurring  string
	Occurrence time.Time

	Failure    *Failure // of the last failed run
	Progress   *Progress
	Checkpoint []byte
}

// Failure is what a run left behind that did not succeed.
type Failure struct {
	Type    string `json:"type,omitempty"` // Go type of the error, or "panic"
	Message string `json:"message"`
	Stack   string `json:"stack,omitempty"`
}

// Progress is the last that a running handler reported.
type Progress struct {
	Percent float64 `json:"percent"` // 0 to 100
	Note    string  `json:"note,omitempty"`
}

// HistoryEntry is one change of a job's state. A run has a processing entry
// (while it runs, derived from the claim) and one for how it ended.
type HistoryEntry struct {
	At       time.Time     `json:"at"`
	State    State         `json:"state"`
	Reason   string        `json:"reason,omitempty"`
	Attempt  int           `json:"attempt,omitempty"`
	Fetch    int           `json:"fetch,omitempty"`
	Session  ID            `json:"session,omitzero"`
	Server   string        `json:"server,omitempty"`
	Duration time.Duration `json:"duration,omitempty"` // of the run that ended
	Failure  *Failure      `json:"failure,omitempty"`
	Outcome  OutcomeKind   `json:"outcome,omitempty"` // entries that end a run
}

// LogLine is one line that a handler logged.
type LogLine struct {
	At      time.Time `json:"at"`
	Level   string    `json:"level,omitempty"`
	Message string    `json:"message"`
	Fields  string    `json:"fields,omitempty"` // further fields as a JSON object
}

// Why a job is on a held line: Job.Held is one of these, with the name where one follows.
const (
	HeldKind       = "kind"        // "kind:NAME@FINGERPRINT": no asking server reads it
	HeldPausedKind = "paused-kind" // "paused-kind:NAME"
	HeldLimit      = "limit"       // "limit:KEY"
	HeldRate       = "rate"        // "rate:KEY"
)
