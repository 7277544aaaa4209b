package storage

import "errors"

// What callers branch on. Stores wrap these with what happened and to which job.
// Any other error of a store is a storage fault: nothing is known of the outcome,
// and the same call may be made again.
var (
	// ErrNotFound: no such job, batch, recurring job or session, or it was swept after its retention.
	ErrNotFound = errors.New("not found")
	// ErrUnknownParent: a continuation names a parent that does not exist or was swept.
	ErrUnknownParent = errors.New("unknown parent")
	// ErrSessionLost: the session was declared dead; its jobs run elsewhere. Open a new one.
	ErrSessionLost = errors.New("session lost")
	// ErrInvalid: the request can never succeed as it is.
	ErrInvalid = errors.New("invalid request")
	// ErrTooLarge: a size is over its limit (see Limits).
	ErrTooLarge = errors.New("too large")
	// ErrIDConflict: the id is taken by a different job. A repeated insert of the same job is no conflict.
	ErrIDConflict = errors.New("id taken by another job")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store closed")
)
