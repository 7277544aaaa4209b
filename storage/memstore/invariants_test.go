package memstore

import (
	"testing"

	"github.com/gojobgen/jobgen/storage"
)

// checkAll checks that everything the store keeps beside its jobs says what the jobs say.
func (s *Store) checkAll(t *testing.T) {
	t.Helper()
	for _, j := range s.jobs {
		s.checkPlaces(t, j)
	}
	s.checkSizes(t)
	s.checkQueues(t)
	s.checkKeys(t)
	for _, b := range s.batches {
		s.checkBatch(t, b)
	}
	if len(s.work) > 0 || len(s.dirty) > 0 {
		t.Fatalf("a step left %d notes and %d batches", len(s.work), len(s.dirty))
	}
	notes := make(map[*node]int)
	for _, n := range s.later {
		notes[n.parent]++
	}
	for n, want := range notes {
		if n.notes != want {
			t.Fatalf("%s has %d notes, counts %d", n.id(), want, n.notes)
		}
	}
}

func has[T comparable](o *ordered[T], x T) bool {
	got, ok := o.from(x)
	return ok && got == x
}

// contains is has without comparing by order, which x may have lost.
func contains[T comparable](o *ordered[T], x T) bool {
	for y := range o.all {
		if x == y {
			return true
		}
	}
	return false
}

// checkPlaces checks that j is where its state says, and nowhere else.
func (s *Store) checkPlaces(t *testing.T, j *job) {
	t.Helper()
	for i := range s.states {
		if has(&s.states[i], j) != (j.State == storage.State(i)) {
			t.Fatalf("%s is %v, and in the list of %v", j.ID, j.State, storage.State(i))
		}
	}
	enqueued, final := j.State == storage.Enqueued, j.State.Final()
	for name, c := range map[string][2]bool{
		"due":      {has(&s.due, j), j.State == storage.Scheduled},
		"expiring": {has(&s.expiring, j), enqueued && !j.ExpiresAt.IsZero()},
		"retained": {has(&s.retained, j), j.kept},
		"final":    {!j.FinishedAt.IsZero(), final},
		"kept":     {final && j.waiting == 0 && j.notes == 0 && j.skip == nil && !j.kept, false},
		"main":     {has(&j.queue.main, j), enqueued && j.line == nil},
		"waiting":  {has(&j.queue.waiting, j), enqueued},
		"held":     {j.Held != "", j.line != nil},
		"session":  {j.session != nil, j.State == storage.Processing},
		"slots":    {j.slots, j.State == storage.Processing},
		"request":  {j.CancelRequested && j.State != storage.Processing, false},
		"keyed":    {final && j.keyed, false},
		"skip":     {j.skip != nil && j.State != storage.Deleted, false},
	} {
		if c[0] != c[1] {
			t.Fatalf("%s is %v (%q): %s is %v, want %v", j.ID, j.State, j.Reason, name, c[0], c[1])
		}
	}
	if j.line != nil && !has(&j.line.jobs, j) {
		t.Fatalf("%s is not on its line %s", j.ID, j.Held)
	}
	s.checkEdges(t, j)
}

func (s *Store) checkEdges(t *testing.T, j *job) {
	t.Helper()
	waiting := 0
	for l := range j.kids.all {
		if l.parent != &j.node {
			t.Fatalf("%s has a child of another parent", j.ID)
		}
		if l.child.State == storage.Awaiting {
			waiting++
			if l.edge().Ended == 0 && j.State.Final() && j.notes == 0 {
				t.Fatalf("%s waits for %s, which is %v, and nothing tells it", l.child.ID, j.ID, j.State)
			}
		}
	}
	if waiting != j.waiting {
		t.Fatalf("%d children wait for %s, it counts %d", waiting, j.ID, j.waiting)
	}
}

func (s *Store) checkSizes(t *testing.T) {
	t.Helper()
	var n [storage.Deleted + 1]int
	for _, j := range s.jobs {
		n[j.State]++
	}
	for i := range s.states {
		if s.states[i].len() != n[i] {
			t.Fatalf("%d jobs are %v, the list has %d", n[i], storage.State(i), s.states[i].len())
		}
	}
	if s.due.len() != n[storage.Scheduled] {
		t.Fatalf("due has %d of %d", s.due.len(), n[storage.Scheduled])
	}
}

func (s *Store) checkQueues(t *testing.T) {
	t.Helper()
	total := 0
	for _, q := range s.queues {
		total += q.total
		held := 0
		for key, l := range q.lines {
			held += l.jobs.len()
			if l.jobs.len() == 0 || l.lineKey != key {
				t.Fatalf("line %v is empty or another's", key)
			}
			s.checkLine(t, q, l)
		}
		if q.main.len()+held != q.waiting.len() {
			t.Fatalf("queue %s: %d and %d held, %d waiting", q.name, q.main.len(), held, q.waiting.len())
		}
		byCause := 0
		for _, n := range q.held {
			byCause += n
		}
		if byCause != held {
			t.Fatalf("queue %s: %d held, counts %d", q.name, held, byCause)
		}
	}
	if total != len(s.jobs) {
		t.Fatalf("queues have %d jobs of %d", total, len(s.jobs))
	}
}

// checkLine checks that a line with room is ready: else its jobs would wait for ever.
func (s *Store) checkLine(t *testing.T, q *queue, l *line) {
	t.Helper()
	if (l.first != nil) != contains(&q.ready, l) || l.isAsleep != contains(&q.asleep, l) {
		t.Fatalf("line %s: ready %v, asleep %v", l.held, l.first != nil, l.isAsleep)
	}
	if head, _ := l.jobs.min(); l.first != nil && l.first != head {
		t.Fatalf("line %s stands by another than its first job", l.held)
	}
	if l.shared != nil && l.shared.running < l.limit.Max && l.first == nil {
		t.Fatalf("line %s sleeps though %d of %d run", l.held, l.shared.running, l.limit.Max)
	}
	if l.cause == storage.HeldRate && l.first == nil && !l.isAsleep {
		t.Fatalf("line %s is lost", l.held)
	}
}

func (s *Store) checkKeys(t *testing.T) {
	t.Helper()
	running := make(map[string]int)
	for _, j := range s.jobs {
		if !j.slots {
			continue
		}
		for i, l := range j.Limits {
			if l.Per == 0 && !sameKeyBefore(j.Limits, i) {
				running[l.Key]++
			}
		}
	}
	for key, l := range s.limits {
		if l.running != running[key] || l.running == 0 && len(l.lines) == 0 {
			t.Fatalf("limit %s counts %d of %d", key, l.running, running[key])
		}
		delete(running, key)
	}
	if len(running) > 0 {
		t.Fatalf("limits without state: %v", running)
	}
	for key, h := range s.keys {
		if s.jobs[h.job.ID] != h.job || !h.job.keyed || h.job.State.Final() {
			t.Fatalf("key %s is held by %s, which is %v", key, h.job.ID, h.job.State)
		}
	}
}

func (s *Store) checkBatch(t *testing.T, b *batch) {
	t.Helper()
	var n [storage.Deleted + 1]int
	open := 0
	for j := range b.jobs.all {
		n[j.State]++
		if !j.State.Final() {
			open++
		}
		if b.Cancelled && b.by == "all" && !j.State.Final() && !j.CancelRequested {
			t.Fatalf("%s is %v in the cancelled batch %s", j.ID, j.State, b.ID)
		}
	}
	if b.Pending != open || b.open.len() != open || b.Pending+b.Succeeded+b.Failed+b.Deleted != b.Total {
		t.Fatalf("batch %s counts %+v, %d are open", b.ID, b.BatchInfo, open)
	}
	if b.Succeeded < n[storage.Succeeded] || b.Failed < n[storage.Failed] || b.Deleted < n[storage.Deleted] {
		t.Fatalf("batch %s counts %+v, it has %v", b.ID, b.BatchInfo, n)
	}
	nested := 0
	for c := range b.nested.all {
		if !c.State.Final() {
			nested++
		}
	}
	complete := b.Sealed && b.Pending == 0 && b.NestedOpen == 0
	if nested != b.NestedOpen || complete != b.State.Final() || b.State.Final() == b.FinishedAt.IsZero() {
		t.Fatalf("batch %s is %v: %+v, %d nested are open", b.ID, b.State, b.BatchInfo, nested)
	}
}
