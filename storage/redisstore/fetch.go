package redisstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var fetchScript = lazy("fetch")

// Fetch implements [storage.Worker].
func (s *Store) Fetch(ctx context.Context, r storage.FetchRequest) (storage.FetchResult, error) {
	if err := rules.Fetch(&r); err != nil {
		return storage.FetchResult{}, err
	}
	if err := s.enter(ctx); err != nil {
		return storage.FetchResult{}, err
	}
	mark := s.bell.mark()
	f := fetching{s: s, r: &r, refs: refsOf(r.Kinds), queues: n8All(r.Queues)}
	for _, sh := range s.shards {
		if err := f.shard(ctx, sh); err != nil {
			return storage.FetchResult{}, err
		}
	}
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
	reply, err := sh.call(ctx, fetchScript(), f.args()...)
	if err != nil {
		return err
	}
	return f.take(asList(reply))
}

func (f *fetching) args() []any {
	return []any{f.r.Session[:], f.r.Call, f.refs, f.r.Max, f.r.Ahead, f.queues}
}

// take takes the answer of the script apart.
func (f *fetching) take(answer []any) error {
	if len(answer) == 1 && asString(answer[0]) == "lost" {
		return lost(f.r.Session)
	}
	if len(answer) < 2 {
		return f.s.fault("fetch", fmt.Errorf("unexpected answer %v", answer))
	}
	if again := time.Duration(asInt(answer[0])) * time.Microsecond; again > 0 && (f.res.Again == 0 || again < f.res.Again) {
		f.res.Again = again
	}
	f.res.More = f.res.More || asInt(answer[1]) == 1
	for _, a := range answer[2:] {
		one := asList(a)
		if len(one) != 4 {
			return f.s.fault("fetch", fmt.Errorf("unexpected job %v", a))
		}
		id := asID(one[0])
		j, err := decodeRow(id, asList(one[3]))
		if err != nil {
			return err
		}
		token := storage.Token{Job: id, Session: f.r.Session, Fetch: int(asInt(one[1]))}
		f.res.Jobs = append(f.res.Jobs, storage.Fetched{Job: j, Token: token, Ahead: asInt(one[2]) == 1})
	}
	return nil
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
