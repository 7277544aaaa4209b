package runtime

import (
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Errors of the storage contract, so that services need not import it.
var (
	// ErrNotFound: no such job or recurring job, or it was swept after its retention.
	ErrNotFound = storage.ErrNotFound
	// ErrUnknownParent: a continuation names a parent that does not exist any more.
	ErrUnknownParent = storage.ErrUnknownParent
	// ErrTooLarge: arguments, metadata or a result are over their limit.
	ErrTooLarge = storage.ErrTooLarge
	// ErrInvalid: the call can never succeed as it is.
	ErrInvalid = storage.ErrInvalid
)

// Causes with which the context of a running handler ends (see context.Cause).
var (
	// ErrTimeout: the run took longer than the job's timeout.
	ErrTimeout = errors.New("job timed out")
	// ErrCancelled: somebody cancelled the job.
	ErrCancelled = errors.New("job cancelled")
	// ErrStopping: the server stops, and its stop time is over.
	ErrStopping = errors.New("server is stopping")
	// ErrLost: the server lost contact with the store for longer than its lease;
	// the job runs elsewhere and nothing this run returns is recorded.
	ErrLost = errors.New("session lost: the job runs elsewhere")
)

// Errors about a job's result.
var (
	// ErrNotFinished: the job has no result yet.
	ErrNotFinished = errors.New("job has not finished")
	// ErrNoResult: the job ended without a result.
	ErrNoResult = errors.New("job ended without a result")
)

type noRetry struct{ err error }

// NoRetry marks err as one that a retry cannot cure: the job fails at once. A nil
// err stays nil.
func NoRetry(err error) error {
	if err == nil {
		return nil
	}
	return &noRetry{err}
}

func (e *noRetry) Error() string { return e.err.Error() }
func (e *noRetry) Unwrap() error { return e.err }

type retryAfter struct {
	delay time.Duration
	err   error
}

// RetryAfter fails the run with err and, while retries are left, runs the job again
// after d instead of the policy's delay. A nil err stays nil.
func RetryAfter(d time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return &retryAfter{max(d, 0), err}
}

func (e *retryAfter) Error() string { return e.err.Error() }
func (e *retryAfter) Unwrap() error { return e.err }

type snooze struct{ delay time.Duration }

// Snooze returned by a handler runs the job again after d. It is no failure and
// uses up no retry.
func Snooze(d time.Duration) error { return &snooze{max(d, 0)} }

func (e *snooze) Error() string { return fmt.Sprintf("snoozed for %v", e.delay) }

// timeoutError is ErrTimeout with the limit that was passed.
type timeoutError time.Duration

func (e timeoutError) Error() string { return fmt.Sprintf("%v after %v", ErrTimeout, time.Duration(e)) }
func (e timeoutError) Unwrap() error { return ErrTimeout }
