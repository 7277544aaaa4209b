package sqlcore

import (
	"context"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Fetch takes jobs off the queues; see [storage.Worker].
func (s *Store) Fetch(ctx context.Context, r storage.FetchRequest) (result storage.FetchResult, err error) {
	if err := rules.Fetch(&r); err != nil {
		return result, err
	}
	d, hot := s.driver.(PlainFetcher)
	if hot {
		if result, done, err := s.fetchHot(ctx, d, &r); done || err != nil {
			return result, err
		}
	}
	var f *fetching
	err = s.write(ctx, func(t *tx) error {
		f = &fetching{tx: t, req: &r}
		f.result.Mark = t.bell.mark()
		return f.run()
	})
	if err != nil {
		s.hot.forget(r.Session)
		return storage.FetchResult{}, err
	}
	if hot {
		s.hot.learn(&f.session, r.Queues)
	}
	return f.result, nil
}

// fetching is one fetch on its way through the queues.
type fetching struct {
	*tx
	req     *storage.FetchRequest
	session session
	result  storage.FetchResult
	max     int // jobs still to start
	ahead   int // jobs still to hold ready
	looked  int
	found   int // rows read at once
	runs    []newRun

	slots map[string]int        // running, by concurrency key
	rates map[storage.Limit]int // starts left
}

// minLook is how many jobs a fetch looks at, at least; one that finds many to move
// away ends there and says that there is more.
const minLook = 1000

func (f *fetching) budget() int { return minLook + 2*(f.req.Max+f.req.Ahead) }

func (f *fetching) run() error {
	found, err := f.sessionOf(f.req.Session, &f.session)
	if err != nil {
		return err
	}
	if !found || f.session.dead {
		return refuse(lost(f.req.Session))
	}
	switch {
	case f.req.Call < f.session.call: // guard: late fetch
		return nil
	case f.req.Call == f.session.call: // guard: repeated fetch
		return f.again()
	case f.shared: // a hot path may have given jobs for this call
		if err := f.again(); err != nil || len(f.result.Jobs) > 0 {
			return firstError(err, f.addRuns())
		}
	}
	f.max, f.ahead = f.req.Max, f.req.Ahead
	for _, name := range f.req.Queues {
		no, ok := f.names.queueNo[name]
		if !ok || f.names.queues[no].paused {
			continue
		}
		if err := f.queue(f.names.queues[no]); err != nil {
			return err
		}
	}
	if err := f.addRuns(); err != nil {
		return err
	}
	return f.nextRate()
}

func lost(id storage.ID) error {
	return fmt.Errorf("session %v: %w", id, storage.ErrSessionLost)
}

func (f *fetching) full() bool { return f.max == 0 && f.ahead == 0 }

// source is one line that a fetch reads, in order.
type source struct {
	line   int
	buffer []*record
	after  int64
	dry    bool
	spans  [][2]int64 // ranks that left the line, in runs without gaps
	open   bool       // the last span may grow
	gone   []*record  // left the line, one by one
}

var (
	sqlReady = sqlText(`SELECT r.rank, r.job, r.shape, r.flags, j.links, j.created, j.payload, j.options, j.metadata
		FROM jg_ready r CROSS JOIN jg_job j ON j.id = r.job
		WHERE r.queue = ? AND r.line = ? AND r.rank > ? ORDER BY r.rank LIMIT ?`)
	sqlWaiting = sqlFamily(`SELECT `+columnsShort+`, j.payload, j.options FROM jg_job j WHERE j.id IN ({})`, "?")
)

// fill reads the next jobs of a line. Of new jobs that is all; the others are read whole.
func (f *fetching) fill(queue *queueName, s *source, n int) error {
	s.buffer = s.buffer[:0]
	var others []storage.ID
	var at map[storage.ID]int
	slab := make([]record, 0, min(n, 32))
	err := each(f.Link, func(r *rows) error {
		if len(slab) == cap(slab) {
			slab = make([]record, 0, min(n, 4*cap(slab)))
		}
		slab = append(slab, record{rank: r.int64(0), id: r.id(1)})
		rec := &slab[len(slab)-1]
		if r.int(3)&readyFresh != 0 {
			rec.fresh(r, s.line)
		} else {
			if at == nil {
				at = make(map[storage.ID]int)
			}
			at[rec.id] = len(s.buffer)
			others = append(others, rec.id)
		}
		s.buffer = append(s.buffer, rec)
		return nil
	}, sqlReady, queue.no, s.line, s.after, n)
	if err != nil {
		return err
	}
	f.found = max(f.found, len(s.buffer))
	if len(s.buffer) < n {
		s.dry = true
	}
	if len(s.buffer) > 0 {
		s.after = s.buffer[len(s.buffer)-1].rank
	}
	return eachOf(f.Link, sqlWaiting, others, func(r *rows) error {
		rec, err := scanRecord(r)
		if err != nil {
			return err
		}
		rec.payload, rec.options = r.bytes(nShort), r.bytes(nShort+1)
		s.buffer[at[rec.id]] = rec
		return nil
	})
}

// fresh reads a job that is readyFresh from a row of sqlReady.
func (r *record) fresh(rows *rows, line int) {
	r.shape, r.links, r.created = rows.int(2), rows.int(4), rows.time(5)
	r.payload, r.options, r.metadata = rows.bytes(6), rows.bytes(7), rows.bytes(8)
	r.cls, r.line, r.attempt, r.enqueued = classLive, line, 1, r.created
	if line != 0 {
		r.cls = classHeld
	}
	r.stored, r.whole = r.cls, true
}

// queue takes what it may from one queue: from its main line and from those held
// lines that this session can run, merged in their original order.
func (f *fetching) queue(queue *queueName) error {
	if f.full() {
		return nil
	}
	if err := f.wakeRates(queue); err != nil {
		return err
	}
	sources, err := f.sources(queue)
	if err != nil {
		return err
	}
	for !f.full() {
		s, err := f.first(queue, sources)
		if err != nil {
			return err
		}
		if s == nil {
			break
		}
		if f.looked >= f.budget() {
			f.result.More = true
			break
		}
		f.looked++
		r := s.buffer[0]
		s.buffer = s.buffer[1:]
		gone, err := f.consider(queue, r)
		if err != nil {
			return err
		}
		if gone && f.shared {
			s.gone = append(s.gone, r) // others may have put jobs between this one and the last
		} else {
			s.left(r.rank, gone)
		}
	}
	return f.leave(queue, sources)
}

// sources are the lines to read: kinds' lines count when this session can run them.
func (f *fetching) sources(queue *queueName) ([]*source, error) {
	all := []*source{{line: 0, after: -1}}
	lines, err := f.linesOf(sqlKindLines, queue.no)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		_, paused := f.names.paused[l.name]
		if paused || l.cause == causeKind && !f.req.Kinds.Reads(l.name, l.print) {
			continue
		}
		all = append(all, &source{line: l.no, after: -1})
	}
	return all, nil
}

// first is the line whose next job comes first; nil when all are at their end.
func (f *fetching) first(queue *queueName, sources []*source) (best *source, err error) {
	for _, s := range sources {
		if len(s.buffer) == 0 && !s.dry {
			n := min(f.max+f.ahead, f.budget()-f.looked+1, 256)
			if err := f.fill(queue, s, max(n, 1)); err != nil {
				return nil, err
			}
		}
		if len(s.buffer) > 0 && (best == nil || s.buffer[0].rank < best.buffer[0].rank) {
			best = s
		}
	}
	return best, nil
}

// left notes whether the job of a rank left the line.
func (s *source) left(rank int64, gone bool) {
	switch {
	case !gone:
		s.open = false
	case s.open:
		s.spans[len(s.spans)-1][1] = rank
	default:
		s.spans = append(s.spans, [2]int64{rank, rank})
		s.open = true
	}
}

var sqlLeaveSpan = sqlText(`DELETE FROM jg_ready WHERE queue = ? AND line = ? AND rank BETWEEN ? AND ?`)

// leave takes off the lines what left them.
func (f *fetching) leave(queue *queueName, sources []*source) error {
	for _, s := range sources {
		for _, span := range s.spans {
			if _, err := f.Exec(sqlLeaveSpan, queue.no, s.line, span[0], span[1]); err != nil {
				return err
			}
		}
		for _, r := range s.gone {
			if _, err := f.Exec(sqlLeaveReady, queue.no, s.line, r.rank, r.id); err != nil {
				return err
			}
		}
		if s.line != 0 && len(s.spans)+len(s.gone) > 0 {
			if err := f.forgetLine(queue.no, s.line); err != nil {
				return err
			}
		}
	}
	return nil
}

// consider decides what becomes of a job that is looked at; it reports whether it
// left its line.
func (f *fetching) consider(queue *queueName, r *record) (gone bool, err error) {
	if !r.whole {
		if err := complete(f.Link, r); err != nil {
			return false, err
		}
	}
	shape := f.names.shapes[r.shape]
	if r.links&linkFlow != 0 && !r.expires.IsZero() && !r.expires.After(f.now) {
		return true, f.discard(r, rules.Expired)
	}
	if _, paused := f.names.paused[shape.kind]; paused {
		return true, f.hold(queue, r, line{held: rules.PausedKindLine(shape.kind), cause: causePaused, name: shape.kind}, 0)
	}
	if !f.req.Kinds.Reads(shape.kind, shape.fingerprint) {
		held := line{held: rules.KindLine(shape.kind, shape.fingerprint), cause: causeKind, name: shape.kind, print: shape.fingerprint}
		return true, f.hold(queue, r, held, 0)
	}
	if r.links&linkLimits != 0 {
		held, err := f.limited(queue, r)
		if held || err != nil {
			return held, err
		}
	}
	if free, err := f.freeBefore(r); err != nil || !free {
		return false, err
	}
	switch {
	case f.max > 0:
		f.max--
		return true, f.take(r, false)
	case r.links&(linkLimits|linkWary) != 0:
		return false, nil // never ahead
	}
	f.ahead--
	return true, f.take(r, true)
}

// hold moves a job to a held line.
func (f *fetching) hold(queue *queueName, r *record, want line, most int) error {
	free := want.due
	want.due = time.Time{}
	l, err := f.lineFor(queue.no, want)
	if err != nil {
		return err
	}
	if err := f.moveLine(r.id, r.shape, r.cls, classHeld, l.no); err != nil {
		return err
	}
	if r.links&linkLimits != 0 {
		f.freeLimits(r)
		if want.cause == causeLimit {
			delete(f.freed, want.name)
		}
	}
	if want.cause == causeRate && (l.due.IsZero() || free.Before(l.due)) {
		if _, err := f.Exec(sqlLineDue, free, l.no); err != nil {
			return err
		}
	}
	_, err = f.Exec(sqlAddHeld, queue.no, l.no, r.rank, r.id, most, r.shape, shelfOf(r.shape), r.readyFlags())
	return err
}

// limited holds a job of which a key is exhausted; it reports whether one is.
func (f *fetching) limited(queue *queueName, r *record) (bool, error) {
	for _, l := range r.extra.Limits {
		full, free, err := f.exhausted(l)
		if err != nil {
			return false, err
		}
		if full {
			want := line{held: rules.LimitLine(l), cause: causeLimit, name: l.Key, due: free}
			if l.Per > 0 {
				want.cause = causeRate
			}
			return true, f.hold(queue, r, want, l.Max)
		}
	}
	return false, nil
}

// exhausted reports whether a limit has no room, and when a rate has some again.
func (f *fetching) exhausted(l storage.Limit) (bool, time.Time, error) {
	if f.slots == nil {
		f.slots, f.rates = make(map[string]int), make(map[storage.Limit]int)
	}
	if l.Per == 0 {
		running, known := f.slots[l.Key]
		if !known {
			var err error
			if running, err = f.running(l.Key); err != nil {
				return false, time.Time{}, err
			}
			f.slots[l.Key] = running
		}
		return running >= l.Max, time.Time{}, nil
	}
	if left, known := f.rates[l]; known && left > 0 {
		return false, time.Time{}, nil
	}
	left, free, err := f.rateFree(l)
	f.rates[l] = left
	return left <= 0, free, err
}
