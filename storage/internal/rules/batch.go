package rules

import "github.com/gojobgen/jobgen/storage"

// Batch counts what decides the end of a batch: its own jobs, and the batches nested
// in it, each as one member that is pending until it is final.
type Batch struct {
	Sealed  bool
	Pending int // jobs and nested batches that are not final
	Failed  int // members that ended so
	Deleted int
}

// State is where the batch stands: Processing until it is sealed and nothing is
// pending; then failed if a member failed, else deleted if one was deleted, else
// succeeded, as an empty one.
func (b Batch) State() storage.State {
	switch {
	case !b.Sealed || b.Pending > 0:
		return storage.Processing
	case b.Failed > 0:
		return storage.Failed
	case b.Deleted > 0:
		return storage.Deleted
	}
	return storage.Succeeded
}

// BatchOf takes the counters from b. Nested batches that are final count by their
// own state, given as how many of them failed and were deleted.
func BatchOf(b storage.BatchInfo, nestedFailed, nestedDeleted int) Batch {
	return Batch{
		Sealed:  b.Sealed,
		Pending: b.Pending + b.NestedOpen,
		Failed:  b.Failed + nestedFailed,
		Deleted: b.Deleted + nestedDeleted,
	}
}
