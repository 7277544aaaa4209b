package sqlcore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// fetchHot is Fetch where plain jobs are all that is met; it reports false where the
// core has to do it. The first fetch of a session, and the one after an error, are the
// core's: it finds what a call took whose answer was lost.
func (s *Store) fetchHot(ctx context.Context, d PlainFetcher, r *storage.FetchRequest) (result storage.FetchResult, done bool, err error) {
	h, known := s.hot.session(r.Session), s.seen.Load()
	if h == nil || known == nil || s.isClosed() || r.Max+r.Ahead <= 0 || !h.busy.TryLock() {
		return result, false, nil
	}
	defer h.busy.Unlock()
	s.hot.serve(h, r.Queues)
	if !h.sure || (r.Call <= h.call /* guard: repeated hot fetch */) {
		return result, false, nil
	}
	queues := known.open(r.Queues)
	result.Mark, result.Jobs = s.bell.mark(), r.Room[:0]
	f := &fetchingHot{s: s, d: d, r: r, h: h, names: known, queues: queues, result: &result}
	h.sure = false
	done, err = f.run(ctx)
	h.sure = err == nil && !f.odd
	if err != nil {
		return storage.FetchResult{}, true, s.readFault(ctx, err)
	}
	return result, done || len(result.Jobs) > 0, nil
}

// open are those of the queues that exist and are not paused, each once; where there are
// none, a queue without number or jobs, since the names may be old.
func (n *names) open(queues []string) []*queueName {
	all := make([]*queueName, 0, len(queues))
	for _, name := range queues {
		q := n.queues[n.queueNo[name]]
		if q != nil && !q.paused && !slices.Contains(all, q) {
			all = append(all, q)
		}
	}
	if len(all) == 0 {
		all = append(all, new(queueName))
	}
	return all
}

// fetchingHot is one such fetch.
type fetchingHot struct {
	s      *Store
	d      PlainFetcher
	r      *storage.FetchRequest
	h      *hotSession
	names  *names
	queues []*queueName
	result *storage.FetchResult
	odd    bool // the next job is the core's matter
}

// run looks behind the cursors, and from the start when that is due or nothing was found:
// what comes back to an old place waits no longer than for that.
func (f *fetchingHot) run(ctx context.Context) (done bool, err error) {
	due, may := f.s.hot.mayLookFull(f.h, time.Now())
	if !due || !may {
		enough, known, err := f.look(ctx, true)
		if err != nil || !known || enough || !may || len(f.result.Jobs) > 0 {
			return known, err
		}
	}
	start := time.Now()
	_, known, err := f.look(ctx, false)
	f.s.hot.looked(f.h, start, time.Now())
	return known, err
}

// looked notes a look from the start.
func (h *hot) looked(session *hotSession, start, end time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fullAt, h.fullTook = end, end.Sub(start)
	session.fullAt = end
}

// look takes what is still wanted. It reports whether there is no use in another look,
// and false when the core has to look.
func (f *fetchingHot) look(ctx context.Context, cursor bool) (enough, known bool, err error) {
	given := len(f.result.Jobs)
	start := max(f.r.Max-given, 0)
	ahead := f.r.Max + f.r.Ahead - given - start
	bounded := f.h.most > 0 && start+ahead > f.h.most
	if bounded {
		start = min(start, f.h.most)
		ahead = f.h.most - start
	}
	got, err := f.d.FetchPlain(ctx, &PlainFetch{
		Session: f.h.no, Call: f.r.Call, Generation: f.names.generation, Max: start, Ahead: ahead,
		Spans: f.s.hot.spans(f.queues, cursor), Shapes: f.h.readable(f.names, f.r.Kinds), Room: f.h.room,
	})
	if err != nil || !got.Known {
		return false, false, err
	}
	f.result.Jobs = slices.Grow(f.result.Jobs, len(got.Rows))
	for i := range got.Rows {
		if err := f.give(&got.Rows[i], got.Now); err != nil {
			return false, true, err
		}
	}
	f.s.hot.took(f.names, got.Rows, got.Now)
	f.s.hot.gave(f.h, f.r.Call, got.Rows)
	f.h.full = len(got.Rows) == start+ahead
	f.h.room = emptied(got.Rows)
	if len(got.Rows) > 0 {
		f.h.most = got.Fits
	}
	if got.Odd || got.More || bounded && f.h.full {
		f.result.More = true
		f.odd = got.Odd
		// The core has to look at the next one; with nothing taken it does so now.
		return true, !got.Odd || len(f.result.Jobs) > 0, nil
	}
	if t, ok := f.d.(Teller); ok && !f.h.full {
		t.Emptied(f.r.Queues)
	}
	return f.h.full, true, nil
}

// emptied is the room that an answer took, with nothing in it.
func emptied(rows []PlainRow) []PlainRow {
	clear(rows)
	return rows[:0]
}

// give adds a job to the answer.
func (f *fetchingHot) give(row *PlainRow, now time.Time) error {
	shape := f.names.shapes[row.Shape]
	if shape == nil {
		return fmt.Errorf("job %v is of shape %d, which does not exist: the tables are damaged", row.ID, row.Shape)
	}
	j := storage.Job{
		ID: row.ID, Kind: shape.kind, Fingerprint: shape.fingerprint, Queue: shape.queue.name, Priority: priorityOf(row.Rank),
		Attempt: row.Attempt, Retries: row.Retries, Lost: row.Lost,
		CreatedAt: Instant(row.Created), EnqueuedAt: Instant(row.Enqueued), StartedAt: Instant(row.Started),
		Payload: row.Payload, Options: row.Options,
	}
	if len(row.Metadata) > 0 {
		if err := json.Unmarshal(row.Metadata, &j.Metadata); err != nil {
			return fmt.Errorf("job %v is damaged: %w", row.ID, err)
		}
	}
	if len(row.Extra) > 0 {
		x := new(extra)
		if err := json.Unmarshal(row.Extra, x); err != nil {
			return fmt.Errorf("job %v is damaged: %w", row.ID, err)
		}
		x.show(&j)
	}
	start := now.Truncate(time.Millisecond)
	if row.Ahead {
		start = time.Time{}
	}
	running(&j, row.Fetch, start, f.h.id, f.h.server)
	f.result.Jobs = append(f.result.Jobs, storage.Fetched{
		Job: j, Token: storage.Token{Job: row.ID, Session: f.h.id, Fetch: row.Fetch}, Ahead: row.Ahead,
	})
	return nil
}

// show adds to a job what its extra says.
func (x *extra) show(j *storage.Job) {
	j.InputFrom, j.InputParam, j.Parents, j.On, j.Limits = x.InputFrom, x.InputParam, x.Parents, storage.Condition(x.On), x.Limits
	if u := x.Unique; u != nil {
		j.Unique = &storage.Unique{Key: u.Key, For: time.Duration(u.For), Until: storage.Until(u.Until)}
	}
}
