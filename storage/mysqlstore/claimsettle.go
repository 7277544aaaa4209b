package mysqlstore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// errMoved: a claim is not as it is remembered.
var errMoved = errors.New("the core has the runs of a claim")

// settleClaims writes the ends of runs that are in claims which this process remembers,
// and makes runs of those that began and were ahead: one write, with no look before it,
// since each claim is changed only if its row is as it is remembered. It marks what it has
// written, and gives the tokens that are left.
func (d *database) settleClaims(ctx context.Context, session int, ends []sqlcore.PlainEnd, begun []storage.Token, written []bool) (left []storage.Token, err error) {
	return d.inClaims(session, ends, begun).settle(ctx, ends, begun, written)
}

// inClaims finds the claims that runs are in. Until their locks are taken, another settle may
// end the same runs.
func (d *database) inClaims(session int, ends []sqlcore.PlainEnd, begun []storage.Token) *claimSettle {
	s := &claimSettle{d: d, session: session, places: d.claims.find(session, len(ends), func(i int) (storage.ID, int) { return ends[i].Job, ends[i].Fetch }),
		begun: d.claims.find(session, len(begun), func(i int) (storage.ID, int) { return begun[i].Job, begun[i].Fetch })}
	s.gather()
	return s
}

func (s *claimSettle) settle(ctx context.Context, ends []sqlcore.PlainEnd, begun []storage.Token, written []bool) (left []storage.Token, err error) {
	if len(s.claims) == 0 {
		return begun, nil
	}
	for _, c := range s.claims { // in one order
		c.mu.Lock()
		defer c.mu.Unlock()
	}
	if slices.ContainsFunc(s.claims, func(c *claim) bool { return c.gone }) {
		return begun, nil // the core will do it
	}
	err = s.d.lone(ctx, func(l *link) error {
		now, err := s.d.instantOf(l)
		if err != nil {
			return err
		}
		clear(written)
		s.p = &plainSettle{d: s.d, l: l, session: s.session, ends: ends, written: written, now: now,
			shapes: make([]int64, len(ends)), started: make([]int64, len(ends))}
		return s.write()
	})
	s.settled(err)
	if err != nil {
		clear(written)
		if errors.Is(err, errMoved) {
			err = nil
		}
		return begun, err
	}
	for i, p := range s.begun {
		if p.c == nil {
			left = append(left, begun[i])
		}
	}
	return left, nil
}

// claimSettle is one such write.
type claimSettle struct {
	d       *database
	session int
	places  []claimPlace // of the ends
	begun   []claimPlace
	claims  []*claim // in the order of their slots
	done    [][]byte // of each, as it will be
	live    []int
	p       *plainSettle
}

// gather finds the claims.
func (s *claimSettle) gather() {
	for _, all := range [][]claimPlace{s.places, s.begun} {
		for _, p := range all {
			if p.c != nil && !slices.Contains(s.claims, p.c) {
				s.claims = append(s.claims, p.c)
			}
		}
	}
	slices.SortFunc(s.claims, func(a, b *claim) int { return a.slot - b.slot })
}

// write ends the runs, and commits.
func (s *claimSettle) write() error {
	s.done, s.live = make([][]byte, len(s.claims)), make([]int, len(s.claims))
	for k, c := range s.claims {
		s.done[k], s.live[k] = slices.Clone(c.done), c.live
	}
	for i, p := range s.places {
		if p.c == nil || p.c.jobs[p.i].links&sqlcore.EndNot != 0 || !s.over(p) {
			continue
		}
		s.p.written[i] = true
		s.p.shapes[i] = int64(p.c.jobs[p.i].shape)
		s.p.started[i] = p.c.startedAt(p.i, s.p.now, s.p.ends[i].Took)
	}
	runs := s.runs()
	var changes, all []*writing
	for k, c := range s.claims {
		if s.live[k] != c.live {
			changes = append(changes, c.change(s.d.texts, s.done[k], s.live[k], c.live))
		}
	}
	if runs != nil {
		all = append(all, runs)
	}
	if slices.Contains(s.p.written, true) {
		all = append(all, s.p.add(), s.p.count(), s.p.stat(), s.p.sweep())
	}
	if len(all) == 0 {
		return nil
	}
	return s.p.l.writeIf(changes, all)
}

// over marks a job of a claim as over; it reports false when it is.
func (s *claimSettle) over(p claimPlace) bool {
	k := slices.Index(s.claims, p.c)
	if s.done[k][p.i] != 0 { // guard: one outcome
		return false
	}
	s.done[k][p.i] = 1
	s.live[k]--
	return true
}

// runs makes runs of jobs that were ahead and have begun; nil for none.
func (s *claimSettle) runs() *writing {
	var w *writing
	for _, p := range s.begun {
		if p.c == nil || p.i < p.c.ahead || !s.over(p) {
			continue
		}
		if w == nil {
			w = new(writing).add(s.d.texts.Named("INSERT INTO jg_run (session, job, `fetch`, `call`, flags, started, shape, links) VALUES "))
		} else {
			w.add(",")
		}
		j := &p.c.jobs[p.i]
		w.add("(").vals(s.session, j.id, j.fetch, p.c.call, runPlain, s.p.now, j.shape, j.links).add(")")
	}
	return w
}

// settled notes what was written. After an error the claims are the core's.
func (s *claimSettle) settled(err error) {
	for k, c := range s.claims {
		if err != nil {
			c.gone = true
			s.d.claims.forget(c, true)
			s.d.claims.release(c)
			continue
		}
		if s.live[k] == c.live {
			continue
		}
		c.done, c.live = s.done[k], s.live[k]
		s.d.claims.forget(c, false)
		if c.live == 0 {
			c.gone = true
			s.d.claims.release(c)
		}
	}
}

// writeIf runs statements and commits if each of those before them changes a row; else
// it gives errMoved.
func (l *link) writeIf(changes, all []*writing) error {
	if !l.texts.blocks {
		for _, w := range changes {
			result, err := l.exec(string(w.b))
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || (n != 1 /* guard: claim as remembered */) {
				return firstError(err, errMoved)
			}
		}
		return l.write(all, "COMMIT")
	}
	texts := make([]string, 0, len(changes))
	for _, w := range changes {
		texts = append(texts, string(w.b)+"; IF ROW_COUNT() <> 1 THEN SIGNAL SQLSTATE '45000'; END IF")
	}
	err := l.write(append([]*writing{{b: []byte(strings.Join(texts, "; "))}}, all...), "COMMIT")
	if codeOf(err) == codeSignal {
		return errMoved
	}
	return err
}
