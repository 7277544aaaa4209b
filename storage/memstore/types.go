package memstore

import (
	"bytes"
	"cmp"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// job is a stored job with all that the store knows about it.
type job struct {
	storage.Job
	node

	born    storage.State // when stored, to answer a repeated insert
	at      time.Time     // NewJob.Due.At of a continuation
	seq     uint64        // enqueued: its place
	expires time.Duration // NewJob.Expires
	begun   bool          // a handler started since insert or requeue: expiry is over
	counted bool          // final after a run that counts as an attempt
	retried bool          // scheduled after a failed run

	links []*link      // to its parents, in their order
	edges []rules.Edge // how they ended, by the same index
	skip  *node        // deleted by the end of this parent, while that exists
	run   int          // of that end

	batch *batch
	queue *queue
	line  *line // enqueued and held
	keyed bool  // holds its unique key

	session      *session // processing
	ahead        bool     // processing, held ready and not started
	noAhead      bool     // a dead session had it ahead
	slots        bool     // it occupies its limits
	report       uint64   // number of the last report of this run
	cancelReason string
	settled      storage.Token // the last settled fetch
	settledAs    storage.OutcomeKind

	kept bool // in Store.retained

	history []storage.HistoryEntry
	dropped int
	logs    []storage.NumberedLine
	lines   int // log lines, with those not kept
	logOf   int // the attempt of the newest lines
	logged  int // lines of that attempt
}

// node is what a job and a batch have in common as parents.
type node struct {
	kids    ordered[*link] // by the child's id
	waiting int            // children that are awaiting
	notes   int            // in Store.later
	asJob   *job           // the parent itself: one of both
	asBatch *batch
}

// ended is how the parent ended and by which run; no state while it is not final.
func (n *node) ended() (state storage.State, run int) {
	if j := n.asJob; j != nil {
		state, run = j.State, j.Fetches
	} else {
		state, run = n.asBatch.State, n.asBatch.Ends
	}
	if !state.Final() {
		return 0, run
	}
	return state, run
}

// id is the parent's id.
func (n *node) id() storage.ID {
	if n.asJob != nil {
		return n.asJob.ID
	}
	return n.asBatch.ID
}

// retainedTo is until when the parent is kept at least; it is final.
func (n *node) retainedTo() time.Time {
	if n.asJob != nil {
		return n.asJob.RetainedTo
	}
	return n.asBatch.FinishedAt.Add(storage.RetainSucceeded)
}

// link joins a child to one parent.
type link struct {
	child  *job
	i      int   // of the edge in child.edges
	parent *node // nil: it is gone
}

func (l *link) edge() *rules.Edge { return &l.child.edges[l.i] }

// batch is a stored batch.
type batch struct {
	storage.BatchInfo
	node

	up            *batch
	depth         int // batches around it
	jobs          ordered[*job]
	open          ordered[*job] // those that are not final
	nested        ordered[*batch]
	nestedFailed  int
	nestedDeleted int
	by            string // who cancelled it
	dirty         bool   // in Store.dirty
	kept          bool   // in Store.empty
}

func newJob(id storage.ID) *job {
	j := &job{}
	j.ID, j.asJob = id, j
	j.kids = newOrdered(linkByChild)
	j.history = make([]storage.HistoryEntry, 0, 3) // of a job that succeeds at once
	return j
}

func newBatch(id storage.ID) *batch {
	b := &batch{}
	b.ID, b.asBatch = id, b
	b.kids = newOrdered(linkByChild)
	b.jobs, b.open, b.nested = newOrdered(byID), newOrdered(byID), newOrdered(batchByID)
	return b
}

func compareIDs(a, b storage.ID) int { return bytes.Compare(a[:], b[:]) }

func byID(a, b *job) int         { return compareIDs(a.ID, b.ID) }
func batchByID(a, b *batch) int  { return compareIDs(a.ID, b.ID) }
func linkByChild(a, b *link) int { return compareIDs(a.child.ID, b.child.ID) }

func byDue(a, b *job) int {
	return cmp.Or(a.DueAt.Compare(b.DueAt), byID(a, b))
}

func byExpiry(a, b *job) int {
	return cmp.Or(a.ExpiresAt.Compare(b.ExpiresAt), byID(a, b))
}

func byRetention(a, b *job) int {
	return cmp.Or(a.RetainedTo.Compare(b.RetainedTo), byID(a, b))
}

func batchByEnd(a, b *batch) int {
	return cmp.Or(a.FinishedAt.Compare(b.FinishedAt), batchByID(a, b))
}

// byTurn is the order of a queue: priority, then the sequence of becoming enqueued.
func byTurn(a, b *job) int {
	return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.seq, b.seq))
}

func byWaiting(a, b *job) int {
	return cmp.Or(a.EnqueuedAt.Compare(b.EnqueuedAt), byID(a, b))
}
