package sqlcore

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// A list is a merge of ranges. Jobs are kept by shelf and class, each range in the
// order of the ids, so whatever a filter asks for, only jobs that match are looked at:
// a page costs the same among a million jobs as among a thousand. Conditions that no
// range is kept by (what shares a shelf, who runs a job now) are checked on the rows.

// listing is a list of jobs under way.
type listing struct {
	*view
	filter storage.Filter
	after  storage.ID
	oldest bool
	limit  int

	low, high []byte       // ids at or above low and below high; nil: no bound
	shapes    map[int]bool // nil: all
	states    map[storage.State]bool
}

// Jobs is a page of jobs; see [storage.Reader].
func (s *Store) Jobs(ctx context.Context, q storage.Query) (page storage.Page, err error) {
	limit, err := rules.Page(q.Limit)
	if err != nil {
		return page, err
	}
	err = s.read(ctx, func(v *view) error {
		page = storage.Page{}
		l := &listing{view: v, filter: q.Filter, after: q.After, oldest: q.Oldest, limit: limit}
		var ids []storage.ID
		if ids, page.More, err = l.ids(); err != nil {
			return err
		}
		page.Jobs, err = v.listed(ids)
		return err
	})
	return page, err
}

var sqlListed = sqlFamily(`SELECT `+columnsShort+columnsEnd+` FROM `+fromRan+` WHERE j.id IN ({})`, "?")

// listed loads jobs for a page, in the order of ids.
func (v *view) listed(ids []storage.ID) ([]storage.Job, error) {
	found := make(map[storage.ID]*record, len(ids))
	err := eachOf(v.Link, sqlListed, ids, func(r *rows) error {
		rec, err := scanRecord(r)
		if err == nil {
			rec.scanEnd(r, nShort)
			found[rec.id] = rec
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	jobs := make([]storage.Job, 0, len(ids))
	for _, id := range ids {
		r := found[id]
		if r == nil {
			continue
		}
		j, err := v.listedJob(r)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

func (v *view) listedJob(r *record) (j storage.Job, err error) {
	if err := complete(v.Link, r); err != nil {
		return j, err
	}
	run, err := runOf(v.Link, r)
	if err != nil {
		return j, err
	}
	history, err := decodeHistory(r.history)
	if err != nil {
		return j, err
	}
	if j, err = jobOf(v.names, v.Link, r); err != nil {
		return j, err
	}
	return j, v.complement(&j, r, history, run)
}

// candidate is what a range says of a job without loading it.
type candidate struct {
	id     storage.ID
	shape  int
	cls    class
	server string
	state  storage.State // 0: the class says it, or whether a session has it
}

// ids are the ids of the jobs that match, and whether there are more behind them.
func (l *listing) ids() (ids []storage.ID, more bool, err error) {
	ranges, err := l.plan()
	if err != nil {
		return nil, false, err
	}
	var last storage.ID
	for {
		c, err := l.next(ranges)
		if err != nil || c == nil {
			return ids, false, err
		}
		if c.id == last {
			continue // in two ranges, next to itself in their order
		}
		last = c.id
		ok, err := l.matches(c)
		switch {
		case err != nil:
			return nil, false, err
		case !ok:
			continue
		case len(ids) == l.limit:
			return ids, true, nil
		}
		ids = append(ids, c.id)
	}
}

// idRange is a range of jobs in the order of their ids.
type idRange struct {
	forward, backward *Stmt
	args              []any
	buffer            []candidate
	from              []byte // continue behind this id; nil: at the bound
	size              int
	dry               bool
	state             storage.State // of all in it; 0: as their class says
	server            string        // of all in it
	pooled            *pooled       // read in another way
}

// next is the next job of all ranges together; nil at the end.
func (l *listing) next(ranges []*idRange) (*candidate, error) {
	var best *idRange
	for _, r := range ranges {
		if len(r.buffer) == 0 && !r.dry {
			if err := l.fill(r); err != nil {
				return nil, err
			}
		}
		if len(r.buffer) == 0 {
			continue
		}
		if best == nil || (bytes.Compare(r.buffer[0].id[:], best.buffer[0].id[:]) < 0) == l.oldest {
			best = r
		}
	}
	if best == nil {
		return nil, nil
	}
	c := best.buffer[0]
	best.buffer = best.buffer[1:]
	return &c, nil
}

// fill reads the next jobs of a range, more each time.
func (l *listing) fill(r *idRange) error {
	r.buffer = r.buffer[:0]
	if r.pooled != nil {
		return l.fillPooled(r)
	}
	low, high := l.low, l.high
	s := r.backward
	if l.oldest {
		s = r.forward
		if r.from != nil {
			low = r.from
		}
	} else if r.from != nil {
		high = r.from
	}
	err := each(l.Link, func(rows *rows) error {
		c := candidate{rows.id(0), rows.int(1), class(rows.int(2)), rows.str(3), r.state}
		if r.server != "" {
			c.server = r.server
		}
		r.buffer = append(r.buffer, c)
		return nil
	}, s, append(slices.Clone(r.args), low, high, r.size)...)
	if err != nil {
		return err
	}
	if len(r.buffer) < r.size {
		r.dry = true
	} else {
		last := r.buffer[len(r.buffer)-1].id
		if l.oldest {
			r.from = append(last[:], 0) // low is inclusive: the first id behind last
		} else {
			r.from = last[:]
		}
	}
	r.size = min(4*r.size, 512)
	return nil
}

// plan finds the bounds, and the ranges that hold all that may match.
func (l *listing) plan() ([]*idRange, error) {
	l.bounds()
	f := &l.filter
	l.states = make(map[storage.State]bool)
	for _, s := range storage.States() {
		wanted := len(f.States) == 0 || slices.Contains(f.States, s)
		if f.Held && s != storage.Enqueued || f.Retrying && s != storage.Scheduled {
			wanted = false
		}
		l.states[s] = wanted
	}
	if f.Queue != "" || f.Kind != "" {
		l.shapes = make(map[int]bool)
		for no, s := range l.names.shapes {
			if (f.Queue == "" || s.queue.name == f.Queue) && (f.Kind == "" || s.kind == f.Kind) {
				l.shapes[no] = true
			}
		}
	}
	return l.ranges()
}

// bounds turns the span of time and the page before into bounds of ids.
func (l *listing) bounds() {
	l.low, l.high = make([]byte, 16), bytes.Repeat([]byte{0xff}, 17)
	if !l.filter.From.IsZero() {
		l.low = firstID(l.filter.From)
	}
	if !l.filter.To.IsZero() {
		l.high = firstID(l.filter.To)
	}
	if l.after.IsZero() {
		return
	}
	if l.oldest {
		if behind := append(l.after[:], 0); bytes.Compare(behind, l.low) > 0 {
			l.low = behind
		}
	} else if bytes.Compare(l.after[:], l.high) < 0 {
		l.high = l.after[:]
	}
}

// firstID is the first id of a time.
func firstID(t time.Time) []byte {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	id := make([]byte, 16)
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id
}

// matches checks what the ranges do not know.
func (l *listing) matches(c *candidate) (bool, error) {
	f := &l.filter
	if l.shapes != nil && !l.shapes[c.shape] {
		return false, nil
	}
	if f.Held && c.cls != classHeld || f.Retrying && c.cls != classRetrying {
		return false, nil
	}
	state, server := c.cls.state(), c.server
	if c.state != 0 {
		state = c.state
	} else if c.cls == classLive && (f.Server != "" || l.states[storage.Enqueued] != l.states[storage.Processing]) {
		run, err := runOf(l.Link, &record{id: c.id, cls: c.cls})
		if err != nil {
			return false, err
		}
		if run != nil {
			state, server = storage.Processing, run.server
		}
	}
	return l.states[state] && (f.Server == "" || f.Server == server), nil
}
