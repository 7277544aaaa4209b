package sqlcore

import "github.com/gojobgen/jobgen/storage"

// A class is what lists and counters are kept by. It is a state but for three things:
// a scheduled job that failed before, and an enqueued one on a held line, have classes
// of their own, and jobs that run share one with those that wait, so that a fetch
// changes no row of jg_job.
type class int

const (
	classScheduled class = iota + 1
	classRetrying        // scheduled after a failed run
	classAwaiting
	classLive // enqueued or processing: jg_run says which; or ended in jg_end
	classHeld // enqueued, on a held line
	classSucceeded
	classFailed
	classDeleted
)

func (c class) final() bool { return c >= classSucceeded }

// state is the state of a job in class c that does not run.
func (c class) state() storage.State {
	return [...]storage.State{0, storage.Scheduled, storage.Scheduled, storage.Awaiting, storage.Enqueued,
		storage.Enqueued, storage.Succeeded, storage.Failed, storage.Deleted}[c]
}

// finalClass is the class of a final state.
func finalClass(s storage.State) class {
	switch s {
	case storage.Succeeded:
		return classSucceeded
	case storage.Failed:
		return classFailed
	}
	return classDeleted
}

// classesOf are the classes in which jobs of a state are found.
func classesOf(s storage.State) []class {
	switch s {
	case storage.Scheduled:
		return []class{classScheduled, classRetrying}
	case storage.Awaiting:
		return []class{classAwaiting}
	case storage.Enqueued:
		return []class{classLive, classHeld}
	case storage.Processing:
		return []class{classLive}
	}
	return []class{finalClass(s)}
}

// Bits of jg_job.links: what else has to be looked at when the job ends.
const (
	linkChildren int = 1 << iota // it may be a parent
	linkUnique                   // it may hold a unique key
	linkLimits
	linkNote // it has a row in jg_note
	linkLog
	linkWary    // a dead session had it ahead: not ahead again
	linkSkipped // deleted by the end of a parent
	linkParents // it has edges
	linkCounted // it ended by a run that counts as an attempt
	linkFlow    // it has an expiry or a key that a fetch has to look at
	linkJoin    // it is in a batch that does not count it yet: Tick will
	linkDue     // it fell due and was enqueued, which its reason and history do not say yet
)

// Bits of jg_ready.flags.
const (
	readyPlain int = 1 << iota // see record.plain
	readyParts                 // parts of it are in jg_big
	readyFresh                 // it was made enqueued, and its row says no more than a new job's
)

// Bits of jg_run.flags.
const (
	runAhead int = 1 << iota
	runCancel
	runPlain // readyPlain when it was fetched
)

// A rank orders a line: by priority, then by the sequence given when the job became
// enqueued.
func rankOf(priority int, seq int64) int64 { return int64(priority)<<60 | seq }

func priorityOf(rank int64) int { return int(rank >> 60) }
