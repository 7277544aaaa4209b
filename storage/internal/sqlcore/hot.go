package sqlcore

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Hot paths: where a database is shared, most calls concern plain jobs only, and for
// them a driver may do the whole call in one write, without the core's row-at-a-time
// steps and beside others. Each of these interfaces is optional for a [Driver]. What a
// hot path does not do, because anything about it is odd, it leaves wholly undone, and
// the core does it.

// PlainJob is a new job that waits for a worker and needs nothing but itself.
type PlainJob struct {
	ID       storage.ID
	Shape    int
	Shelf    int
	Queue    int
	Priority int
	Payload  []byte
	Options  []byte
	Metadata []byte
}

// A PlainInserter stores plain jobs.
type PlainInserter interface {
	// InsertPlain stores jobs, in places behind all others, without the write lock, and
	// commits. It reports taken, with nothing stored, when an id is there already. It may
	// be called by many goroutines at once.
	InsertPlain(ctx context.Context, jobs []PlainJob) (taken bool, err error)
}

// A ReadySpan is a part of the main line of a queue: ranks above Behind, below Upto.
type ReadySpan struct {
	Queue  int
	Behind int64
	Upto   int64
}

// PlainFetch asks for plain jobs.
type PlainFetch struct {
	Session    int
	Call       uint64
	Generation int64 // of the names that Shapes and Spans come from
	Max        int
	Ahead      int
	Spans      []ReadySpan // in the order in which they are emptied
	Shapes     []int32     // those that may be given
	Room       []PlainRow  // empty: may be used for the answer
}

// PlainRow is a job that was taken.
type PlainRow struct {
	ID       storage.ID
	Shape    int
	Rank     int64
	Attempt  int
	Retries  int
	Lost     int
	Fetch    int
	Created  int64
	Enqueued int64
	Started  int64 // of the last run before
	Payload  []byte
	Options  []byte
	Metadata []byte
	Extra    []byte
	Links    int // may be left out where none of EndNot are among them
	Ahead    bool
}

// PlainFetched answers a PlainFetch.
type PlainFetched struct {
	Known bool // false: nothing was written, the core has to look
	Odd   bool // the next job on the line is the core's matter
	More  bool // the answer would have become too large
	Now   time.Time
	Rows  []PlainRow
	// Fits is how many such jobs an answer has room for; 0: as many as are asked for. What is
	// looked at and not given is looked at in vain, so the next call asks for no more.
	Fits int
}

// A PlainFetcher takes plain jobs off lines.
type PlainFetcher interface {
	// FetchPlain takes jobs for a session whose calls are above what jg_session.call
	// says, in one write that ends with its commit. A late copy of a call does no harm:
	// the core records the call that is made again after an error.
	FetchPlain(ctx context.Context, r *PlainFetch) (PlainFetched, error)
}

// PlainEnd is the success of a run.
type PlainEnd struct {
	Job    storage.ID
	Fetch  int
	Took   time.Duration
	Retain time.Duration
	Result []byte

	Call  uint64 // that gave the run, if that is known and it is as the call left it; else 0
	Place int    // among the jobs which that call gave, from 1
	Shape int    // that it gave with it
}

// EndNot are the links of a job whose end concerns others.
const EndNot = linkChildren | linkUnique | linkLimits | linkSkipped | linkFlow | linkJoin

// FetchNot are the links of a job whose handler needs more than its row.
const FetchNot = linkNote

// A PlainSettler writes the ends of plain runs.
type PlainSettler interface {
	// SettlePlain writes the ends of those runs that are plain and live, in one write
	// that ends with its commit, and says which. Ends are in the order of their jobs, each
	// job once, at most MaxPlain of them. It also notes that plain runs which were fetched
	// ahead have begun, and reports whether those were all that began. Calls are the
	// fetches that gave these, as far as they are known.
	SettlePlain(ctx context.Context, session int, ends []PlainEnd, begun []storage.Token, calls []uint64) (written []bool, all bool, err error)
}

// MaxPlain bounds the jobs of one write of a hot path.
const MaxPlain = 1000

// IdleTick is a session's sign of life.
type IdleTick struct {
	Session    int
	Owner      string
	Generation int64 // of the names that Queues come from
	Queues     []int // that its server serves
}

// IdleTicked answers it.
type IdleTicked struct {
	Idle    bool // false: nothing was written, the core's Tick has to run
	Now     time.Time
	NextDue time.Duration // negative: none known
	Ready   []int         // queues with jobs on their main line
	Held    []int         // queues with lines that a fetch has to look at
	Alone   bool          // what others store is found by ticks only
}

// Found notes what a server answered of a queue: its number where it has jobs on its main
// line, and that as a negative where it has lines that a fetch has to look at.
func (t *IdleTicked) Found(queue int) {
	if queue < 0 {
		t.Held = append(t.Held, -queue)
	} else {
		t.Ready = append(t.Ready, queue)
	}
}

// An IdleTicker ticks when there is nothing to do.
type IdleTicker interface {
	TickIdle(ctx context.Context, t IdleTick) (IdleTicked, error)
}

// A Teller tells other processes that there may be work.
type Teller interface {
	// Tell is called after a commit that put jobs on lines of these queues, and does not
	// wait for the database.
	Tell(queues []string)
	// Emptied is called when a fetch of this process found all that is on these lines.
	Emptied(queues []string)
}

// PlaceBits are the bits of a place in a queue below its time, see placeAt.
const PlaceBits = placeBits

// PlacesFrom is the time of the first place, in microseconds since 1970.
func PlacesFrom() int64 { return placesFrom }

// PlaceTime is the time of the place in a rank, in microseconds since 1970.
func PlaceTime(rank int64) int64 { return (rank&(1<<60-1))>>placeBits + placesFrom }

// OwnShelves and SharedShelves are how a shelf comes from a shape, see shelfOf.
const (
	OwnShelves    = ownShelves
	SharedShelves = sharedShelves
)
