package runtime

import (
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Option changes one call. Options given to a generated function win over the
// annotations of its method; of two that say the same, the later wins.
type Option func(*draft)

// overrides are the options that bind on the running server; they travel as
// NewJob.Options.
type overrides struct {
	Retry   *RetryPolicy   `json:"retry,omitempty"`
	Timeout *time.Duration `json:"timeout,omitempty"`
	Retain  *time.Duration `json:"retain,omitempty"`
}

// Condition says which end of its parents lets a continuation run.
type Condition = storage.Condition

// The conditions for [On].
const (
	Success = storage.OnSuccess
	Failure = storage.OnFailure
	Deleted = storage.OnDeleted
	Any     = storage.OnAny
)

// Queue puts the job into the named queue: 1 to 64 lower-case letters, digits, '_',
// '-' and '.'. A {param} in the name stands for that argument.
func Queue(name string) Option { return func(d *draft) { d.job.Queue = name } }

// Priority orders the job within its queue: 0 (first) to 3; 1 unless annotated otherwise.
func Priority(p int) Option { return func(d *draft) { d.job.Priority = p } }

// Delay runs the job no earlier than d from now, by the store's clock.
func Delay(d time.Duration) Option {
	return func(dr *draft) { dr.job.Due = storage.When{In: max(d, 0)} }
}

// At runs the job no earlier than t. A time with a monotonic reading, such as one
// made by [In] or time.Now().Add, travels as an offset; a wall time is taken as given.
func At(t time.Time) Option { return func(d *draft) { d.job.Due = when(t) } }

// In is the time d from now, for the generated Schedule functions. It travels to
// the store as an offset, so that a wrong clock here does not matter.
func In(d time.Duration) time.Time { return time.Now().Add(d) }

func when(t time.Time) storage.When {
	if t != t.Round(0) { // Round(0) strips the monotonic reading
		return storage.When{In: max(time.Until(t), 0)}
	}
	return storage.When{At: t}
}

// Expires deletes the job when it has not started d after it became enqueued; 0: never.
func Expires(d time.Duration) Option { return func(dr *draft) { dr.job.Expires = d } }

// Timeout limits one run of the job; 0: no limit.
func Timeout(d time.Duration) Option {
	return func(dr *draft) { dr.overrides.Timeout = &d }
}

// Retain keeps the job for d after its end, a minute at least; 0: as long as its
// state is kept by default, a day or, when it failed, 30 days.
func Retain(d time.Duration) Option { return func(dr *draft) { dr.overrides.Retain = &d } }

// Retry replaces the job's retry policy.
func Retry(p RetryPolicy) Option { return func(dr *draft) { dr.overrides.Retry = &p } }

// On makes a continuation run on another end of its parents than success.
func On(c Condition) Option { return func(d *draft) { d.job.On = c } }

// Meta adds a value to the job's metadata; handlers and middleware read it back.
func Meta(key, value string) Option {
	return func(d *draft) {
		if d.job.Metadata == nil {
			d.job.Metadata = make(map[string]string)
		}
		d.job.Metadata[key] = value
	}
}

// WithID gives the job an id made before (storage.NewID), so that its handle can be
// used before it is stored (see [HandleFor]), or the same enqueue be repeated safely.
// A call with this option names one job: enqueue it once. Ids for jobs of one call of
// EnqueueAll share a lane: make the first with storage.NewID, the others with
// storage.NewIDIn(first.Lane()).
func WithID(id ID) Option { return func(d *draft) { d.job.ID = id } }

// Following makes the job a continuation of parent, as the generated Continue
// functions do.
func Following(parent Parent) Option {
	return func(d *draft) {
		d.job.Parents, d.job.InputFrom, d.job.InputParam = nil, ID{}, ""
		if parent != nil {
			d.job.Parents = parent.ParentIDs()
		}
		if len(d.job.Parents) == 0 {
			d.err = fmt.Errorf("%w: continuation without a parent", ErrInvalid)
		}
	}
}

// input is Following for the generated Continue functions of methods with //job:input.
func input(parent ID, param string) Option {
	return func(d *draft) {
		d.job.Parents = []ID{parent}
		d.job.InputFrom, d.job.InputParam = parent, param
	}
}

// DefaultQueue and DefaultPriority are used where nothing else is annotated or given.
const (
	DefaultQueue    = "default"
	DefaultPriority = 1
)
