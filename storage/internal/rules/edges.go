package rules

import "github.com/gojobgen/jobgen/storage"

// Edge is one bond of a child to a parent, as far as judging needs it.
type Edge struct {
	Parent storage.ID
	Ended  storage.State // how the parent ended for this edge; 0: not judged
	Run    int           // of the parent at that end
	Gone   bool          // not judged, and the parent does not exist any more
}

// Verdict is what becomes of an awaiting child.
type Verdict uint8

// The verdicts.
const (
	Wait Verdict = iota // an edge is not judged yet
	Free                // every edge is met: enqueued, or scheduled by its Due
	Skip                // an edge is judged and not met: deleted
)

// Judge says what becomes of a child with these edges: skipped as soon as one is
// judged and not met, free when all are met, else it waits. By is the index of the
// edge that skips it, the first in order, or else -1.
func Judge(on storage.Condition, edges []Edge) (verdict Verdict, by int) {
	verdict = Free
	for i, e := range edges {
		switch {
		case e.Ended != 0 && !on.Met(e.Ended), e.Ended == 0 && e.Gone && on != storage.OnAny:
			return Skip, i
		case e.Ended == 0 && !e.Gone:
			verdict = Wait
		}
	}
	return verdict, -1
}

// SkipReason is the reason of a child that e skipped.
func (e Edge) SkipReason() string {
	if e.Ended == 0 {
		return ParentGone
	}
	return Skipped(e.Run, e.Parent)
}

// Set writes the end of the parent into e and reports whether that changed it. A met
// edge stays met; another is set by the first end and by those of higher runs.
func (e *Edge) Set(on storage.Condition, ended storage.State, run int) bool {
	if e.Ended != 0 && (on.Met(e.Ended) || run <= e.Run) {
		return false
	}
	e.Ended, e.Run, e.Gone = ended, run, false
	return true
}

// Reset makes e not judged again, because its parent was requeued or its batch
// started again, and reports whether that changed it. A met edge stays met.
func (e *Edge) Reset(on storage.Condition) bool {
	if e.Ended == 0 || on.Met(e.Ended) {
		return false
	}
	e.Ended, e.Run = 0, 0
	return true
}

// Input is what a child keeps of the result of its parent: a success without result
// gives JSON null.
func Input(result []byte) []byte {
	if len(result) == 0 {
		return []byte("null")
	}
	return result
}
