package sample

import (
	"context"
	"fmt"
	"slices"

	"github.com/gojobgen/jobgen/storage"
)

// Job implements [storage.Reader].
func (s *Store) Job(ctx context.Context, id storage.ID) (storage.Details, error) {
	leave, err := s.enter(ctx, "Job")
	if err != nil {
		return storage.Details{}, err
	}
	defer leave()
	if d := s.find(id); d != nil {
		out := *d
		out.LogLines = len(s.logs[id])
		return out, nil
	}
	return storage.Details{}, fmt.Errorf("job %v: %w", id, storage.ErrNotFound)
}

func (s *Store) find(id storage.ID) *storage.Details {
	for _, d := range s.jobs {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// Jobs implements [storage.Reader].
func (s *Store) Jobs(ctx context.Context, q storage.Query) (storage.Page, error) {
	leave, err := s.enter(ctx, "Jobs")
	if err != nil {
		return storage.Page{}, err
	}
	defer leave()
	order := slices.Clone(s.jobs)
	if !q.Oldest {
		slices.Reverse(order)
	}
	var p storage.Page
	for _, d := range order {
		past := slices.Compare(d.ID[:], q.After[:])
		switch {
		case !q.After.IsZero() && (q.Oldest && past <= 0 || !q.Oldest && past >= 0), !matches(&d.Job, d, q.Filter):
		case len(p.Jobs) == max(q.Limit, 1):
			p.More = true
			return p, nil
		default:
			j := d.Job
			j.Payload, j.Input, j.Result, j.Options, j.Checkpoint = nil, nil, nil, nil, nil
			p.Jobs = append(p.Jobs, j)
		}
	}
	return p, nil
}

func matches(j *storage.Job, d *storage.Details, f storage.Filter) bool {
	isChild := f.Parent.IsZero() || slices.ContainsFunc(d.ParentsOf, func(e storage.Edge) bool { return e.Job == f.Parent })
	return isChild &&
		(len(f.States) == 0 || slices.Contains(f.States, j.State)) &&
		(f.Queue == "" || f.Queue == j.Queue) && (f.Kind == "" || f.Kind == j.Kind) &&
		(f.Server == "" || f.Server == j.Server) && (f.Recurring == "" || f.Recurring == j.Recurring) &&
		(f.Batch.IsZero() || f.Batch == j.Batch) &&
		(!f.Held || j.Held != "") && (!f.Retrying || j.State == storage.Scheduled && j.Retries > 0) &&
		(f.From.IsZero() || !j.ID.Time().Before(f.From)) && (f.To.IsZero() || j.ID.Time().Before(f.To))
}

// Count implements [storage.Reader].
func (s *Store) Count(ctx context.Context, f storage.Filter, limit int) (storage.Counts, error) {
	leave, err := s.enter(ctx, "Count")
	if err != nil {
		return storage.Counts{}, err
	}
	defer leave()
	c := storage.Counts{By: make(map[storage.State]int), Capped: make(map[storage.State]bool)}
	for _, d := range s.jobs {
		switch {
		case !matches(&d.Job, d, f):
		case c.By[d.State] == limit:
			c.Capped[d.State] = true
		default:
			c.By[d.State]++
		}
	}
	return c, nil
}

// Logs implements [storage.Reader].
func (s *Store) Logs(ctx context.Context, q storage.LogQuery) ([]storage.NumberedLine, error) {
	leave, err := s.enter(ctx, "Logs")
	if err != nil {
		return nil, err
	}
	defer leave()
	var out []storage.NumberedLine
	for _, l := range s.logs[q.Job] {
		if l.Number > q.After && len(out) < q.Limit && (q.Fetch == 0 || q.Fetch == l.Fetch) {
			out = append(out, l)
		}
	}
	return out, nil
}

// Control implements [storage.Controller] for ids.
func (s *Store) Control(ctx context.Context, c storage.Control) (storage.ControlResult, error) {
	leave, err := s.enter(ctx, "Control")
	if err != nil {
		return storage.ControlResult{}, err
	}
	defer leave()
	var r storage.ControlResult
	for _, id := range c.IDs {
		d := s.find(id)
		switch {
		case d == nil:
			r.Skipped = append(r.Skipped, storage.Skip{ID: id, Why: "not found"})
		case !s.apply(c, d):
			r.Skipped = append(r.Skipped, storage.Skip{ID: id, Why: "it is " + d.State.String()})
		default:
			r.Done = append(r.Done, id)
		}
	}
	return r, nil
}

func (s *Store) apply(c storage.Control, d *storage.Details) bool {
	enter := func(state storage.State) bool {
		d.State, d.Reason = state, c.Action.String()+" by "+c.By
		d.History = append(d.History, storage.HistoryEntry{At: s.now().UTC(), State: state, Reason: d.Reason})
		return true
	}
	switch {
	case c.Action == storage.Requeue && d.State.Final(), c.Action == storage.RunNow && d.State == storage.Scheduled:
		d.EnqueuedAt = s.now().UTC()
		return enter(storage.Enqueued)
	case c.Action == storage.Remove && d.State.Final():
		s.jobs = slices.DeleteFunc(s.jobs, func(x *storage.Details) bool { return x.ID == d.ID })
		return true
	case (c.Action == storage.Cancel || c.Action == storage.Remove) && d.State == storage.Processing:
		d.CancelRequested = true
		return true
	case (c.Action == storage.Cancel || c.Action == storage.Remove) && !d.State.Final():
		d.FinishedAt = s.now().UTC()
		return enter(storage.Deleted)
	}
	return false
}
