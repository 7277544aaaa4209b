package storage

import (
	"context"
	"strconv"
	"time"
)

// Token is the right to write about one run of a job. The fetch number rises with
// every fetch of the job and is never reset, so no two runs share a token.
type Token struct {
	Job     ID
	Session ID
	Fetch   int
}

// FetchRequest asks for work.
type FetchRequest struct {
	Session ID
	// Call numbers the session's fetches from 1. A call whose answer was lost is made
	// again with the same number and gives the same jobs, as far as they are still the
	// session's, and no more; so no job is left with a session that does not know it. A
	// number lower than the last, from a copy that arrives late, gives and takes
	// nothing; a gap is allowed. A store may answer the next call before it is made, to a
	// session that waits: what it gave comes then whatever the call asks for. A call for
	// nothing ends that: a session that stops makes one.
	Call   uint64
	Queues []string // strict order: the first one is emptied first. Weights are the caller's, who shuffles
	Kinds  *KindSet // what this session can run
	Max    int      // jobs to start now
	Ahead  int      // further jobs to hold ready; they count as not started until named in Started. Never jobs with Limits, nor ones that a dead session had ahead and that no run has settled since
	// Room may be used for the answer's Jobs, and not after it. A caller that fetches often
	// gives that of an answer it has done with, empty.
	Room []Fetched
}

// FetchResult is the work found.
type FetchResult struct {
	Jobs []Fetched
	// Mark is where the wake-up line stood before the store looked; give it to Wait.
	Mark uint64
	// Again is when a job that was held back by a rate may be fetched; 0: unknown.
	Again time.Duration
	// More: the call looked at as much as it may and there is more: fetch again before waiting.
	More bool
}

// Fetched is a job that this session now runs. Job.Attempt is the number of this run.
type Fetched struct {
	Job   Job
	Token Token
	Ahead bool // held ready, not started
}

// OutcomeKind is how a run ended.
type OutcomeKind uint8

// The outcomes.
const (
	Succeed OutcomeKind = iota + 1 // final: succeeded
	Fail                           // final: failed
	Delete                         // final: deleted: cancelled, or discarded by policy
	Retry                          // failed; scheduled again after Delay; counts a retry
	Snooze                         // scheduled again after Delay; counts nothing
	Release                        // back to enqueued at once; counts nothing
)

var outcomeNames = [...]string{"", "succeed", "fail", "delete", "retry", "snooze", "release"}

// String is the outcome's name in lower case.
func (k OutcomeKind) String() string {
	if int(k) < len(outcomeNames) {
		return outcomeNames[k]
	}
	return "outcome(" + strconv.Itoa(int(k)) + ")"
}

// Outcome is the end of one run.
type Outcome struct {
	Token    Token
	Kind     OutcomeKind
	Result   []byte        // Succeed: what the handler returned, as JSON
	Failure  *Failure      // Fail, Retry, Delete: the error
	Reason   string        // for the history
	Delay    time.Duration // Retry, Snooze: 0 means enqueued at once
	Retain   time.Duration // final: how long to keep the job; 0: the default of its state; at least MinRetain
	Duration time.Duration // of the run, by the server's monotonic clock
	Number   uint64        // of this as a report, see Report; ignored when Logs and Progress are empty
	Logs     []LogLine     // the lines not yet reported
	Progress *Progress     // the last one not yet reported
}

// SettleRequest carries the ends of many runs of one session.
type SettleRequest struct {
	Session  ID
	Outcomes []Outcome
	Started  []Token // jobs fetched ahead whose handlers started since
}

// Verdict answers one write by token.
type Verdict uint8

// Accepted: written, or this very outcome had been written before. Refused: the
// token is dead; the job runs or ran elsewhere and nothing was written. Unstorable:
// the store can never keep this (a Result over MaxResult or that is not JSON);
// nothing was written, and the run waits to be settled in another way.
const (
	Accepted Verdict = iota + 1
	Refused
	Unstorable
)

// Report is what a running handler tells: each field is optional. Number rises
// within a run from 1; a report whose number is not above the last one's is accepted
// and not written, so that a repetition or a late copy does no harm.
type Report struct {
	Token      Token
	Number     uint64
	Progress   *Progress
	Logs       []LogLine
	Checkpoint []byte // given back with the next fetch; nil: unchanged
}

// Worker is the hot path: every call takes and gives many jobs.
type Worker interface {
	// Fetch takes up to Max + Ahead jobs off the queues, in order of queue, then
	// priority, then the sequence given when each became enqueued. Held jobs that
	// this session can run come in their original order. A job it cannot run, of a
	// paused kind or with an exhausted key moves to a held line. A call looks at a
	// bounded number of jobs and says when there is more; a line is looked at again
	// once what it waits for changed, and every such line is reached after boundedly
	// many calls. Expired jobs that never started are deleted, not given. Paused queues
	// give nothing. Fetch does not wait; it returns ErrSessionLost for a session that
	// the store does not know. Calls of one session do not overlap.
	//
	// With several lanes the order holds within each; every lane is asked in turn.
	// Jobs that come back by release or reclaim keep their place, so that they run again
	// soon whatever waits behind them; where order is by a cursor that does not go
	// back, they come first of their priority.
	Fetch(ctx context.Context, r FetchRequest) (FetchResult, error)

	// Settle writes outcomes, each atomically with all it releases: continuations,
	// batch counters, unique and limit keys, statistics, history. It answers each in
	// order; one never fails another. The first write for a token stands: the same
	// Kind again is accepted, any other use of a dead token is refused, in one request
	// too. That is remembered for the last settled fetch of a job, over a requeue, and
	// for older ones while History has the entry. Text that is not UTF-8 or holds a
	// NUL is cleaned. An error means that nothing is known: make the same call again.
	//
	// While CancelRequested is set, an end that would make the job wait again (Retry,
	// Snooze, Release; also CloseSession and reclaim) deletes it instead and is
	// accepted; Succeed, Fail and Delete stand.
	//
	// Settle and Report never return ErrSessionLost: tokens are judged one by one.
	Settle(ctx context.Context, r SettleRequest) ([]Verdict, error)

	// Report writes progress, logs and checkpoints of running jobs and answers each
	// in order.
	Report(ctx context.Context, session ID, reports []Report) ([]Verdict, error)

	// Wait returns when a Fetch of these queues may give more than it did when mark was
	// taken, whatever the cause (insert, promotion, release of a slot, resume, ...), or
	// with ctx's error. It may return early, for nothing. It never sleeps over what calls
	// on this Store value did; what other processes and callers' transactions did is found
	// by notification, by poll, or by the next Tick.
	Wait(ctx context.Context, queues []string, mark uint64) error
}

// Pusher is a store that may answer a session's next call of Fetch before it is made, while
// the session waits for work.
type Pusher interface {
	// Push has take told of such answers, by the number of their call. Where take reports
	// true, the call was made by that; else Fetch gives the answer to it. take is called by
	// one goroutine at a time, also before Push returns; it must neither block nor call the
	// store, and keeps nothing of the slice. A nil take ends it: when Push returned, no
	// earlier one is called any more.
	Push(session ID, take func(call uint64, jobs []Fetched) bool)
}
