package redisstore

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/gojobgen/jobgen/storage"
)

var plainFetchScript = lazy("plain_fetch")

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
	reply, err := sh.run(ctx, plainFetchScript(), f.args()...)
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
	if len(answer)%3 != 1 || len(answer) < 4 {
		return true, f.s.fault("fetch", fmt.Errorf("unexpected answer of %d values", len(answer)))
	}
	now, server := asInt(answer[2]), asString(answer[3])
	if now != 0 {
		sh.clock.told(now - f.s.offset.Load())
	}
	jobs := make([]storage.Fetched, 0, len(f.res.Jobs)+len(answer)/3)
	f.res.Jobs = append(jobs, f.res.Jobs...)
	g := given{sh: sh, session: f.r.Session, now: now, server: server, claims: make(map[[2]int64]string)}
	for i := 4; i < len(answer); i += 3 {
		start := now
		if i/3-1 >= starts {
			start = 0
		}
		job, err := g.job(asID(answer[i]), start, answer[i+1], answer[i+2])
		if err != nil {
			return true, err
		}
		f.res.Jobs = append(f.res.Jobs, job)
	}
	return true, nil
}

// given is what one answer of the plain script gave.
type given struct {
	sh      *shard
	session storage.ID
	now     int64
	server  string
	claims  map[[2]int64]string // by start and number of the fetch
}

// job takes a job with its record as it waited, and its body or row; it starts at start,
// or is held ready when that is 0.
func (g *given) job(id storage.ID, start int64, waited, body any) (f storage.Fetched, err error) {
	r := record(asString(waited))
	if !r.valid() {
		return f, r.fill(&storage.Job{ID: id})
	}
	r = claimed(r, g.session, g.now, start, g.server)
	fetch := r.fetches()
	key := [2]int64{start, int64(fetch)}
	if g.claims[key] == "" {
		g.claims[key] = newClaim(g.session, g.now, start, uint32(fetch), g.server)
	}
	j := storage.Job{ID: id}
	if row := asList(body); row != nil {
		row[rowRecord] = string(r)
		j, err = decodeRow(id, row)
	} else if err = r.fill(&j); err == nil {
		err = decodeBody(&j, asString(body))
	}
	if err != nil {
		return f, err
	}
	g.sh.runs.add(id, &mine{record: r, claim: g.claims[key], at: g.now, fetch: uint32(fetch), server: g.server})
	token := storage.Token{Job: id, Session: g.session, Fetch: fetch}
	return storage.Fetched{Job: j, Token: token, Ahead: start == 0}, nil
}
