package storage

import (
	"context"
	"time"
)

// When is a point in time given either as an instant or as an offset. An offset
// is added to the store's clock when the call arrives, so that a wrong clock at
// the caller does not matter. The zero When is now. Stores cut every time to
// milliseconds.
type When struct {
	At time.Time     // taken as given; zero: use In
	In time.Duration // from the store's now; negative counts as zero
}

// IsZero reports whether w means now.
func (w When) IsZero() bool { return w.At.IsZero() && w.In <= 0 }

// Time resolves w against now.
func (w When) Time(now time.Time) time.Time {
	if !w.At.IsZero() {
		return w.At
	}
	return now.Add(max(w.In, 0))
}

// NewJob is a job to be stored. ID, Kind and Queue are required.
type NewJob struct {
	ID          ID
	Kind        string            // stable wire name
	Fingerprint string            // of the arguments' schema; empty: any server that knows the kind reads it
	Queue       string            // fixed for the job's life
	Priority    int               // 0 (first) to 3
	Payload     []byte            // arguments: a JSON object keyed by parameter name
	Metadata    map[string]string // travels with the job: trace context and the user's own
	Options     []byte            // options set by the call, written and read by runtime only

	Due     When          // when to become enqueued; in the future: scheduled
	Expires time.Duration // deleted(expired) when not started this long after it became enqueued first; 0: never

	Parents    []ID      // jobs or batches it continues; not empty: awaiting. A parent may be in the same Group.
	On         Condition // what each parent's end must be
	InputFrom  ID        // the parent job, not batch, whose result is kept as the job's Input; one of Parents, with On = OnSuccess. A success without result gives JSON null
	InputParam string    // the parameter that Input fills

	Batch  ID      // the batch it belongs to: in the same Group, or stored; a final one starts again, in a cancelled one the job is deleted at once
	Unique *Unique // one waiting or running job per key
	Limits []Limit // checked at fetch

	Recurring  string    // id of the recurring job that made it
	Occurrence time.Time // which occurrence; (Recurring, Occurrence) is stored at most once
}

// Until says when a unique key is free again.
type Until uint8

// A unique key is held until its job is final, or only until a session has it. A
// key freed at the start is free before any Fetch gives the job, and a retry, release
// or reclaim does not take it again.
const (
	UntilFinished Until = iota
	UntilStarted
)

// Unique is the key of a job that must not exist twice. While another job holds
// the key, an insert stores nothing for this one and answers with the holder's id;
// in its group, Parents and InputFrom that name the duplicate mean the holder, and
// its Batch does not count it. Of two jobs of one group with one key the first is
// stored. Only the holder's own end frees a key. A requeued or restored job takes
// its key again; where another job holds it, it stays as it is.
type Unique struct {
	Key   string        // scoped to the namespace
	For   time.Duration // from the insert: the key is free after this even if the job is not final; 0: no end
	Until Until
}

// Limit holds a job back at fetch while its key is exhausted; the job waits on a
// held line and takes no worker and no retry. With Per = 0 it bounds how many jobs
// of the key run at once, else how many are given to sessions in any span of Per.
// A slot belongs to one run and is free when that run is over, however it ended.
// Each job is judged by its own Max.
type Limit struct {
	Key string
	Max int
	Per time.Duration
}

// NewBatch is a batch to be stored with the jobs of its Group. A batch is final when
// it is sealed and all its jobs and nested batches are final; an empty one is final
// as soon as it is sealed. One that starts again, because a job or batch in it was
// requeued or added, makes those around it start again and restores what their last
// end skipped, as a requeued parent does. It is swept when it is final, its last job
// is swept and RetainSucceeded has passed.
type NewBatch struct {
	ID       ID
	Parent   ID   // the batch it is nested in, at most MaxNesting deep; zero: none
	Open     bool // not sealed by its insert, but by a later Group.Seal
	Name     string
	Metadata map[string]string
}

// Group is what one call stores: all of it or nothing. The ids of its jobs and
// batches share one lane; parents and batches named may be in other lanes.
type Group struct {
	Jobs    []NewJob
	Batches []NewBatch
	Seal    []ID // stored batches that are complete with this group; sealing twice is no error
}

// Inserted answers one NewJob.
type Inserted struct {
	ID        ID    // of the stored job, or of the holder of its unique key or occurrence
	State     State // when stored
	Duplicate bool  // nothing was stored: ID is another job's; zero when a repetition no longer knows whose
}

// InsertResult answers one Group: Err, or one entry for each of its jobs in order.
type InsertResult struct {
	Jobs []Inserted
	Err  error
}

// Parallel is a store that works on one call of Insert while its client prepares another,
// without one waiting for the other.
type Parallel interface {
	// Inserts is how many calls with a few jobs each are worth having in flight at once.
	Inserts() int
}

// Inserter stores jobs. A [Store] is one; so is the view of a store inside a
// caller's SQL transaction, which exists only on SQL stores.
type Inserter interface {
	// Insert stores each group atomically, groups independently of each other: a
	// bad one has its Err set and does not fail its neighbours. When the error is
	// nil, every group without Err is as durable as the store promises. When it is
	// not, each group may be stored or not; the same call may be made again within
	// RepeatWindow. Idempotence is the group's: where any job or batch of it is
	// stored already, the whole group was, and nothing more is stored. Ids are looked
	// up before keys. An id that is taken by a job of another kind is ErrIDConflict.
	//
	// Jobs of a group that become enqueued together come in the order of their list.
	//
	// Errors of a group: ErrInvalid (also for text that is not UTF-8 or holds a NUL, and
	// for jobs that wait for each other in a circle), ErrTooLarge (also for too many
	// parents, limits or nested batches), ErrUnknownParent (a parent or batch that does not exist),
	// ErrIDConflict.
	//
	// Groups with unique keys never share a transaction with others, since a
	// caller's transaction may hold their key. A continuation of a parent that is
	// final already is judged in the same step; in a caller's transaction only new
	// rows are written and the next Tick judges it. Keys and parents are checked as
	// they are now, not as in a caller's older snapshot.
	Insert(ctx context.Context, groups ...Group) ([]InsertResult, error)
}
