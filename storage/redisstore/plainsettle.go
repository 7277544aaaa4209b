package redisstore

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var plainSettleScript = lazySafe("plain_settle")

// plainOutcome reports whether an outcome is a success that tells no more than a result.
func plainOutcome(o *storage.Outcome) bool {
	return o.Kind == storage.Succeed && o.Reason == "" && o.Progress == nil && len(o.Logs) == 0 && rules.Storable(*o)
}

// alike is what the outcomes of a group have in common.
type alike struct {
	claim *claim
	names [16]byte
}

// endGroup is a group of outcomes.
type endGroup struct {
	alike
	places  []int // in told.outcomes
	runTime int64
	ends    []any // id and claim with the end of each
}

// startGroup is a group of starts of jobs that were held ready.
type startGroup struct {
	places []int // in told.started
	claim  *claim
	next   *claim // from now on
	mines  []mine
}

// plainTold is what the plain script is told.
type plainTold struct {
	now    int64
	ends   []*endGroup
	starts []*startGroup
	hints  []any
}

// plain settles what the plain script can, and leaves the rest in p.
func (t *telling) plain(ctx context.Context, sh *shard, p *told) error {
	now, ok := sh.clock.now()
	if !ok {
		return nil
	}
	plain, mines, full := t.split(sh, p)
	if len(plain) == 0 {
		return nil
	}
	pt := &plainTold{now: now + t.s.offset.Load()}
	pt.group(p, plain, mines)
	fullStarts := pt.begin(sh, p)
	reply, err := sh.run(ctx, plainSettleScript(), pt.args(t.session, p)...)
	if err != nil {
		return err
	}
	left := make(map[int]bool)
	for _, g := range asList(reply) {
		left[int(asInt(g))] = true
	}
	p.started = pt.begun(sh, p, left, fullStarts)
	for k, g := range pt.ends {
		for _, i := range g.places {
			sh.runs.forget(p.outcomes[i].Token)
			if left[len(pt.starts)+k] {
				full = append(full, i)
			} else {
				t.verdicts[p.which[i]] = storage.Accepted
			}
		}
	}
	p.keep(full)
	return nil
}

// maxPlainSettle is how many outcomes share a run of the plain script.
const maxPlainSettle = 2000

// split gives the places of the outcomes that the plain script may take, with their runs,
// and of the others. Where one job has several outcomes, their order matters: the full
// script takes all.
func (t *telling) split(sh *shard, p *told) (plain []int, mines []mine, full []int) {
	seen := make(map[storage.ID]struct{}, len(p.outcomes))
	plain, mines = make([]int, 0, len(p.outcomes)), make([]mine, 0, len(p.outcomes))
	for i, o := range p.outcomes {
		if _, again := seen[o.Token.Job]; again {
			return nil, nil, nil
		}
		seen[o.Token.Job] = struct{}{}
		m, known := sh.runs.of(o.Token)
		if known && m.alone && len(plain) < maxPlainSettle && plainOutcome(o) {
			plain, mines = append(plain, i), append(mines, m)
		} else {
			full = append(full, i)
		}
	}
	return plain, mines, full
}

// group puts the outcomes together that share a claim and a sort.
func (pt *plainTold) group(p *told, plain []int, mines []mine) {
	hints := make(map[int64][]byte)
	size := 0
	for k, i := range plain {
		size += len(mines[k].claim.text) + 20 + len(p.outcomes[i].Result)
	}
	values := make([]byte, 0, size)
	for k, i := range plain {
		o := p.outcomes[i]
		g := pt.groupOf(alike{mines[k].claim, mines[k].names})
		retain := retainMS(o.Retain)
		if retain == 0 {
			retain = storage.RetainSucceeded.Milliseconds()
		}
		took, from := max(o.Duration, 0), len(values)
		values = g.claim.appendEnd(values, pt.now, pt.now+retain, took, o.Result)
		g.places = append(g.places, i)
		g.runTime += int64(took)
		g.ends = append(g.ends, o.Token.Job[:], values[from:len(values):len(values)])
		hints[retain] = append(hints[retain], o.Token.Job[:]...)
	}
	for retain, ids := range hints {
		for len(ids) > 0 {
			n := min(len(ids), 64*16)
			pt.hints = append(pt.hints, strconv.FormatInt(pt.now+retain, 10), ids[:n:n])
			ids = ids[n:]
		}
	}
}

func (pt *plainTold) groupOf(a alike) *endGroup {
	for n := len(pt.ends) - 1; n >= 0; n-- {
		if pt.ends[n].alike == a {
			return pt.ends[n]
		}
	}
	g := &endGroup{alike: a}
	pt.ends = append(pt.ends, g)
	return g
}

// maxShelf is how many ids share a member of a shelf.
const maxShelf = 64

// shelves are the jobs of a group as they go onto the shelf of the succeeded: strings of a
// bucket and ids of it.
func (g *endGroup) shelves(p *told) []any {
	ids := make([]storage.ID, len(g.places))
	for k, i := range g.places {
		ids[k] = p.outcomes[i].Token.Job
	}
	slices.SortFunc(ids, func(a, b storage.ID) int { return bytes.Compare(a[:], b[:]) })
	var all []any
	for from := 0; from < len(ids); {
		at := bucketOf(ids[from])
		member := append(make([]byte, 0, 6+16*min(len(ids)-from, maxShelf)), at[:]...)
		for n := 0; n < maxShelf && from < len(ids) && bucketOf(ids[from]) == at; n++ {
			member = append(member, ids[from][:]...)
			from++
		}
		all = append(all, member)
	}
	return all
}

// begin puts the starts together that share a claim, and gives those that the full script
// has to write. What is settled in the same call needs no start.
func (pt *plainTold) begin(sh *shard, p *told) (full []storage.Token) {
	if len(p.started) == 0 {
		return nil
	}
	settled := make(map[storage.ID]struct{})
	for _, g := range pt.ends {
		for _, i := range g.places {
			settled[p.outcomes[i].Token.Job] = struct{}{}
		}
	}
	groups := make(map[*claim]*startGroup)
	for i, token := range p.started {
		m, known := sh.runs.of(token)
		_, over := settled[token.Job]
		switch {
		case over:
			continue
		case !known:
			full = append(full, token)
			continue
		case m.claim.start != 0:
			continue
		}
		g := groups[m.claim]
		if g == nil {
			g = &startGroup{claim: m.claim, next: m.claim.started(pt.now)}
			groups[m.claim] = g
			pt.starts = append(pt.starts, g)
		}
		g.places, g.mines = append(g.places, i), append(g.mines, m)
	}
	return full
}

// begun notes which starts were written, and gives those that were not.
func (pt *plainTold) begun(sh *shard, p *told, left map[int]bool, full []storage.Token) []storage.Token {
	for k, g := range pt.starts {
		for n, i := range g.places {
			if left[k] {
				sh.runs.forget(p.started[i])
				full = append(full, p.started[i])
				continue
			}
			m := g.mines[n]
			m.claim = g.next
			sh.runs.add(p.started[i].Job, m)
		}
	}
	return full
}

// args are the arguments in the order of the script.
func (pt *plainTold) args(session storage.ID, p *told) []any {
	size := 4 + len(pt.hints) + 3*len(pt.starts) + len(p.started)
	for _, g := range pt.ends {
		size += 5 + 3*len(g.places)
	}
	args := make([]any, 0, size)
	args = append(args, session[:], len(pt.starts), len(pt.ends), len(pt.hints))
	for _, g := range pt.starts {
		args = append(args, g.claim.text, g.next.text, len(g.places))
		for _, i := range g.places {
			args = append(args, p.started[i].Job[:])
		}
	}
	for _, g := range pt.ends {
		shelves := g.shelves(p)
		args = append(args, g.claim.text, g.names[:], g.runTime, len(g.places), len(shelves))
		args = append(append(args, shelves...), g.ends...)
	}
	return append(args, pt.hints...)
}

// keep leaves only the outcomes at these places, in their order.
func (p *told) keep(places []int) {
	outcomes, which := make([]*storage.Outcome, len(places)), make([]int, len(places))
	for k, i := range places {
		outcomes[k], which[k] = p.outcomes[i], p.which[i]
	}
	p.outcomes, p.which = outcomes, which
}
