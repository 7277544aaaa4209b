package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Job checks one job by itself: required fields, sizes and text. It does not look at
// the other jobs of its group; see [Group].
func Job(j *storage.NewJob) error {
	if err := first(id("ID", j.ID), names(j)); err != nil {
		return err
	}
	return rest(j)
}

// names checks the texts of a job that those of one call mostly share.
func names(j *storage.NewJob) error {
	return first(
		Required("Kind", j.Kind),
		Required("Queue", j.Queue),
		Name("Fingerprint", j.Fingerprint),
		Name("InputParam", j.InputParam),
		Name("Recurring", j.Recurring),
	)
}

// sameNames reports whether two jobs have the texts that names checks in common.
func sameNames(a, b *storage.NewJob) bool {
	return a.Kind == b.Kind && a.Queue == b.Queue && a.Fingerprint == b.Fingerprint && a.InputParam == b.InputParam && a.Recurring == b.Recurring
}

// rest checks what is a job's own.
func rest(j *storage.NewJob) error {
	err := size("Payload", j.Payload, storage.MaxPayload, "store the data elsewhere and pass a reference")
	if err == nil {
		err = size("Options", j.Options, storage.MaxOptions, "set fewer options in the call")
	}
	if err == nil && len(j.Metadata) > 0 {
		err = metadata(j.Metadata)
	}
	if err == nil {
		err = parents(j)
	}
	if err == nil && (j.Unique != nil || len(j.Limits) > 0) {
		err = first(unique(j.Unique), limits(j.Limits))
	}
	switch {
	case err != nil:
		return err
	case j.Priority < 0 || j.Priority > 3:
		return invalid("Priority", "is %d: it goes from 0 (first) to 3", j.Priority)
	case j.Expires < 0:
		return invalid("Expires", "is negative (%v): 0 means never", j.Expires)
	case j.Recurring == "" && !j.Occurrence.IsZero():
		return invalid("Occurrence", "is set without Recurring")
	}
	return nil
}

// Template checks the job of a recurring job: as [Job], but that its id is set at each fire.
func Template(j storage.NewJob) error {
	if j.ID.IsZero() {
		j.ID = storage.ID{1}
	}
	j.Recurring, j.Occurrence = "", time.Time{}
	return Job(&j)
}

func parents(j *storage.NewJob) error {
	if len(j.Parents) > storage.MaxParents {
		return tooLarge("Parents", len(j.Parents), storage.MaxParents, "ids", "collect them in a batch and continue that")
	}
	for _, p := range j.Parents {
		switch p {
		case storage.ID{}:
			return invalid("Parents", "holds a zero id")
		case j.ID:
			return invalid("Parents", "names the job itself: it would wait for ever")
		}
	}
	if !j.Batch.IsZero() && slices.Contains(j.Parents, j.Batch) {
		return invalid("Parents", "names the job's own Batch: both would wait for ever")
	}
	switch {
	case j.On > storage.OnAny:
		return invalid("On", "is %d: it is one of OnSuccess, OnFailure, OnDeleted, OnAny", j.On)
	case j.InputFrom.IsZero():
		return nil
	case !slices.Contains(j.Parents, j.InputFrom):
		return invalid("InputFrom", "%s is not one of Parents", j.InputFrom)
	case j.On != storage.OnSuccess:
		return invalid("InputFrom", "needs On = OnSuccess, it is %s: only a success has a result", j.On)
	}
	return nil
}

func unique(u *storage.Unique) error {
	switch {
	case u == nil:
		return nil
	case u.For < 0:
		return invalid("Unique.For", "is negative (%v): 0 means no end", u.For)
	case u.Until > storage.UntilStarted:
		return invalid("Unique.Until", "is %d: it is UntilFinished or UntilStarted", u.Until)
	}
	return Required("Unique.Key", u.Key)
}

func limits(ls []storage.Limit) error {
	if len(ls) > storage.MaxLimits {
		return tooLarge("Limits", len(ls), storage.MaxLimits, "keys", "use fewer keys")
	}
	for i, l := range ls {
		field := fmt.Sprintf("Limits[%d]", i)
		if err := Required(field+".Key", l.Key); err != nil {
			return err
		}
		switch {
		case l.Max <= 0:
			return invalid(field+".Max", "is %d: it must be above 0", l.Max)
		case l.Per < 0 || l.Per > 0 && l.Per < time.Millisecond:
			return invalid(field+".Per", "is %v: it is 0 or at least 1ms", l.Per)
		case l.Per > 0 && l.Max > storage.MaxRate:
			return tooLarge(field+".Max", l.Max, storage.MaxRate, "starts", "use a lower rate over a shorter Per")
		}
	}
	return nil
}

// NewBatch checks one batch by itself.
func NewBatch(b *storage.NewBatch) error {
	if !b.Parent.IsZero() && b.Parent == b.ID {
		return invalid("Parent", "names the batch itself")
	}
	return first(id("ID", b.ID), Name("Name", b.Name), metadata(b.Metadata))
}

// Nesting checks the number of batches that a batch is nested in, one in the other.
func Nesting(depth int) error {
	if depth > storage.MaxNesting {
		return tooLarge("Parent", depth, storage.MaxNesting, "batches around the new one", "nest less deep")
	}
	return nil
}
