package rules

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Recurring checks a recurring job by itself.
func Recurring(r *storage.Recurring) error {
	err := first(Required("ID", r.ID), Name("Owner", r.Owner), Name("Cron", r.Cron), Name("Zone", r.Zone))
	switch {
	case err != nil:
		return err
	case r.Misfire > storage.MisfireSkip:
		return invalid("Misfire", "is %d: it is MisfireOnce, MisfireAll or MisfireSkip", r.Misfire)
	}
	if err := Template(r.Job); err != nil {
		return fmt.Errorf("recurring job %q: %w", r.ID, err)
	}
	return nil
}

// Declare merges a declaration into what is stored; stored is nil for a new one.
// OwnerLives says whether the stored one's owner has a live session. It reports
// false when nothing is to be written: a lower revision of one that is still
// declared. The error is that of another owner's.
func Declare(stored *storage.Recurring, r storage.Recurring, ownerLives bool, now time.Time) (storage.Recurring, bool, error) {
	now = Cut(now)
	r.Next = Cut(r.Next)
	r.Declared, r.UpdatedAt = now, now
	r.PausedBy = Reason(r.PausedBy)
	if stored == nil {
		r.CreatedAt = now
		r.Last, r.LastJob = time.Time{}, storage.ID{}
		return r, true, nil
	}
	declared := now.Sub(stored.Declared) < storage.ForgetDeclared
	switch {
	case stored.Owner != r.Owner && stored.Owner != "" && (ownerLives || declared):
		return *stored, false, invalid("ID", "%q belongs to the owner %q: choose another id", r.ID, stored.Owner)
	case stored.Owner == r.Owner && r.Revision < stored.Revision && declared:
		return *stored, false, nil
	}
	r.CreatedAt, r.Last, r.LastJob = stored.CreatedAt, stored.Last, stored.LastJob
	r.Paused, r.PausedBy = stored.Paused, stored.PausedBy
	if !newTimes(stored, &r) || IsDue(stored, now) {
		r.Next = stored.Next
	}
	if SameRecurring(stored, &r) {
		r.UpdatedAt = stored.UpdatedAt
	}
	return r, true, nil
}

// IsDue reports whether a recurring job is due: a paused one never is.
func IsDue(r *storage.Recurring, now time.Time) bool {
	return !r.Paused && !r.Next.IsZero() && !r.Next.After(now)
}

// newTimes reports whether the declaration means other times than the stored one.
func newTimes(stored, r *storage.Recurring) bool {
	return stored.Cron != r.Cron || zone(stored.Zone) != zone(r.Zone)
}

func zone(name string) string {
	if name == "" {
		return "UTC"
	}
	return name
}

// SameRecurring reports whether two declarations say the same; what a store keeps
// beside them (times, pause, last job) does not matter.
func SameRecurring(a, b *storage.Recurring) bool {
	return a.ID == b.ID && a.Owner == b.Owner && a.Revision == b.Revision && !newTimes(a, b) &&
		a.Misfire == b.Misfire && a.Overlap == b.Overlap && sameTemplate(&a.Job, &b.Job)
}

func sameTemplate(a, b *storage.NewJob) bool {
	sameUnique := (a.Unique == nil) == (b.Unique == nil) && (a.Unique == nil || *a.Unique == *b.Unique)
	return a.Kind == b.Kind && a.Fingerprint == b.Fingerprint && a.Queue == b.Queue && a.Priority == b.Priority &&
		bytes.Equal(a.Payload, b.Payload) && bytes.Equal(a.Options, b.Options) && maps.Equal(a.Metadata, b.Metadata) &&
		a.Expires == b.Expires && slices.Equal(a.Parents, b.Parents) && a.On == b.On &&
		a.InputFrom == b.InputFrom && a.InputParam == b.InputParam && a.Batch == b.Batch &&
		sameUnique && slices.Equal(a.Limits, b.Limits)
}

// Forgotten reports whether a recurring job declared in code is to be removed.
// Heard is when it was declared last, also by a lower revision that was ignored.
// Oldest is since when the longest living session of its owner lives, zero when
// there is none; seen is when the owner last had one.
func Forgotten(r *storage.Recurring, heard, oldest, seen, now time.Time) bool {
	if r.Owner == "" {
		return false
	}
	if !oldest.IsZero() {
		return now.Sub(heard) > storage.ForgetDeclared && now.Sub(oldest) > storage.ForgetDeclared
	}
	return now.Sub(heard) > storage.ForgetOwner && now.Sub(seen) > storage.ForgetOwner
}

// Fire checks a request to fire and gives its jobs what they lack: Recurring, and the
// Occurrence of a single one. The job of a trigger has no Occurrence. It copies Jobs
// before it changes them.
func Fire(f *storage.Fire) error {
	if err := Required("ID", f.ID); err != nil {
		return err
	}
	if len(f.Jobs) > storage.MaxMissed {
		return tooLarge("Jobs", len(f.Jobs), storage.MaxMissed, "jobs", "fire the newest only")
	}
	f.Expected, f.Next = Cut(f.Expected), Cut(f.Next)
	f.Jobs = slices.Clone(f.Jobs)
	lane := storage.LaneOf(f.ID)
	for i := range f.Jobs {
		j := &f.Jobs[i]
		if j.Recurring != "" && j.Recurring != f.ID {
			return invalid("Jobs", "name the recurring job %q, not %q", j.Recurring, f.ID)
		}
		j.Recurring = f.ID
		if f.Trigger {
			j.Occurrence = time.Time{}
		} else if j.Occurrence.IsZero() {
			if len(f.Jobs) > 1 {
				return invalid("Jobs", "of several occurrences need each its Occurrence")
			}
			j.Occurrence = f.Expected
		}
		if j.ID.Lane() != lane {
			return invalid("Jobs", "have ids of another lane: make them with storage.NewIDIn(storage.LaneOf(%q))", f.ID)
		}
	}
	return Group(&storage.Group{Jobs: f.Jobs})
}

// LastOf is the last occurrence that f fires or skips.
func LastOf(f *storage.Fire) time.Time {
	last := f.Expected
	for i := range f.Jobs {
		if at := Cut(f.Jobs[i].Occurrence); at.After(last) {
			last = at
		}
	}
	return last
}
