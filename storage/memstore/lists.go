package memstore

import (
	"context"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Jobs implements [storage.Reader].
func (s *Store) Jobs(ctx context.Context, q storage.Query) (storage.Page, error) {
	limit, err := rules.Page(q.Limit)
	if err != nil {
		return storage.Page{}, err
	}
	if err := s.enter(ctx); err != nil {
		return storage.Page{}, err
	}
	defer s.mu.Unlock()
	var page storage.Page
	found, more := s.find(q.Filter, q.After, q.Oldest, limit)
	page.More = more
	for _, j := range found {
		page.Jobs = append(page.Jobs, j.listed())
	}
	return page, nil
}

// Count implements [storage.Reader].
func (s *Store) Count(ctx context.Context, f storage.Filter, limit int) (storage.Counts, error) {
	if limit <= 0 {
		limit = rules.DefaultCount
	}
	counts := storage.Counts{By: make(map[storage.State]int), Capped: make(map[storage.State]bool)}
	if err := s.enter(ctx); err != nil {
		return counts, err
	}
	defer s.mu.Unlock()
	states := f.States
	if len(states) == 0 {
		states = storage.States()
	}
	for _, state := range states {
		if state == 0 || int(state) >= len(s.states) {
			continue
		}
		n, more := s.count(f, state, limit)
		if n > 0 {
			counts.By[state] = n
		}
		if more {
			counts.Capped[state] = true
		}
	}
	return counts, nil
}

// count counts the jobs of one state that match, to limit.
func (s *Store) count(f storage.Filter, state storage.State, limit int) (n int, more bool) {
	f.States = []storage.State{state}
	if all(f) {
		n = s.states[state].len()
		return min(n, limit), n > limit
	}
	found, more := s.find(f, storage.ID{}, true, limit)
	return len(found), more
}

// all reports whether nothing but the state narrows the filter.
func all(f storage.Filter) bool {
	return f.Queue == "" && f.Kind == "" && f.Server == "" && f.Recurring == "" && f.Batch.IsZero() &&
		f.Parent.IsZero() && !f.Held && !f.Retrying && f.From.IsZero() && f.To.IsZero()
}

// find lists jobs that match, in the order of their ids, behind after.
func (s *Store) find(f storage.Filter, after storage.ID, oldest bool, limit int) (found []*job, more bool) {
	w := walk{rows: s.rows(&f), oldest: oldest}
	w.start(&f, after)
	for {
		j := w.next()
		if j == nil || beyond(&f, j, oldest) {
			return found, false
		}
		if !matches(&f, j) {
			continue
		}
		if len(found) == limit {
			return found, true
		}
		found = append(found, j)
	}
}

// rows are the shortest lists, each by id, that hold all jobs that match together.
func (s *Store) rows(f *storage.Filter) (rows []*ordered[*job]) {
	switch {
	case !f.Parent.IsZero():
		return s.childRows(f.Parent)
	case !f.Batch.IsZero():
		if b := s.batches[f.Batch]; b != nil {
			rows = append(rows, &b.jobs)
		}
		return rows
	case f.Recurring != "":
		if row := s.made[f.Recurring]; row != nil {
			rows = append(rows, row)
		}
		return rows
	}
	for _, state := range storage.States() {
		if inStates(f, state) {
			rows = append(rows, &s.states[state])
		}
	}
	return rows
}

func inStates(f *storage.Filter, state storage.State) bool {
	switch {
	case f.Held && state != storage.Enqueued, f.Retrying && state != storage.Scheduled:
		return false
	}
	return len(f.States) == 0 || slices.Contains(f.States, state)
}

// childRows is one row: the continuations of a job or batch.
func (s *Store) childRows(parent storage.ID) []*ordered[*job] {
	row := newOrdered(byID)
	if j := s.jobs[parent]; j != nil {
		for l := range j.kids.all {
			row.add(l.child)
		}
	} else if b := s.batches[parent]; b != nil {
		for l := range b.kids.all {
			row.add(l.child)
		}
	}
	return []*ordered[*job]{&row}
}

// walk goes through rows as through one, by id.
type walk struct {
	rows   []*ordered[*job]
	oldest bool
	at     *job // a job with this id, stored or not; nil, with newest first: the end
	here   bool // at itself belongs to the walk
}

func probe(id storage.ID) *job { return &job{Job: storage.Job{ID: id}} }

// start puts the walk behind after, and into the span of time of f.
func (w *walk) start(f *storage.Filter, after storage.ID) {
	if w.oldest {
		w.at = probe(after)
		if from := firstID(f.From); compareIDs(from, after) > 0 {
			w.at, w.here = probe(from), true
		}
		return
	}
	if to := firstID(f.To); !to.IsZero() && (after.IsZero() || compareIDs(to, after) < 0) {
		after = to
	}
	if !after.IsZero() {
		w.at = probe(after)
	}
}

// firstID is the first id of a time, zero for the zero time.
func firstID(t time.Time) (id storage.ID) {
	if t.IsZero() {
		return id
	}
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id
}

func (w *walk) next() (best *job) {
	for _, row := range w.rows {
		if j, ok := w.in(row); ok && (best == nil || (byID(j, best) < 0) == w.oldest) {
			best = j
		}
	}
	w.at, w.here = best, false
	return best
}

func (w *walk) in(row *ordered[*job]) (*job, bool) {
	switch {
	case !w.oldest && w.at == nil:
		return row.max()
	case !w.oldest:
		return row.before(w.at)
	case w.here:
		return row.from(w.at)
	}
	return row.after(w.at)
}

// beyond reports whether nothing behind j can match.
func beyond(f *storage.Filter, j *job, oldest bool) bool {
	if oldest {
		return !f.To.IsZero() && !j.ID.Time().Before(f.To)
	}
	return !f.From.IsZero() && j.ID.Time().Before(f.From)
}

func matches(f *storage.Filter, j *job) bool {
	switch {
	case !inStates(f, j.State),
		f.Queue != "" && f.Queue != j.Queue,
		f.Kind != "" && f.Kind != j.Kind,
		f.Server != "" && f.Server != j.Server,
		f.Recurring != "" && f.Recurring != j.Recurring,
		!f.Batch.IsZero() && f.Batch != j.Batch,
		f.Held && j.Held == "",
		f.Retrying && !j.retried:
		return false
	}
	at := j.ID.Time()
	return !at.Before(f.From) && (f.To.IsZero() || at.Before(f.To))
}
