package storage

import "time"

// Sizes that every store enforces or cuts to, in bytes unless said otherwise.
// An insert over a limit fails with [ErrTooLarge]; what a run produces
// (failures, logs, history) is cut, never refused.
const (
	MaxPayload    = 1 << 20  // arguments of one job
	MaxResult     = 1 << 20  // result of one run
	MaxMetadata   = 16 << 10 // keys and values of one job's metadata together
	MaxOptions    = 16 << 10 // per-call options of one job
	MaxName       = 255      // kind, queue, recurring id, key, fingerprint, session name
	MaxGroup      = 10_000   // jobs in one atomic insert
	MaxGroupBytes = 16 << 20 // payloads, metadata and options of one group together
	MaxRelease    = 1_000    // jobs released, skipped or restored within one step; Tick does the rest
	MaxNesting    = 16       // batches in batches
	MaxRate       = 10_000   // Max of a rate limit
	MaxMissed     = 1_000    // jobs of one Fire
	MaxParents    = 1_000    // parents of one continuation
	MaxLimits     = 8        // limit and rate keys of one job
	MaxCheckpoint = 1 << 20  // checkpoint of one job
	MaxFailure    = 64 << 10 // message and stack of one failure together; cut
	MaxHistory    = 50       // history entries of one job: the first 10 and the newest are kept
	MaxLogLine    = 8 << 10  // one log line; cut
	MaxLogLines   = 1_000    // log lines of one attempt; later ones are counted, not kept
	MaxReason     = 500      // reason of one history entry; cut
	MaxPage       = 200      // jobs of one page
)

// Retention and recovery where nothing else is set.
const (
	RetainSucceeded = 24 * time.Hour
	RetainDeleted   = 24 * time.Hour
	RetainFailed    = 30 * 24 * time.Hour
	// RepeatWindow is how long, from the first try and by its own monotonic clock, a
	// caller repeats a call whose answer was lost.
	RepeatWindow = 30 * time.Second
	// MinRetain is the shortest retention. It outlives RepeatWindow, so that a
	// repeated insert finds its job even when it is final by now.
	MinRetain = time.Minute
	// DefaultLease is how long a session lives without a Tick.
	DefaultLease = 4 * time.Second
	// MaxLease bounds how late the loss of a server can be noticed.
	MaxLease = time.Minute
	// DefaultMaxLost is how many ends of a session under a running handler a job survives.
	DefaultMaxLost = 3
	// ForgetDeclared: a recurring job declared in code is removed when it was not
	// declared for this long although a session of its owner has lived for longer.
	ForgetDeclared = 10 * time.Minute
	// ForgetOwner is how long the recurring jobs of an owner without any session,
	// and kinds that no session publishes, are kept.
	ForgetOwner = 30 * 24 * time.Hour
)
