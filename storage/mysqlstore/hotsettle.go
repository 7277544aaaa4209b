package mysqlstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// SettlePlain writes the ends of plain runs.
func (d *database) SettlePlain(ctx context.Context, session int, ends []sqlcore.PlainEnd, begun []storage.Token, _ []uint64) (written []bool, all bool, err error) {
	written = make([]bool, len(ends))
	if begun, err = d.settleClaims(ctx, session, ends, begun, written); err != nil {
		return nil, false, err
	}
	var rest []sqlcore.PlainEnd
	var places []int
	for i := range ends {
		if !written[i] {
			rest, places = append(rest, ends[i]), append(places, i)
		}
	}
	if len(rest)+len(begun) == 0 {
		return written, true, nil
	}
	more, all, err := d.settleRuns(ctx, session, rest, begun)
	for k, i := range places {
		written[i] = err == nil && more[k]
	}
	return written, all, err
}

// settleRuns writes the ends of plain runs in jg_run.
func (d *database) settleRuns(ctx context.Context, session int, ends []sqlcore.PlainEnd, begun []storage.Token) (written []bool, all bool, err error) {
	err = d.lone(ctx, func(l *link) error {
		p := &plainSettle{d: d, l: l, session: session, ends: ends, written: make([]bool, len(ends))}
		written = p.written
		find, err := p.findText()
		if err != nil {
			return err
		}
		_, now, found, err := d.ours(l, session, "", find...)
		if err != nil {
			return err
		}
		p.now = now
		if len(found) > 0 {
			p.find(found[0])
		}
		if all, err = p.begin(begun); err != nil {
			return err
		}
		return p.run()
	})
	if errors.Is(err, errOther) {
		return make([]bool, len(ends)), len(begun) == 0, nil
	}
	return written, all, err
}

// plainSettle is one such write.
type plainSettle struct {
	d       *database
	l       *link
	session int
	now     time.Time
	ends    []sqlcore.PlainEnd
	written []bool
	shapes  []int64 // of the ends that are written
	started []int64
}

// run ends the runs that were found, and commits.
func (p *plainSettle) run() error {
	var all []*writing
	if slices.Contains(p.written, true) {
		all = []*writing{p.drop(), p.add(), p.count(), p.stat(), p.sweep()}
	}
	return p.l.write(all, "COMMIT")
}

// findText reads the runs, locked against a settle of the same run at the same time.
func (p *plainSettle) findText() ([]string, error) {
	if len(p.ends) == 0 {
		return nil, nil
	}
	w := &writing{b: make([]byte, 0, 100+40*len(p.ends))}
	w.add(p.d.texts.Named("SELECT job, `fetch`, flags, shape, links, started FROM jg_run FORCE INDEX (PRIMARY) WHERE session = ")).vals(p.session).add(" AND job IN (")
	for i := range p.ends {
		if i > 0 {
			w.add(",")
		}
		w.vals(p.ends[i].Job)
	}
	w.add(") FOR UPDATE")
	return []string{string(w.b)}, w.err
}

// find finds out which runs are live and plain.
func (p *plainSettle) find(found *rows) {
	p.shapes, p.started = make([]int64, len(p.ends)), make([]int64, len(p.ends))
	for {
		row, ok, _ := found.Next()
		if !ok {
			return
		}
		c := columns(row)
		i, known := slices.BinarySearchFunc(p.ends, c.bytes(0), func(e sqlcore.PlainEnd, id []byte) int { return bytes.Compare(e.Job[:], id) })
		if !known || (int64(p.ends[i].Fetch) != c.int(1) /* guard: fence */) || c.int(2)&^runAhead != runPlain || int(c.int(4))&sqlcore.EndNot != 0 {
			continue
		}
		p.written[i] = true
		p.shapes[i], p.started[i] = c.int(3), c.int(5)
		if c.int(2)&runAhead != 0 { // nobody told that it had begun
			p.started[i] = p.now.Add(-p.ends[i].Took).UnixMilli()
		}
	}
}

// each adds f of every end that is written, with commas between them.
func (p *plainSettle) each(w *writing, f func(i int, e *sqlcore.PlainEnd)) *writing {
	first := true
	for i := range p.ends {
		if !p.written[i] {
			continue
		}
		if !first {
			w.add(",")
		}
		first = false
		f(i, &p.ends[i])
	}
	return w
}

func (p *plainSettle) drop() *writing {
	w := &writing{b: make([]byte, 0, 100+40*len(p.ends))}
	w.add(p.d.texts.Named("DELETE r FROM jg_run r FORCE INDEX (PRIMARY) WHERE session = ")).vals(p.session).add(" AND job IN (")
	return p.each(w, func(_ int, e *sqlcore.PlainEnd) { w.vals(e.Job) }).add(")")
}

// retain is until when a job is kept.
func (p *plainSettle) retain(e *sqlcore.PlainEnd) int64 {
	return p.now.Truncate(time.Millisecond).Add(e.Retain).UnixMilli()
}

func (p *plainSettle) add() *writing {
	w := room(200 + 200*len(p.ends))
	now := p.now.UnixMilli()
	w.add(p.d.texts.Named("INSERT INTO jg_end (session, finished, shelf, id, shape, `fetch`, started, retain, took, result) VALUES "))
	return p.each(w, func(i int, e *sqlcore.PlainEnd) {
		w.add("(").number(int64(p.session)).int(now).int(shelfOf(p.shapes[i])).id(&e.Job).int(p.shapes[i]).int(int64(e.Fetch)).
			int(p.started[i]).int(p.retain(e)).int(int64(e.Took)).bytes(e.Result).end()
	})
}

func shelfOf(shape int64) int64 {
	if shape < sqlcore.OwnShelves {
		return shape
	}
	return sqlcore.OwnShelves + shape%sqlcore.SharedShelves
}

// sums are what the counters add up.
type sums struct {
	shape int64
	n     int64
	time  time.Duration
}

func (p *plainSettle) sums() (all []sums) {
	for i := range p.ends {
		if !p.written[i] {
			continue
		}
		k := slices.IndexFunc(all, func(s sums) bool { return s.shape == p.shapes[i] })
		if k < 0 {
			k = len(all)
			all = append(all, sums{shape: p.shapes[i]})
		}
		all[k].n++
		all[k].time += p.ends[i].Took
	}
	return all
}

// The classes of jobs that wait or run, and of those that succeeded, as the core has them.
const (
	classLive      = 4
	classSucceeded = 6
)

func (p *plainSettle) count() *writing {
	w := new(writing).add(p.d.texts.Named("INSERT INTO jg_tally (shape, cls, n) VALUES "))
	for i, s := range p.sums() {
		if i > 0 {
			w.add(",")
		}
		w.add("(").vals(s.shape, classLive, -s.n).add("),(").vals(s.shape, classSucceeded, s.n).add(")")
	}
	return w
}

func (p *plainSettle) stat() *writing {
	w := new(writing).add(p.d.texts.Named("INSERT INTO jg_stat (step, at, shape, succeeded, failed, deleted, retried, run_time) VALUES "))
	for i, s := range p.sums() {
		for k, step := range []time.Duration{rules.FineStep, rules.CoarseStep} {
			if i+k > 0 {
				w.add(",")
			}
			w.add("(").vals(step, rules.StepOf(p.now, step), s.shape, s.n, 0, 0, 0, s.time.Microseconds()).add(")")
		}
	}
	return w
}

// sweep notes when the jobs are to be swept: one row for each second.
func (p *plainSettle) sweep() *writing {
	type row struct {
		at        int64
		low, high storage.ID
		jobs      []byte
	}
	var rows []*row
	for i := range p.ends {
		if !p.written[i] {
			continue
		}
		e := &p.ends[i]
		at := (p.retain(e) + 999) / 1000 * 1000
		k := slices.IndexFunc(rows, func(r *row) bool { return r.at == at })
		if k < 0 {
			k = len(rows)
			rows = append(rows, &row{at: at, low: e.Job})
		}
		rows[k].high = e.Job // they come in their order
		rows[k].jobs = append(binary.BigEndian.AppendUint32(rows[k].jobs, uint32(p.shapes[i])), e.Job[:]...)
	}
	w := new(writing).add(p.d.texts.Named("INSERT INTO jg_sweep (at, session, low, high, jobs) VALUES "))
	for i, r := range rows {
		if i > 0 {
			w.add(",")
		}
		w.add("(").vals(r.at, p.session, r.low, r.high, r.jobs).add(")")
	}
	return w
}

// begin notes that handlers of jobs fetched ahead have started; it reports whether all of
// those are plain.
func (p *plainSettle) begin(begun []storage.Token) (all bool, err error) {
	if len(begun) == 0 {
		return true, nil
	}
	w := new(writing).add(p.d.texts.Named("UPDATE jg_run SET flags = 4, started = ")).vals(p.now).add(" WHERE session = ").vals(p.session).
		add(" AND flags = 5 AND (")
	for i, t := range begun {
		if i > 0 {
			w.add(" OR ")
		}
		w.add("job = ").vals(t.Job).add(" AND `fetch` = ").vals(t.Fetch)
	}
	w.add(")")
	if w.err != nil {
		return false, w.err
	}
	result, err := p.l.exec(string(w.b))
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == int64(len(begun)), err
}
