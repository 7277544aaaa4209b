package redisstore

import (
	"context"
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
	claim  string
	names  string // N8 of queue and kind
	result bool
}

// endGroup is a group of outcomes.
type endGroup struct {
	places  []int // in told.outcomes
	runTime int64
	jobs    []any // id and record of each
	runs    []any
	parts   []any
}

// startGroup is a group of starts of jobs that were held ready.
type startGroup struct {
	places []int // in told.started
	claim  string
	mines  []*mine
}

// plainTold is what the plain script is told.
type plainTold struct {
	now    int64
	ends   []*endGroup
	of     []alike
	starts []*startGroup
	hints  []any
}

// plain settles what the plain script can, and leaves the rest in p.
func (t *telling) plain(ctx context.Context, sh *shard, p *told) error {
	now, ok := sh.clock.now()
	if !ok {
		return nil
	}
	plain, full := t.split(sh, p)
	if len(plain) == 0 {
		return nil
	}
	pt := &plainTold{now: now + t.s.offset.Load()}
	pt.group(sh, p, plain)
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

// split gives the places of the outcomes that the plain script may take, and of the
// others. Where one job has several outcomes, their order matters: the full script takes
// all.
func (t *telling) split(sh *shard, p *told) (plain, full []int) {
	seen := make(map[storage.ID]bool, len(p.outcomes))
	for i, o := range p.outcomes {
		if seen[o.Token.Job] {
			return nil, nil
		}
		seen[o.Token.Job] = true
		if m := sh.runs.of(o.Token); m != nil && m.record.alone() && len(plain) < maxPlainSettle && plainOutcome(o) {
			plain = append(plain, i)
		} else {
			full = append(full, i)
		}
	}
	return plain, full
}

// group puts the outcomes together that share a claim and a sort.
func (pt *plainTold) group(sh *shard, p *told, plain []int) {
	groups := make(map[alike]*endGroup)
	hints := make(map[int64][]byte)
	for _, i := range plain {
		o := p.outcomes[i]
		m := sh.runs.of(o.Token)
		if m == nil {
			// It was just there: another Settle of the same token took it.
			m = &mine{record: make(record, headLen)}
		}
		a := alike{claim: m.claim, names: string(m.record[atQueue : atQueue+16]), result: len(o.Result) > 0}
		g := groups[a]
		if g == nil {
			g = &endGroup{}
			groups[a] = g
			pt.ends, pt.of = append(pt.ends, g), append(pt.of, a)
		}
		retain := retainMS(o.Retain)
		if retain == 0 {
			retain = storage.RetainSucceeded.Milliseconds()
		}
		took := max(o.Duration, 0)
		id := o.Token.Job[:]
		g.places = append(g.places, i)
		g.runTime += int64(took)
		g.jobs = append(g.jobs, id, []byte(m.record.succeeded(pt.now, pt.now+retain, took, a.result)))
		g.runs = append(g.runs, m.record.run(o.Token.Job))
		if a.result {
			g.parts = append(g.parts, append([]byte{'r'}, id...), o.Result)
		}
		hints[retain] = append(hints[retain], id...)
	}
	for retain, ids := range hints {
		for len(ids) > 0 {
			n := min(len(ids), 64*16)
			pt.hints = append(pt.hints, strconv.FormatInt(pt.now+retain, 10), ids[:n:n])
			ids = ids[n:]
		}
	}
}

// begin puts the starts together that share a claim, and gives those that the full script
// has to write. What is settled in the same call needs no start.
func (pt *plainTold) begin(sh *shard, p *told) (full []storage.Token) {
	settled := make(map[storage.ID]bool)
	for _, g := range pt.ends {
		for _, i := range g.places {
			settled[p.outcomes[i].Token.Job] = true
		}
	}
	groups := make(map[string]*startGroup)
	for i, token := range p.started {
		m := sh.runs.of(token)
		switch {
		case settled[token.Job]:
			continue
		case m == nil:
			full = append(full, token)
			continue
		case !m.record.bit(bitAhead):
			continue
		}
		g := groups[m.claim]
		if g == nil {
			g = &startGroup{claim: m.claim}
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
			next := *g.mines[n]
			next.claim = pt.claimOf(p.started[i].Session, g)
			next.record = append(record(nil), next.record...)
			next.record[atBits] = next.record[atBits]&^bitAhead | bitBegun
			copy(next.record[atStarted:], be6(pt.now))
			clear(next.record[atExpires : atExpires+6])
			sh.runs.add(p.started[i].Job, &next)
		}
	}
	return full
}

// claimOf is the claim of a group of starts from now on.
func (pt *plainTold) claimOf(session storage.ID, g *startGroup) string {
	m := g.mines[0]
	return newClaim(session, m.at, pt.now, m.fetch, m.server)
}

// args are the arguments in the order of the script.
func (pt *plainTold) args(session storage.ID, p *told) []any {
	args := []any{session[:], len(pt.starts), len(pt.ends), len(pt.hints)}
	for _, g := range pt.starts {
		args = append(args, g.claim, pt.claimOf(session, g), len(g.places))
		for _, i := range g.places {
			args = append(args, p.started[i].Job[:])
		}
	}
	for k, g := range pt.ends {
		a, results := pt.of[k], 0
		if a.result {
			results = 1
		}
		args = append(args, a.claim, a.names, g.runTime, results, len(g.places))
		args = append(append(append(args, g.jobs...), g.runs...), g.parts...)
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
