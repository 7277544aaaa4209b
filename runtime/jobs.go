package runtime

import (
	"fmt"

	"github.com/gojobgen/jobgen/storage"
)

// newJobs makes the jobs of one call, with ids.
func newJobs(calls []AnyCall) ([]*storage.NewJob, error) {
	if len(calls) > storage.MaxGroup {
		return nil, fmt.Errorf("%w: %d jobs in one call, the limit is %d; split them into several calls",
			ErrTooLarge, len(calls), storage.MaxGroup)
	}
	jobs := make([]*storage.NewJob, len(calls))
	for i, call := range calls {
		if call == nil {
			return nil, fmt.Errorf("%w: call %d is nil", ErrInvalid, i+1)
		}
		j, err := call.NewJob()
		if err != nil {
			return nil, err
		}
		jobs[i] = &j
	}
	lane, err := laneOf(jobs)
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		if j.ID.IsZero() {
			j.ID = storage.NewIDIn(lane)
		}
	}
	return jobs, nil
}

// laneOf picks one lane for the jobs of a call, so that a store with lanes can
// write them in one step: that of a fixed id, of a parent, or any. A store with one
// lane would not mind different ones, but a program should not work on one store only.
func laneOf(jobs []*storage.NewJob) (uint16, error) {
	var first storage.ID
	for _, j := range jobs {
		switch {
		case j.ID.IsZero():
		case first.IsZero():
			first = j.ID
		case first.Lane() != j.ID.Lane():
			return 0, fmt.Errorf("%w: the ids %v and %v of one call lie in different lanes; make the second one with storage.NewIDIn(first.Lane())",
				ErrInvalid, first, j.ID)
		}
	}
	for _, j := range jobs {
		if first.IsZero() && len(j.Parents) > 0 {
			first = j.Parents[0]
		}
	}
	if first.IsZero() {
		first = storage.NewID()
	}
	return first.Lane(), nil
}

// pack makes the group of a call after middleware has seen its jobs. It checks what
// is worth an error that tells the cure; the store checks again.
func pack(jobs []*storage.NewJob) (storage.Group, error) {
	group := storage.Group{Jobs: make([]storage.NewJob, len(jobs))}
	total := 0
	for i, j := range jobs {
		meta := 0
		for k, v := range j.Metadata {
			meta += len(k) + len(v)
		}
		switch {
		case len(j.Payload) > storage.MaxPayload:
			return group, fmt.Errorf("%s: %w: the arguments have %d bytes, the limit is %d; store them elsewhere and pass a reference",
				j.Kind, ErrTooLarge, len(j.Payload), storage.MaxPayload)
		case meta > storage.MaxMetadata:
			return group, fmt.Errorf("%s: %w: the metadata have %d bytes, the limit is %d", j.Kind, ErrTooLarge, meta, storage.MaxMetadata)
		}
		if err := checkQueue(j.Queue); err != nil {
			return group, fmt.Errorf("%s: %w", j.Kind, err)
		}
		total += len(j.Payload) + meta + len(j.Options)
		group.Jobs[i] = *j
	}
	if total > storage.MaxGroupBytes {
		return group, fmt.Errorf("%w: the %d jobs of one call have %d bytes together, the limit is %d; split them into several calls",
			ErrTooLarge, len(jobs), total, storage.MaxGroupBytes)
	}
	return group, nil
}
