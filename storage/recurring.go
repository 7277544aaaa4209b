package storage

import (
	"context"
	"time"
)

// Misfire says what happens to occurrences that no server fired in time.
type Misfire uint8

// MisfireOnce fires one job for all that were missed, MisfireAll one for each
// (at most 1000), MisfireSkip none.
const (
	MisfireOnce Misfire = iota
	MisfireAll
	MisfireSkip
)

// Recurring is a recurring job. Times are computed by the caller: a store knows
// nothing of cron.
type Recurring struct {
	ID       string
	Owner    string // set: declared in code of this service; empty: made by a call
	Revision int64  // of the declaring code; a lower one does not overwrite a higher one that is still declared
	Cron     string
	Zone     string // IANA name; empty: UTC
	Misfire  Misfire
	Overlap  bool   // fire while the job of the last occurrence is not final
	Job      NewJob // template: ID, Due, Recurring and Occurrence are set at each fire
	Paused   bool
	PausedBy string

	Next      time.Time // next occurrence; zero: never
	Last      time.Time // last occurrence that was fired or skipped
	LastJob   ID
	CreatedAt time.Time
	UpdatedAt time.Time
	Declared  time.Time // last declaration
}

// Fire moves a recurring job on from one occurrence. The job of an occurrence has
// Recurring and Occurrence set; (id, occurrence) is stored at most once ever while
// retained.
type Fire struct {
	ID       string
	Expected time.Time // Next as read; a different one means that somebody else fired: nothing happens
	Next     time.Time // the new next; zero: never
	Jobs     []NewJob  // at most MaxMissed, ids in LaneOf(ID); none: the occurrence is skipped
	// UnlessRunning stores no job when LastJob is not final yet, and else the last one only.
	UnlessRunning bool
	// Trigger is an extra run, paused or not: Expected and Next are ignored, Next and
	// Last stay, LastJob is set. Its job has no Occurrence and is idempotent by id.
	Trigger bool
}

// Recurrer keeps recurring jobs.
type Recurrer interface {
	// PutRecurring adds or updates by ID, each atomically, and answers each in order.
	// Last, LastJob and Paused are kept. Next is kept unless Cron or Zone changed, and
	// also then while the stored one is due. Overwriting another owner's is ErrInvalid
	// while that owner has a live session or declared it within ForgetDeclared. A lower
	// Revision of the same owner is ignored while the stored one was declared within
	// ForgetDeclared.
	PutRecurring(ctx context.Context, rs []Recurring) ([]error, error)

	// RemoveRecurring removes by id; ErrNotFound when there is none.
	RemoveRecurring(ctx context.Context, id string) error

	// PauseRecurring pauses or resumes; by names who did. A paused one is never due;
	// on resume next becomes its new Next when not zero.
	PauseRecurring(ctx context.Context, id string, paused bool, by string, next time.Time) error

	// Fire is one atomic step; it reports whether this call moved the recurring job on
	// or triggered it. It does not for one that is paused (but by Trigger), and fails
	// with ErrNotFound for one that does not exist. LastJob becomes the last job
	// stored, or the holder that it duplicates. A repeated Trigger with the same id is
	// answered as the first.
	Fire(ctx context.Context, f Fire) (bool, error)

	// Recurring lists by id, after the given one, at most limit (MaxPage at most).
	Recurring(ctx context.Context, after string, limit int) ([]Recurring, error)

	// RecurringJob is one of them; ErrNotFound when there is none.
	RecurringJob(ctx context.Context, id string) (Recurring, error)
}
