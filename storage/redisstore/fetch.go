package redisstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var fetchScript = lazyWaiting("fetch")

// maxFetch is how many jobs one Fetch gives at most, so that no script takes long.
const maxFetch = 2000

// Fetch implements [storage.Worker].
func (s *Store) Fetch(ctx context.Context, r storage.FetchRequest) (storage.FetchResult, error) {
	if err := rules.Fetch(&r); err != nil {
		return storage.FetchResult{}, err
	}
	if err := s.enter(ctx); err != nil {
		return storage.FetchResult{}, err
	}
	wanted := r.Max + r.Ahead
	r.Max = min(r.Max, maxFetch)
	r.Ahead = min(r.Ahead, maxFetch-r.Max)
	mark := s.bell.mark()
	if h := s.bell.hand(&r); h != "" {
		return s.handed(h, mark)
	}
	f := fetching{s: s, r: &r, seqs: make(map[storage.ID]int64), refs: refsOf(r.Kinds), queues: n8All(r.Queues)}
	for i := range s.shards {
		// A repeated call asks in the same order.
		sh := s.shards[(uint64(i)+r.Call)%uint64(len(s.shards))]
		if err := f.shard(ctx, sh); err != nil {
			return storage.FetchResult{}, err
		}
		if start, ahead := f.left(); start+ahead == 0 {
			break
		}
	}
	f.res.More = f.res.More || len(f.res.Jobs) == maxFetch && wanted > maxFetch
	f.res.Mark = mark
	s.bell.rates(r.Queues, f.res.Again)
	return f.res, nil
}

// fetching is one running call of Fetch.
type fetching struct {
	s      *Store
	r      *storage.FetchRequest
	refs   []byte
	queues []byte
	res    storage.FetchResult
	seqs   map[storage.ID]int64 // places in the queue, of jobs that the full script gave
}

// shard takes what one shard gives.
func (f *fetching) shard(ctx context.Context, sh *shard) error {
	if sh.fetches.try() {
		done, err := f.plain(ctx, sh)
		if done || err != nil {
			sh.fetches.was(done)
			return err
		}
		sh.fetches.was(false)
	}
	return f.full(ctx, sh)
}

// full takes what one shard gives by all rules. Where limits lie in other shards, it asks
// there and goes on.
func (f *fetching) full(ctx context.Context, sh *shard) error {
	a := asking{s: f.s, own: sh, by: f.r.Session[:]}
	a.begin()
	from := len(f.res.Jobs)
	for round := range fetchRounds {
		reply, err := sh.call(ctx, fetchScript(), append(f.args(), round > 0, a.packed())...)
		if err != nil {
			return err
		}
		asks, err := f.take(asList(reply))
		if err != nil {
			return err
		}
		if len(asks) == 0 {
			break
		}
		if round == fetchRounds-1 {
			f.res.More = true
			break
		}
		if err := a.ask(ctx, asks); err != nil {
			return err
		}
	}
	if len(a.taken) > 0 {
		f.inTurn(from)
	}
	return a.unused(ctx, f.res.Jobs)
}

// inTurn puts the jobs from a place on in order: one that was asked for stands before
// those that were given meanwhile.
func (f *fetching) inTurn(from int) {
	place := func(j *storage.Fetched) (int, int, int64) {
		return slices.Index(f.r.Queues, j.Job.Queue), j.Job.Priority, f.seqs[j.Token.Job]
	}
	slices.SortStableFunc(f.res.Jobs[from:], func(a, b storage.Fetched) int {
		aq, ap, as := place(&a)
		bq, bp, bs := place(&b)
		return cmp.Or(cmp.Compare(aq, bq), cmp.Compare(ap, bp), cmp.Compare(as, bs))
	})
}

func (f *fetching) args() []any {
	start, ahead := f.left()
	return []any{f.r.Session[:], f.r.Call, f.refs, start, ahead, f.queues}
}

// left is how many jobs are still wanted, to start and to hold ready.
func (f *fetching) left() (start, ahead int) {
	start, ahead = f.r.Max, f.r.Ahead
	for i := range f.res.Jobs {
		if f.res.Jobs[i].Ahead {
			ahead--
		} else {
			start--
		}
	}
	return max(start, 0), max(ahead, 0)
}

// take takes the answer of the script apart, and gives the jobs that it has to ask other
// shards for.
func (f *fetching) take(answer []any) (asks []slotAsk, err error) {
	if len(answer) == 1 && asString(answer[0]) == "lost" {
		return nil, lost(f.r.Session)
	}
	if len(answer) < 2 {
		return nil, f.s.fault("fetch", fmt.Errorf("unexpected answer %v", answer))
	}
	if again := time.Duration(asInt(answer[0])) * time.Microsecond; again > 0 && (f.res.Again == 0 || again < f.res.Again) {
		f.res.Again = again
	}
	f.res.More = f.res.More || asInt(answer[1]) == 1
	for _, a := range answer[2:] {
		one := asList(a)
		if len(one) == 3 {
			asks = append(asks, askOf(one))
			continue
		}
		if len(one) != 4 {
			return nil, f.s.fault("fetch", fmt.Errorf("unexpected job %v", a))
		}
		id := asID(one[0])
		j, err := decodeRow(id, asList(one[3]))
		if err != nil {
			return nil, err
		}
		f.seqs[id] = u48([]byte(asString(asList(one[3])[rowRecord]))[atSeq:])
		token := storage.Token{Job: id, Session: f.r.Session, Fetch: int(asInt(one[1]))}
		f.res.Jobs = append(f.res.Jobs, storage.Fetched{Job: j, Token: token, Ahead: asInt(one[2]) == 1})
	}
	return asks, nil
}

func lost(session storage.ID) error {
	return fmt.Errorf("redisstore: %w: %s: open another", storage.ErrSessionLost, session)
}

// n8All are names one behind the other, each once.
func n8All(names []string) []byte {
	all := make([]byte, 0, 8*len(names))
	for i, name := range names {
		if !slices.Contains(names[:i], name) {
			n := n8(name)
			all = append(all, n[:]...)
		}
	}
	return all
}
