package runtime

import (
	"fmt"
	"math/rand/v2"

	"github.com/gojobgen/jobgen/storage"
)

// newJobs makes the jobs of one call, with ids.
func newJobs(calls []AnyCall) ([]storage.NewJob, error) {
	if len(calls) > storage.MaxGroup {
		return nil, fmt.Errorf("%w: %d jobs in one call, the limit is %d; split them into several calls",
			ErrTooLarge, len(calls), storage.MaxGroup)
	}
	jobs := make([]storage.NewJob, len(calls))
	for i, call := range calls {
		if call == nil {
			return nil, fmt.Errorf("%w: call %d is nil", ErrInvalid, i+1)
		}
		var err error
		if jobs[i], err = call.NewJob(); err != nil {
			return nil, err
		}
	}
	lane, err := laneOf(jobs)
	if err != nil {
		return nil, err
	}
	for i := range jobs {
		if jobs[i].ID.IsZero() {
			jobs[i].ID = storage.NewIDIn(lane)
		}
	}
	return jobs, nil
}

// laneOf picks one lane for the jobs of a call, so that a store with lanes can
// write them in one step: that of a fixed id, of a parent, or any. A store with one
// lane would not mind different ones, but a program should not work on one store only.
func laneOf(jobs []storage.NewJob) (uint16, error) {
	var first storage.ID
	for i := range jobs {
		switch id := jobs[i].ID; {
		case id.IsZero():
		case first.IsZero():
			first = id
		case first.Lane() != id.Lane():
			return 0, fmt.Errorf("%w: the ids %v and %v of one call lie in different lanes; make the second one with storage.NewIDIn(first.Lane())",
				ErrInvalid, first, id)
		}
	}
	for i := range jobs {
		if first.IsZero() && len(jobs[i].Parents) > 0 {
			first = jobs[i].Parents[0]
		}
	}
	if first.IsZero() {
		return uint16(rand.Uint32()), nil
	}
	return first.Lane(), nil
}

// check looks at the jobs of a call after middleware has seen them for what is worth
// an error that tells the cure; the store checks again.
func check(jobs []storage.NewJob) error {
	total := 0
	for i := range jobs {
		j := &jobs[i]
		meta := 0
		for k, v := range j.Metadata {
			meta += len(k) + len(v)
		}
		switch {
		case len(j.Payload) > storage.MaxPayload:
			return fmt.Errorf("%s: %w: the arguments have %d bytes, the limit is %d; store them elsewhere and pass a reference",
				j.Kind, ErrTooLarge, len(j.Payload), storage.MaxPayload)
		case meta > storage.MaxMetadata:
			return fmt.Errorf("%s: %w: the metadata have %d bytes, the limit is %d", j.Kind, ErrTooLarge, meta, storage.MaxMetadata)
		}
		if i == 0 || j.Queue != jobs[i-1].Queue {
			if err := checkQueue(j.Queue); err != nil {
				return fmt.Errorf("%s: %w", j.Kind, err)
			}
		}
		total += len(j.Payload) + meta + len(j.Options)
	}
	if total > storage.MaxGroupBytes {
		return fmt.Errorf("%w: the %d jobs of one call have %d bytes together, the limit is %d; split them into several calls",
			ErrTooLarge, len(jobs), total, storage.MaxGroupBytes)
	}
	return nil
}
