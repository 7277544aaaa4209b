package sqlcore

import "github.com/gojobgen/jobgen/storage"

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
	if err := f.openFirst(queue.no, s.line, s.after, n); err != nil {
		return err
	}
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
