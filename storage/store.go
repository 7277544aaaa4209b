package storage

// Store keeps jobs. All methods are safe for concurrent use, honour their context
// while they wait, keep no argument after they return, and give results that the
// caller owns. A method that fails with an error outside this package's list met a
// storage fault: it may have done its work or not, and may be called again, but for
// Control, which is not idempotent.
type Store interface {
	Inserter
	Worker
	Sessions
	Recurrer
	Controller
	Reader

	// Close lets go of what the store itself opened. Calls after it fail with ErrClosed.
	Close() error
}
