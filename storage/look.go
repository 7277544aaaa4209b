package storage

import (
	"context"
	"time"
)

// Filter selects jobs; each set field narrows it. Stores grow by fields here, not by methods.
type Filter struct {
	States    []State
	Queue     string
	Kind      string
	Server    string
	Recurring string
	Batch     ID
	Parent    ID // continuations of this job or batch
	Held      bool
	Retrying  bool      // scheduled after a failed run
	From, To  time.Time // made at or after From and before To, by the id's time
}

// Query asks for one page of jobs in the order of their ids.
type Query struct {
	Filter
	Oldest bool // oldest first; else newest first
	After  ID   // the last id of the page before; zero: the first page
	Limit  int  // 1 to MaxPage; 0: 20
}

// Page is one page of jobs, without payload, input, result, options and checkpoint.
type Page struct {
	Jobs []Job
	More bool
}

// Counts are jobs by state, each counted to a cap at most.
type Counts struct {
	By     map[State]int
	Capped map[State]bool // the true number is higher
}

// Edge is one bond of a continuation.
type Edge struct {
	Job   ID // the other side: parent or child
	Kind  string
	Batch bool // the parent is a batch
	State State
	On    Condition
	Ended State // how the parent ended for this edge; 0: not judged
	Run   int   // the parent's fetch number (a batch's Ends) at that end
}

// Details is one job with all that is known about it.
type Details struct {
	Job
	History   []HistoryEntry // oldest first
	Dropped   int            // entries cut from the middle of History
	ParentsOf []Edge
	Children  []Edge // at most MaxPage
	MoreKids  bool
	LogLines  int // over all attempts
}

// LogQuery asks for the log of one job.
type LogQuery struct {
	Job   ID
	Fetch int // of this run; 0: all
	After int // behind this line number
	Limit int // at most MaxLogLines
}

// NumberedLine is a log line with its place in its job's log.
type NumberedLine struct {
	Number int // rises over all runs of the job
	Fetch  int
	LogLine
}

// QueueInfo is a queue that has jobs, is paused or is served.
type QueueInfo struct {
	Name       string
	Enqueued   int            // held ones included
	Held       map[string]int // by cause: HeldKind, HeldPausedKind, HeldLimit, HeldRate
	Processing int
	Scheduled  int
	Oldest     time.Time // when the longest waiting job became enqueued; zero: none
	Paused     bool
	PausedBy   string
	Servers    int // live sessions that serve it
}

// ServerInfo is a live session.
type ServerInfo struct {
	Session
	StartedAt time.Time
	SeenAt    time.Time
	Running   int
}

// Stat is what finished in one step of time.
type Stat struct {
	At        time.Time // start of the step, UTC
	Succeeded int64
	Failed    int64 // final failures
	Deleted   int64
	Retried   int64
	RunTime   time.Duration // of all runs together
}

// StatQuery asks for statistics. Steps are minutes for two days and hours for 90 days.
type StatQuery struct {
	From, To time.Time
	Step     time.Duration // a multiple of a minute; at most 1500 steps
	Queue    string
	Kind     string
}

// BatchInfo is a batch with its counters.
type BatchInfo struct {
	ID         ID
	Parent     ID
	Name       string
	Metadata   map[string]string
	CreatedAt  time.Time
	FinishedAt time.Time // zero: not final
	Total      int       // jobs, without those of nested batches
	Pending    int
	Succeeded  int
	Failed     int
	Deleted    int
	Nested     int // child batches
	NestedOpen int
	State      State // Processing until final; then Succeeded, Failed or Deleted
	Ends       int   // how often it became final
	Sealed     bool
	Cancelled  bool
}

// Info describes a store.
type Info struct {
	Name    string // "memory", "sqlite", ...
	Durable bool   // jobs survive the end of every process of ours
	Lanes   int    // 1 unless jobs are spread over slots
	Version string // of the server or library
}

// Reader looks without changing. Nothing here locks what the hot path needs.
type Reader interface {
	Job(ctx context.Context, id ID) (Details, error)
	Jobs(ctx context.Context, q Query) (Page, error)
	// Count counts the jobs that match, by state, each state up to limit.
	Count(ctx context.Context, f Filter, limit int) (Counts, error)
	Logs(ctx context.Context, q LogQuery) ([]NumberedLine, error)
	Queues(ctx context.Context) ([]QueueInfo, error)
	Servers(ctx context.Context) ([]ServerInfo, error)
	// Kinds is the catalogue: every kind published within ForgetOwner, one entry for
	// each fingerprint, by name, the latest published first.
	Kinds(ctx context.Context) ([]KindInfo, error)
	// PausedKinds maps each paused kind to who paused it.
	PausedKinds(ctx context.Context) (map[string]string, error)
	Stats(ctx context.Context, q StatQuery) ([]Stat, error)
	Batch(ctx context.Context, id ID) (BatchInfo, error)
	Batches(ctx context.Context, after ID, limit int) ([]BatchInfo, error) // newest first
	Info() Info
}
