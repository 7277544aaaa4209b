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
	if len(answer)%3 != 2 {
		return true, f.s.fault("fetch", fmt.Errorf("unexpected answer of %d values", len(answer)))
	}
	f.res.Jobs = make([]storage.Fetched, 0, len(answer)/3)
	for i := 2; i < len(answer); i += 3 {
		if err := f.takePlain(asID(answer[i]), answer[i+1], answer[i+2]); err != nil {
			return true, err
		}
	}
	return true, nil
}

// takePlain takes a job with its record, and its body or row.
func (f *fetching) takePlain(id storage.ID, rec, body any) (err error) {
	r := record(asString(rec))
	j := storage.Job{ID: id}
	if row := asList(body); row != nil {
		j, err = decodeRow(id, row)
	} else if err = r.fill(&j); err == nil {
		err = decodeBody(&j, asString(body))
	}
	if err != nil {
		return err
	}
	token := storage.Token{Job: id, Session: f.r.Session, Fetch: j.Fetches}
	f.res.Jobs = append(f.res.Jobs, storage.Fetched{Job: j, Token: token, Ahead: r.bit(bitAhead)})
	return nil
}
