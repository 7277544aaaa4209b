package sqlcore

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Groups of plain jobs are gathered while a write is under way and stored by the next
// one, without the write lock. Each caller waits for its own group to be durable.

// plainGroup is a group on its way.
type plainGroup struct {
	jobs  []PlainJob
	bytes int
	taken bool
	err   error
	done  chan struct{}
}

// gather holds the groups that wait.
type gather struct {
	mu      sync.Mutex
	waiting []*plainGroup
	writers int
}

// Bounds of one write and of how many are under way: two, so that one is made ready
// while the other waits for the disk.
const (
	maxGather      = 4 << 20 // bytes
	maxInserts     = 2
	insertPatience = 30 * time.Second
)

// insertHot stores those groups that are plain, and gives the results of those it
// could; the others have neither jobs nor an error and are left.
func (s *Store) insertHot(ctx context.Context, d PlainInserter, groups []storage.Group, results []storage.InsertResult) error {
	known, err := s.ensureNames(ctx, groups, results)
	if err != nil {
		return err
	}
	var pending []*plainGroup
	var places []int
	for i := range groups {
		if results[i].Err != nil || len(groups[i].Jobs) == 0 {
			continue
		}
		if jobs, size, ok := known.plainJobs(&groups[i]); ok {
			pending = append(pending, &plainGroup{jobs: jobs, bytes: size, done: make(chan struct{})})
			places = append(places, i)
		}
	}
	if len(pending) == 0 {
		return nil
	}
	s.gather(d, pending)
	for i, g := range pending {
		select {
		case <-g.done:
		case <-ctx.Done():
			return s.fault(fmt.Errorf("waiting to write to %s: %w", s.config.Place, ctx.Err()))
		}
		if g.err != nil {
			return s.Fault(g.err)
		}
		if g.taken {
			continue
		}
		answers := make([]storage.Inserted, len(g.jobs))
		for k := range g.jobs {
			answers[k] = storage.Inserted{ID: g.jobs[k].ID, State: storage.Enqueued}
		}
		results[places[i]].Jobs = answers
	}
	return nil
}

// plainJobs are the jobs of a group of which each needs nothing but itself; false for
// another group. Its shapes are known.
func (n *names) plainJobs(g *storage.Group) (jobs []PlainJob, size int, ok bool) {
	if len(g.Batches) > 0 || len(g.Seal) > 0 || len(g.Jobs) > MaxPlain {
		return nil, 0, false
	}
	jobs = make([]PlainJob, len(g.Jobs))
	var last shapeKey
	var shape *shape
	for i := range g.Jobs {
		j := &g.Jobs[i]
		if !plainJob(j) {
			return nil, 0, false
		}
		if key := (shapeKey{j.Queue, j.Kind, j.Fingerprint}); shape == nil || key != last {
			last, shape = key, n.shapes[n.shapeNo[key]]
		}
		jobs[i] = PlainJob{ID: j.ID, Shape: shape.no, Shelf: shelfOf(shape.no), Queue: shape.queue.no, Priority: j.Priority,
			Payload: j.Payload, Options: j.Options}
		if len(j.Metadata) > 0 {
			text, err := json.Marshal(j.Metadata)
			if err != nil || len(text) > inlineMax {
				return nil, 0, false
			}
			jobs[i].Metadata = text
		}
		size += len(j.Payload) + len(j.Options) + len(jobs[i].Metadata) + 100
	}
	return jobs, size, true
}

// plainJob reports whether a new job waits for a worker at once and needs nothing but itself.
func plainJob(j *storage.NewJob) bool {
	return j.Batch.IsZero() && len(j.Parents) == 0 && j.Unique == nil && j.Recurring == "" && j.Occurrence.IsZero() && len(j.Limits) == 0 &&
		j.Expires == 0 && j.Due.IsZero() && len(j.Payload) <= inlineMax && len(j.Options) <= inlineMax
}

// gather adds groups to those that wait, and starts a write where one may.
func (s *Store) gather(d PlainInserter, groups []*plainGroup) {
	g := &s.gathered
	g.mu.Lock()
	g.waiting = append(g.waiting, groups...)
	start := g.writers < maxInserts
	if start {
		g.writers++
	}
	g.mu.Unlock()
	if start {
		go s.insertGathered(d)
	}
}

// insertGathered writes until nothing waits.
func (s *Store) insertGathered(d PlainInserter) {
	g := &s.gathered
	for {
		runtime.Gosched() // callers that were just answered often write again at once
		g.mu.Lock()
		groups := g.next()
		if len(groups) == 0 {
			g.writers--
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		s.insertTogether(d, groups)
	}
}

// next takes off groups for one write.
func (g *gather) next() []*plainGroup {
	n, jobs, size := 0, 0, 0
	for n < len(g.waiting) {
		jobs += len(g.waiting[n].jobs)
		size += g.waiting[n].bytes
		if n > 0 && (jobs > MaxPlain || size > maxGather) {
			break
		}
		n++
	}
	groups := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	if len(g.waiting) == 0 {
		g.waiting = nil
	}
	return groups
}

// insertTogether stores groups by one write. When an id is there already, each group is
// looked at by the core.
func (s *Store) insertTogether(d PlainInserter, groups []*plainGroup) {
	jobs := groups[0].jobs
	if len(groups) > 1 {
		jobs = make([]PlainJob, 0, len(groups)+len(jobs))
		for _, g := range groups {
			jobs = append(jobs, g.jobs...)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), insertPatience)
	taken, err := d.InsertPlain(ctx, jobs)
	cancel()
	for _, g := range groups {
		g.taken, g.err = taken, err
	}
	if err == nil && !taken {
		s.ringFor(jobs)
	}
	for _, g := range groups {
		close(g.done)
	}
}

// ringFor wakes those who wait for the queues of new jobs.
func (s *Store) ringFor(jobs []PlainJob) {
	known := s.seen.Load()
	woken := make(map[string]bool, 1)
	last := -1
	for i := range jobs {
		if jobs[i].Queue == last {
			continue
		}
		last = jobs[i].Queue
		if q := known.queues[last]; q != nil {
			woken[q.name] = true
		}
	}
	s.ring(woken)
}

// ring wakes those who wait for queues, here and in other processes.
func (s *Store) ring(woken map[string]bool) {
	s.bell.ring(woken)
	t, ok := s.driver.(Teller)
	if !ok || len(woken) == 0 {
		return
	}
	queues := make([]string, 0, len(woken))
	for q := range woken {
		queues = append(queues, q)
	}
	t.Tell(queues)
}

// left are the groups that are neither stored nor refused.
func left(groups []storage.Group, results []storage.InsertResult) (rest []storage.Group, places []int) {
	for i := range groups {
		if results[i].Err == nil && results[i].Jobs == nil {
			rest, places = append(rest, groups[i]), append(places, i)
		}
	}
	return rest, places
}
