package rules

import (
	"fmt"

	"github.com/gojobgen/jobgen/storage"
)

// Most of one Control call, and of one Tick.
const (
	MaxControl    = 1000
	DefaultBudget = 1000
	DefaultPage   = 20
	DefaultCount  = 1000 // cap of counts where none is given
	// MaxDue is how many due recurring jobs one Tick lists.
	MaxDue = 100
)

// Session checks a session and fills in the defaults of its rules.
func Session(s *storage.Session) error {
	err := first(id("session ID", s.ID), Name("Server", s.Server), Name("Owner", s.Owner),
		Name("Host", s.Host), Name("Version", s.Version))
	for _, q := range s.Queues {
		err = first(err, Required("Queues", q))
	}
	for i := range s.Kinds {
		err = first(err, kind(&s.Kinds[i]))
	}
	switch {
	case err != nil:
		return err
	case s.Lease < 0 || s.MaxLost < 0 || s.Concurrency < 0:
		return invalid("Lease, MaxLost or Concurrency", "is negative")
	case s.Lease > storage.MaxLease:
		return fmt.Errorf("%w: Lease is %v, at most %v", storage.ErrTooLarge, s.Lease, storage.MaxLease)
	}
	if s.Lease == 0 {
		s.Lease = storage.DefaultLease
	}
	if s.MaxLost == 0 {
		s.MaxLost = storage.DefaultMaxLost
	}
	return nil
}

func kind(k *storage.KindInfo) error {
	err := first(Required("Kind", k.Kind), Name("Fingerprint", k.Fingerprint), Name("Queue", k.Queue))
	for _, a := range k.Aliases {
		err = first(err, Required("Aliases", a))
	}
	for _, r := range k.Reads {
		err = first(err, Name("Reads", r))
	}
	for _, text := range []string{k.Doc, k.Display, k.Result, k.Policy} {
		if !IsText(text) {
			err = first(err, invalid("Kinds", "of %s hold text that is not UTF-8 or holds a NUL byte", k.Kind))
		}
	}
	return err
}

// Fetch checks a request for work.
func Fetch(r *storage.FetchRequest) error {
	switch {
	case r.Call == 0:
		return invalid("Call", "is 0: number the session's fetches from 1")
	case r.Max < 0 || r.Ahead < 0:
		return invalid("Max or Ahead", "is negative")
	case r.Kinds == nil:
		return invalid("Kinds", "is nil: build the set with storage.NewKindSet")
	}
	return nil
}

// Budget is how many jobs a Tick moves.
func Budget(n int) int {
	if n <= 0 {
		return DefaultBudget
	}
	return n
}

// Control checks an action and fills in its Limit.
func Control(c *storage.Control) error {
	one := c.Action == storage.Requeue && len(c.IDs) == 1
	switch {
	case c.Action < storage.Requeue || c.Action > storage.Remove:
		return invalid("Action", "is %d: it is one of Requeue, RunNow, Reschedule, Cancel, Remove", c.Action)
	case len(c.IDs) == 0 && c.Filter == nil:
		return invalid("IDs", "are empty and Filter is nil: name the jobs in one of them")
	case len(c.IDs) > MaxControl:
		return tooLarge("IDs", len(c.IDs), MaxControl, "ids", "make several calls")
	case c.Limit < 0:
		return invalid("Limit", "is negative")
	case !one && (c.Payload != nil || c.Fingerprint != ""):
		return invalid("Payload", "and Fingerprint belong to a Requeue of one id")
	case c.Payload == nil && c.Fingerprint != "":
		return invalid("Fingerprint", "is set without the Payload it describes")
	}
	if c.Limit == 0 || c.Limit > MaxControl {
		c.Limit = MaxControl
	}
	return first(Name("Fingerprint", c.Fingerprint), size("Payload", c.Payload, storage.MaxPayload, "store the data elsewhere and pass a reference"))
}

// Pause checks what is paused or resumed.
func Pause(target storage.PauseTarget, name string) error {
	if target != storage.PauseQueue && target != storage.PauseKind {
		return invalid("target", "is %d: it is PauseQueue or PauseKind", target)
	}
	return Required("name", name)
}

// Page is the size of a page: 0 means the default.
func Page(limit int) (int, error) {
	switch {
	case limit < 0:
		return 0, invalid("Limit", "is negative")
	case limit == 0:
		return DefaultPage, nil
	case limit > storage.MaxPage:
		return 0, tooLarge("Limit", limit, storage.MaxPage, "jobs", "take several pages")
	}
	return limit, nil
}

// LogPage is the number of log lines of one answer: 0 means the most there can be.
func LogPage(limit int) (int, error) {
	switch {
	case limit < 0:
		return 0, invalid("Limit", "is negative")
	case limit == 0:
		return storage.MaxLogLines, nil
	case limit > storage.MaxLogLines:
		return 0, tooLarge("Limit", limit, storage.MaxLogLines, "lines", "take several pages")
	}
	return limit, nil
}
