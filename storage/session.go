package storage

import (
	"context"
	"slices"
	"time"
)

// Session is one life of a server in the store: it holds the lease under which
// all jobs fetched by the server run.
type Session struct {
	ID          ID
	Server      string // name of the server, for people: usually host and process
	Owner       string // the service; owns the recurring jobs declared in its code
	Host        string
	PID         int
	Version     string // of the service, for people
	Queues      []string
	Concurrency int
	Lease       time.Duration // 0: DefaultLease; at most MaxLease
	MaxLost     int           // rules for the jobs it runs; 0: DefaultMaxLost
	Kinds       []KindInfo    // published to the catalogue
}

// KindInfo is a kind as a server publishes it: enough for a dashboard in another
// program to show its jobs, and for the store to know who can run what.
type KindInfo struct {
	Kind        string      `json:"kind"`
	Aliases     []string    `json:"aliases,omitempty"` // older names, accepted too
	Fingerprint string      `json:"fingerprint,omitempty"`
	Reads       []string    `json:"reads,omitempty"` // further fingerprints it can read
	Doc         string      `json:"doc,omitempty"`
	Queue       string      `json:"queue,omitempty"`
	Display     string      `json:"display,omitempty"` // template: "Receipt for {orderID}"
	Params      []ParamInfo `json:"params,omitempty"`
	Result      string      `json:"result,omitempty"`  // Go type; empty: none
	Policy      string      `json:"policy,omitempty"`  // retry and timeout in words
	Servers     int         `json:"servers,omitempty"` // live ones that run it; set by the store
}

// ParamInfo is one parameter of a kind.
type ParamInfo struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Secret bool   `json:"secret,omitempty"` // never shown or logged
}

// KindSet is what a session can run. It is immutable, so a store may cache by
// its identity. Build one with [NewKindSet].
type KindSet struct {
	reads map[string][]string
	refs  []KindRef
}

// KindRef is a kind with one fingerprint that can be read; "" reads jobs stored without one.
type KindRef struct{ Kind, Fingerprint string }

// NewKindSet collects what the given kinds and their aliases read.
func NewKindSet(kinds []KindInfo) *KindSet {
	set := &KindSet{reads: make(map[string][]string)}
	for _, k := range kinds {
		prints := append([]string{"", k.Fingerprint}, k.Reads...)
		for _, name := range append([]string{k.Kind}, k.Aliases...) {
			for _, p := range prints {
				if !slices.Contains(set.reads[name], p) {
					set.reads[name] = append(set.reads[name], p)
					set.refs = append(set.refs, KindRef{name, p})
				}
			}
		}
	}
	return set
}

// Reads reports whether a job of kind, stored with fingerprint, can be run. A kind
// that was published without a fingerprint reads only jobs without one.
func (s *KindSet) Reads(kind, fingerprint string) bool {
	return slices.Contains(s.reads[kind], fingerprint)
}

// Refs lists the set, in the order of registration.
func (s *KindSet) Refs() []KindRef { return s.refs }

// TickRequest is a server's sign of life with its share of the common housekeeping.
type TickRequest struct {
	Session  ID
	Budget   int    // jobs moved at most in this call; 0: 1000, and more of what a store moves in large steps
	DueAfter string // list due recurring jobs behind this id; they start over after the last
}

// TickResult says what the server has to know.
type TickResult struct {
	Now       time.Time     // the store's clock
	Cancelled []ID          // jobs of this session whose cancellation was requested; repeated until settled
	Moved     int           // jobs promoted, reclaimed, released, expired or swept
	More      bool          // the budget ended before the work: call again soon
	NextDue   time.Duration // until the next scheduled or recurring job, those in Due left out; negative: none known
	Due       []Recurring   // recurring jobs that are due, not paused and of the session's Owner or of none, by id, at most 100: compute and Fire each
}

// Sessions is the life of servers.
type Sessions interface {
	// OpenSession starts a session and publishes its kinds. The id is new for
	// every session: a session that was declared dead is never revived. Repeating
	// the call while the session lives is no error.
	OpenSession(ctx context.Context, s Session) error

	// CloseSession ends a session: what it still runs goes back to enqueued
	// uncounted (deleted where a cancellation was requested), and its tokens are dead.
	// Closing twice, or a lost one, is no error.
	CloseSession(ctx context.Context, id ID) error

	// Tick keeps the session alive and does a bounded part of what is due for
	// everybody: promotes scheduled jobs, judges awaiting jobs whose parents are
	// final and whose edges were not judged in the step itself, reclaims jobs of dead
	// sessions, deletes expired jobs, removes undeclared recurring jobs (see
	// ForgetDeclared), sweeps what is past its retention: but no job or batch that a
	// committed awaiting job waits for. There is no leader: any session's Tick may do
	// it, two at once do it once. An awaiting job whose parent is gone is judged as if
	// it had ended in an unknown way: OnAny is met, any other condition is not.
	//
	// A session is dead when its last Tick (or OpenSession) is older than its lease
	// by the store's clock and another session says so here. Only a session may say
	// it whose own contact has been unbroken for at least the other's lease; contact
	// breaks with a gap of more than half of its own lease between two Ticks, so that
	// after a stall of the store nobody is declared dead for it. A session takes over
	// the contact of those that gave a sign within half of their lease before it was
	// opened: the store was there all the while, so servers that crash and start
	// again at once do not put off what is to be reclaimed. Tick at least three times
	// per lease. A stored time later than the store's clock counts as now.
	//
	// The jobs of a dead session go back to enqueued with Lost increased where the
	// run had started, to failed once Lost exceeds the dead session's MaxLost, and to
	// deleted where a cancellation was requested. The session's record goes last.
	//
	// It returns ErrSessionLost when the store does not know this session: never
	// opened, closed or declared dead.
	Tick(ctx context.Context, r TickRequest) (TickResult, error)
}
