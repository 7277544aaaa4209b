package rules

import "github.com/gojobgen/jobgen/storage"

// circle checks that no job or batch of the group waits for itself: a job waits for
// its parents, a batch for its jobs and the batches nested in it.
func circle(g *storage.Group) error {
	if !hasParents(g) {
		return nil
	}
	waits := make(map[storage.ID][]storage.ID, len(g.Jobs)+len(g.Batches))
	for i := range g.Jobs {
		j := &g.Jobs[i]
		waits[j.ID] = append(waits[j.ID], j.Parents...)
		if !j.Batch.IsZero() {
			waits[j.Batch] = append(waits[j.Batch], j.ID)
		}
	}
	for i := range g.Batches {
		if b := &g.Batches[i]; !b.Parent.IsZero() {
			waits[b.Parent] = append(waits[b.Parent], b.ID)
		}
	}
	return walk(waits)
}

func hasParents(g *storage.Group) bool {
	for i := range g.Jobs {
		if len(g.Jobs[i].Parents) > 0 {
			return true
		}
	}
	return false
}

// walk looks for a circle depth first, with a stack of its own: a chain may be as
// long as a group.
func walk(waits map[storage.ID][]storage.ID) error {
	const open, done = 1, 2
	mark := make(map[storage.ID]uint8, len(waits))
	var path []storage.ID
	for start := range waits {
		path = append(path[:0], start)
		for len(path) > 0 {
			at := path[len(path)-1]
			if mark[at] == open || mark[at] == done {
				mark[at] = done
				path = path[:len(path)-1]
				continue
			}
			mark[at] = open
			for _, next := range waits[at] {
				switch mark[next] {
				case open:
					return invalid("Parents", "go in a circle through %s: it would wait for itself", next)
				case 0:
					path = append(path, next)
				}
			}
		}
	}
	return nil
}
