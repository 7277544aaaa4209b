package rules

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/gojobgen/jobgen/storage"
)

// Group checks what one group says, without looking at what is stored: each job and
// batch by itself, the sizes of all together, one lane, no id twice, and that nothing
// in it waits for itself. A nil error means that only what is stored already can
// refuse it.
func Group(g *storage.Group) error {
	const cure = "insert several groups, with an open batch around them"
	switch {
	case len(g.Jobs) > storage.MaxGroup:
		return tooLarge("Jobs", len(g.Jobs), storage.MaxGroup, "jobs", cure)
	case len(g.Batches) > storage.MaxGroup:
		return tooLarge("Batches", len(g.Batches), storage.MaxGroup, "batches", cure)
	case len(g.Seal) > storage.MaxGroup:
		return tooLarge("Seal", len(g.Seal), storage.MaxGroup, "ids", cure)
	}
	for i := range g.Jobs {
		if err := oneOf(g.Jobs, i); err != nil {
			return fmt.Errorf("job %d (%s): %w", i, g.Jobs[i].Kind, err)
		}
	}
	for i := range g.Batches {
		if err := NewBatch(&g.Batches[i]); err != nil {
			return fmt.Errorf("batch %d (%s): %w", i, g.Batches[i].Name, err)
		}
	}
	if slices.Contains(g.Seal, storage.ID{}) {
		return invalid("Seal", "holds a zero id")
	}
	if err := groupBytes(g); err != nil {
		return err
	}
	// The most frequent group is one job: nothing else of it can be wrong.
	if len(g.Jobs) == 1 && len(g.Batches) == 0 {
		return nil
	}
	return first(lane(g), members(g), nesting(g), circle(g))
}

// oneOf checks the i-th of jobs as [Job] does, of which those before it were checked.
func oneOf(jobs []storage.NewJob, i int) error {
	if i == 0 || !sameNames(&jobs[i], &jobs[i-1]) {
		return Job(&jobs[i])
	}
	if err := id("ID", jobs[i].ID); err != nil {
		return err
	}
	return rest(&jobs[i])
}

func groupBytes(g *storage.Group) error {
	total := 0
	for i := range g.Jobs {
		j := &g.Jobs[i]
		total += len(j.Payload) + len(j.Options) + metadataSize(j.Metadata)
	}
	for i := range g.Batches {
		total += metadataSize(g.Batches[i].Metadata)
	}
	if total > storage.MaxGroupBytes {
		return tooLarge("the group", total, storage.MaxGroupBytes, "bytes", "insert several groups, with an open batch around them")
	}
	return nil
}

// lane checks that all ids of the group share one.
func lane(g *storage.Group) error {
	var want uint16
	seen := false
	check := func(field string, id storage.ID) error {
		if seen && id.Lane() != want {
			return invalid(field, "%s is in lane %d, others of its group in %d: make the ids of one group with storage.NewIDIn", id, id.Lane(), want)
		}
		want, seen = id.Lane(), true
		return nil
	}
	for i := range g.Batches {
		if err := check("batch ID", g.Batches[i].ID); err != nil {
			return err
		}
	}
	for i := range g.Jobs {
		if err := check("job ID", g.Jobs[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// members checks that no id is there twice, and that no InputFrom is a batch of the group.
func members(g *storage.Group) error {
	if len(g.Batches) == 0 && rising(g.Jobs) {
		return nil
	}
	batch := make(map[storage.ID]bool, len(g.Jobs)+len(g.Batches))
	for i := range g.Batches {
		if _, twice := batch[g.Batches[i].ID]; twice {
			return invalid("ID", "%s is twice in the group", g.Batches[i].ID)
		}
		batch[g.Batches[i].ID] = true
	}
	for i := range g.Jobs {
		if _, twice := batch[g.Jobs[i].ID]; twice {
			return invalid("ID", "%s is twice in the group", g.Jobs[i].ID)
		}
		batch[g.Jobs[i].ID] = false
	}
	for i := range g.Jobs {
		if from := g.Jobs[i].InputFrom; batch[from] {
			return InputFromBatch(from)
		}
	}
	return nil
}

// rising reports whether the ids of jobs are in their order, as new ones are: then none is
// twice.
func rising(jobs []storage.NewJob) bool {
	for i := 1; i < len(jobs); i++ {
		if bytes.Compare(jobs[i-1].ID[:], jobs[i].ID[:]) >= 0 {
			return false
		}
	}
	return true
}

// InputFromBatch is the error of a job whose InputFrom is a batch, which has no result.
func InputFromBatch(from storage.ID) error {
	return invalid("InputFrom", "%s is a batch: only a job has a result", from)
}

// UnknownParent is the error of a group that names a parent, batch or batch to seal
// that is not stored.
func UnknownParent(field string, id storage.ID) error {
	return fmt.Errorf("%w: %s %s does not exist or was swept", storage.ErrUnknownParent, field, id)
}

// Conflict is the error of an id that is taken by something else.
func Conflict(id storage.ID, stored, wanted string) error {
	return fmt.Errorf("%w: %s is of kind %q, not %q", storage.ErrIDConflict, id, stored, wanted)
}

// nesting checks how deep the batches of the group are nested in each other. A store
// adds the depth at which they start; see [Nesting].
func nesting(g *storage.Group) error {
	up := make(map[storage.ID]storage.ID, len(g.Batches))
	for i := range g.Batches {
		up[g.Batches[i].ID] = g.Batches[i].Parent
	}
	for i := range g.Batches {
		depth := 0
		for at := g.Batches[i].Parent; !at.IsZero() && depth <= len(g.Batches); depth++ {
			at = up[at]
		}
		if depth > len(g.Batches) {
			return invalid("Parent", "of the batches goes in a circle")
		}
		if err := Nesting(depth); err != nil {
			return err
		}
	}
	return nil
}
