package redisstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/gojobgen/jobgen/storage"
)

var plainFetchScript = lazyWaiting("plain_fetch")

// guess says whether the plain script is worth a try: after it had to pass, the next
// calls do not try it, more of them each time.
type guess struct {
	skip, last atomic.Int32
}

const mostSkipped = 16

func (g *guess) try() bool {
	if g.skip.Load() <= 0 {
		return true
	}
	g.skip.Add(-1)
	return false
}

func (g *guess) was(plain bool) {
	if plain {
		g.last.Store(0)
		return
	}
	n := min(2*g.last.Load()+1, mostSkipped)
	g.last.Store(n)
	g.skip.Store(n)
}

// plain fetches from a shard with the plain script; it reports false when the full one
// has to.
func (f *fetching) plain(ctx context.Context, sh *shard) (bool, error) {
	starts, _ := f.left()
	reply, err := sh.run(ctx, plainFetchScript(), append(f.args(), f.s.bell.parkedAt(f.r))...)
	if err != nil {
		return false, err
	}
	if asString(reply) == "full" {
		return false, nil
	}
	answer := asList(reply)
	if len(answer) == 1 && asString(answer[0]) == "lost" {
		return true, lost(f.r.Session)
	}
	if len(answer) < 4 {
		return true, f.s.fault("fetch", fmt.Errorf("unexpected answer of %d values", len(answer)))
	}
	now := asInt(answer[2])
	if now != 0 {
		sh.clock.told(now - f.s.offset.Load())
	}
	if len(answer) < 7 {
		return true, nil
	}
	g := given{sh: sh, session: f.r.Session, now: now, server: asString(answer[3]), call: f.r.Call,
		ids: asString(answer[4]), sizes: asString(answer[5]), values: asString(answer[6]), more: answer[7:]}
	if f.res.Jobs, err = g.all(f.res.Jobs, starts); err != nil {
		return true, f.s.fault("fetch", err)
	}
	return true, nil
}

// given is what is left of one answer of the plain script.
type given struct {
	sh      *shard
	session storage.ID
	now     int64
	server  string
	call    uint64
	claims  []*claim

	ids, sizes, values string
	more               []any // bodies or rows
}

// all takes all jobs, of which so many start.
func (g *given) all(before []storage.Fetched, starts int) ([]storage.Fetched, error) {
	jobs := make([]storage.Fetched, len(before), len(before)+len(g.ids)/16)
	copy(jobs, before)
	for i := 0; len(g.ids) > 0; i++ {
		start := g.now
		if i >= starts {
			start = 0
		}
		job, err := g.next(start)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// claim is the claim of a fetch with this number, by a start at start or held ready (0).
func (g *given) claim(start int64, fetch uint32) *claim {
	for _, c := range g.claims {
		if c.start == start && c.fetch == fetch {
			return c
		}
	}
	c := newClaim(g.session, g.now, start, fetch, g.call, g.server)
	g.claims = append(g.claims, c)
	return c
}

// next takes the next job, which starts at start or is held ready.
func (g *given) next(start int64) (f storage.Fetched, err error) {
	if len(g.ids) < 16 || len(g.sizes) < 4 {
		return f, errors.New("an answer is cut off")
	}
	id, size := storage.ID([]byte(g.ids[:16])), int(binary.BigEndian.Uint32([]byte(g.sizes[:4])))
	if size > len(g.values) {
		return f, errors.New("an answer is cut off")
	}
	value := g.values[:size]
	g.ids, g.sizes, g.values = g.ids[16:], g.sizes[4:], g.values[size:]
	m := mine{alone: true}
	var j storage.Job
	if isShort(value) {
		m.claim = g.claim(start, 1)
		copy(m.names[:], value[2:])
		j, err = shortJob(id, value, m.claim)
	} else {
		j, err = g.long(id, start, record(value), &m)
	}
	if err != nil {
		return f, err
	}
	g.sh.runs.add(id, m)
	token := storage.Token{Job: id, Session: g.session, Fetch: int(m.claim.fetch)}
	return storage.Fetched{Job: j, Token: token, Ahead: start == 0}, nil
}

// long makes a job of its full record and its body or row, which come with it.
func (g *given) long(id storage.ID, start int64, r record, m *mine) (j storage.Job, err error) {
	j.ID = id
	if !r.valid() || len(g.more) == 0 {
		return j, r.fill(&j)
	}
	body := g.more[0]
	g.more = g.more[1:]
	m.claim, m.alone = g.claim(start, uint32(r.fetches()+1)), r.alone()
	copy(m.names[:], r[atQueue:])
	r = claimed(r, m.claim)
	if row := asList(body); row != nil {
		row[rowRecord] = string(r)
		return decodeRow(id, row)
	}
	if err := r.fill(&j); err != nil {
		return j, err
	}
	return j, decodeBody(&j, asString(body))
}
