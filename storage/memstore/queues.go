package memstore

import (
	"cmp"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// queue is one queue: jobs in turn, and the held lines with those that cannot run.
type queue struct {
	name     string
	paused   bool
	pausedBy string
	woken    uint64 // where the wake-up line stood when it got work last

	main    ordered[*job] // in turn
	waiting ordered[*job] // main and all lines, by EnqueuedAt
	lines   map[lineKey]*line
	kinds   map[*line]bool // the lines of kinds, which a fetch looks through
	ready   ordered[*line] // limits and rates that may have room, by their first job's turn
	asleep  ordered[*line] // rates without room, by when they have

	held       map[string]int // jobs by cause
	total      int            // jobs in any state
	scheduled  int
	processing int
}

// lineKey tells lines apart. Jobs of one key with different limits stand on lines of
// their own, so that on each line the first job has to wait when any has to.
type lineKey struct {
	held  string
	limit storage.Limit
}

// line is a held line: jobs of one queue that wait for the same.
type line struct {
	lineKey
	cause    string
	kind     string // of lines of kinds
	print    string
	queue    *queue
	jobs     ordered[*job]
	first    *job // by which it stands in queue.ready; nil: it does not
	sleepsTo time.Time
	isAsleep bool
	shared   *limit // of lines of limits
}

func lineByFirst(a, b *line) int { return byTurn(a.first, b.first) }

func lineBySleep(a, b *line) int {
	return cmp.Or(a.sleepsTo.Compare(b.sleepsTo), cmp.Compare(a.held, b.held),
		cmp.Compare(a.limit.Max, b.limit.Max), cmp.Compare(a.limit.Per, b.limit.Per))
}

func (s *Store) queue(name string) *queue {
	q := s.queues[name]
	if q == nil {
		q = &queue{
			name: name, main: newOrdered(byTurn), waiting: newOrdered(byWaiting),
			lines: make(map[lineKey]*line), kinds: make(map[*line]bool),
			ready: newOrdered(lineByFirst), asleep: newOrdered(lineBySleep),
			held: make(map[string]int),
		}
		s.queues[name] = q
	}
	return q
}

// forgetQueue drops a queue of which nothing is left. A Wait that still knows it finds
// a new one.
func (s *Store) forgetQueue(q *queue) {
	if q.total == 0 && !q.paused {
		delete(s.queues, q.name)
	}
}

// dequeue takes an enqueued job out of its queue.
func (s *Store) dequeue(j *job) {
	q := j.queue
	q.waiting.remove(j)
	if !j.ExpiresAt.IsZero() {
		s.expiring.remove(j)
	}
	if j.line == nil {
		q.main.remove(j)
		return
	}
	s.unhold(j)
}

// hold moves an enqueued job to the line that key names.
func (s *Store) hold(j *job, key lineKey) {
	q := j.queue
	if j.line != nil {
		s.unhold(j)
	} else {
		q.main.remove(j)
	}
	l := q.lines[key]
	if l == nil {
		l = &line{lineKey: key, cause: rules.HeldCause(key.held), queue: q, jobs: newOrdered(byTurn)}
		q.lines[key] = l
		switch l.cause {
		case storage.HeldKind, storage.HeldPausedKind:
			l.kind, l.print = j.Kind, j.Fingerprint
			q.kinds[l] = true
		case storage.HeldLimit:
			l.shared = s.limit(key.limit.Key)
			l.shared.lines[l] = true
		}
	}
	j.line, j.Held = l, key.held
	q.held[l.cause]++
	l.jobs.add(j)
	s.stand(l)
}

// unhold takes j off its line.
func (s *Store) unhold(j *job) {
	l := j.line
	l.jobs.remove(j)
	if l.queue.held[l.cause]--; l.queue.held[l.cause] == 0 {
		delete(l.queue.held, l.cause)
	}
	j.line, j.Held = nil, ""
	s.stand(l)
}

// stand puts l where it belongs after its jobs, or what it waits for, changed. A line
// of a limit is ready while there is room for its jobs; one of a rate sleeps to the
// time when there is.
func (s *Store) stand(l *line) {
	q := l.queue
	if l.first != nil {
		q.ready.remove(l)
		l.first = nil
	}
	if l.isAsleep {
		q.asleep.remove(l)
		l.isAsleep = false
	}
	if l.jobs.len() == 0 {
		delete(q.lines, l.lineKey)
		delete(q.kinds, l)
		if l.shared != nil {
			delete(l.shared.lines, l)
			s.forgetLimit(l.shared)
		}
		return
	}
	switch l.cause {
	case storage.HeldLimit:
		if l.shared.running < l.limit.Max {
			l.first, _ = l.jobs.min()
			q.ready.add(l)
		}
	case storage.HeldRate:
		l.sleepsTo = s.rateFree(l.limit)
		if l.isAsleep = !l.sleepsTo.IsZero(); l.isAsleep {
			q.asleep.add(l)
		} else {
			l.first, _ = l.jobs.min()
			q.ready.add(l)
		}
	}
}

// arise makes the lines of rates ready whose time has come.
func (s *Store) arise(q *queue) {
	for {
		l, ok := q.asleep.min()
		if !ok || l.sleepsTo.After(s.exact) {
			return
		}
		s.stand(l)
	}
}
