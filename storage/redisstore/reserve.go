package redisstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// With several shards a unique key lies in the shard of its hash, the job in that of its
// id. The key's shard has a reservation: a job's id, with a stamp that is new each time.
// Whether that job holds the key only its own shard knows. So:
//
//	prepare  in the job's shard: the job is about to hold a key
//	reserve  in the key's shard: nobody is in the way, or the job there turns out not to
//	         hold it (any more) and is replaced, if it still is the same reservation
//	store    in the job's shard: if it is still prepared
//
// A caller that dies leaves a reservation of a job that does not hold the key, which the
// next one replaces. Who meets a job that is only prepared waits a moment, then drops
// the preparation: its caller finds that out when it stores, and begins anew.

var (
	prepareScript = lazy("prepare")
	reserveScript = lazy("reserve")
	holdsScript   = lazy("holds")
	keysOfScript  = lazy("keysof")
)

const (
	// preparedWait is how long a prepared job may take until its preparation is dropped.
	preparedWait = 500 * time.Millisecond
	// reserveTries is how often an insert begins anew before it gives up.
	reserveTries = 20
)

// wanted is a unique key that a job is to hold.
type wanted struct {
	job storage.ID
	key string
}

// reserved is what an insert was given in other shards.
type reserved struct {
	s      *Store
	prep   []storage.ID
	stamps map[storage.ID]string
	dup    map[storage.ID]holder
	far    map[storage.ID][]any // how nodes stand, see far.go
}

// holder is a job that holds a key.
type holder struct {
	id    storage.ID
	state storage.State
}

// pack adds three fields to the map of a group.
func (r *reserved) pack(p *pack) {
	r.packFar(p)
	p.text("prep")
	p.list(len(r.prep))
	for _, id := range r.prep {
		p.id(id)
	}
	p.text("dup")
	p.dict(len(r.dup))
	for id, h := range r.dup {
		p.id(id)
		p.list(2)
		p.id(h.id)
		p.int(int64(h.state))
	}
}

// packStamp adds to a job where its key is reserved, and with which stamp.
func (r *reserved) packStamp(f *fields, n *storage.NewJob) {
	if stamp := r.stamps[n.ID]; stamp != "" {
		f.key("ur")
		f.int(int64(r.s.shardNamed(n.Unique.Key).n))
		f.key("ust")
		f.text(stamp)
		f.key("uo")
		f.int(int64(r.s.shardOf(n.ID).n))
		f.key("un")
		f.int(int64(len(r.s.shards)))
	}
}

// lanes stores the groups that have to do with other shards, and gives the others.
func (in *inserting) lanes(ctx context.Context, sh *shard, which []int) (local []int, err error) {
	if len(sh.s.shards) == 1 {
		return which, nil
	}
	for _, i := range which {
		if !sh.crosses(&in.groups[i]) {
			local = append(local, i)
			continue
		}
		answer, err := sh.reserving(ctx, &in.groups[i], func(group []byte) (any, error) {
			reply, err := sh.call(ctx, insertScript(), group)
			if l := asList(reply); len(l) == 1 {
				return l[0], err
			}
			return nil, err
		})
		if err != nil {
			return nil, err
		}
		in.results[i].Jobs, in.results[i].Err = insertAnswer(answer)
	}
	return local, nil
}

// reserving stores a group with what it needs of other shards: store is given the group
// as scripts take it, and answers what the script said of it.
func (sh *shard) reserving(ctx context.Context, g *storage.Group, store func(group []byte) (any, error)) (any, error) {
	if len(sh.s.shards) == 1 {
		return store(sh.s.encodeGroup(g, nil))
	}
	for range reserveTries {
		r, err := sh.s.reserve(ctx, sh, wantedBy(g))
		if err != nil {
			return nil, err
		}
		r.share(g)
		if err := r.meet(ctx, sh, g); err != nil {
			return nil, err
		}
		answer, err := store(sh.s.encodeGroup(g, r))
		if err != nil {
			return nil, err
		}
		if l := asList(answer); len(l) == 0 || asString(l[0]) != "dropped" {
			return answer, nil
		}
	}
	return nil, fmt.Errorf("redisstore: insert: others took the unique keys again and again: make the same call again")
}

// wantedBy are the keys of a group, each for the first job that has it.
func wantedBy(g *storage.Group) (keys []wanted) {
	seen := make(map[string]bool)
	for i := range g.Jobs {
		if u := g.Jobs[i].Unique; u != nil && !seen[u.Key] {
			seen[u.Key] = true
			keys = append(keys, wanted{g.Jobs[i].ID, u.Key})
		}
	}
	return keys
}

// share makes the further jobs of a key duplicates as the first one.
func (r *reserved) share(g *storage.Group) {
	holders := make(map[string]holder)
	for i := range g.Jobs {
		u := g.Jobs[i].Unique
		if u == nil {
			continue
		}
		if h, dup := r.dup[g.Jobs[i].ID]; dup {
			holders[u.Key] = h
		} else if h, dup := holders[u.Key]; dup {
			r.dup[g.Jobs[i].ID] = h
		}
	}
}

// reserve prepares jobs of a shard and reserves their keys.
func (s *Store) reserve(ctx context.Context, sh *shard, keys []wanted) (*reserved, error) {
	r := &reserved{s: s, stamps: make(map[storage.ID]string), dup: make(map[storage.ID]holder),
		far: make(map[storage.ID][]any)}
	if len(keys) == 0 {
		return r, nil
	}
	args := make([]any, len(keys))
	byShard := make(map[*shard][]wanted)
	for i, w := range keys {
		args[i] = keys[i].job[:]
		r.prep = append(r.prep, w.job)
		to := s.shardNamed(w.key)
		byShard[to] = append(byShard[to], w)
	}
	if _, err := sh.run(ctx, prepareScript(), args...); err != nil {
		return nil, err
	}
	for to, part := range byShard {
		if err := r.ask(ctx, to, part); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// ask reserves keys of one shard.
func (r *reserved) ask(ctx context.Context, to *shard, keys []wanted) error {
	args := make([]any, 0, 3*len(keys))
	for i := range keys {
		args = append(args, keys[i].key, keys[i].job[:], "")
	}
	reply, err := to.run(ctx, reserveScript(), args...)
	answers := asList(reply)
	if err != nil || len(answers) != len(keys) {
		return errorOr(err, to.s.fault("reserve", fmt.Errorf("unexpected answer %v", reply)))
	}
	for i, w := range keys {
		if err := r.settle(ctx, to, w, asString(answers[i])); err != nil {
			return err
		}
	}
	return nil
}

// settle takes the answer for one key: a stamp, or the reservation that is in the way,
// which is replaced once its job turns out not to hold the key.
func (r *reserved) settle(ctx context.Context, to *shard, w wanted, answer string) error {
	met := time.Now()
	for len(answer) != 8 {
		other := asID(answer)
		drop := time.Since(met) > preparedWait
		holds, state, err := r.s.holds(ctx, other, w.key, drop)
		switch {
		case err != nil:
			return err
		case holds == 1:
			r.dup[w.job] = holder{other, state}
			return nil
		case holds == 2:
			if err := sleep(ctx, 5*time.Millisecond); err != nil {
				return err
			}
			continue
		}
		reply, err := to.run(ctx, reserveScript(), w.key, w.job[:], answer)
		if err != nil {
			return err
		}
		if l := asList(reply); len(l) == 1 {
			answer = asString(l[0])
		}
	}
	r.stamps[w.job] = answer
	return nil
}

// holds asks the shard of a job whether it holds a key (1), is about to (2), or not.
func (s *Store) holds(ctx context.Context, id storage.ID, key string, drop bool) (holds int64, state storage.State, err error) {
	reply, err := s.shardOf(id).run(ctx, holdsScript(), drop, id[:], key)
	if l := asList(reply); err == nil && len(l) == 2 {
		return asInt(l[0]), storage.State(asInt(l[1])), nil
	}
	return 0, 0, errorOr(err, s.fault("holds", fmt.Errorf("unexpected answer %v", reply)))
}

// retake reserves the unique keys that final jobs have in other shards and take again when
// they are requeued: it gives those that can go on, and the stamps as scripts take them.
func (s *Store) retake(ctx context.Context, action storage.Action, ids []storage.ID, res *storage.ControlResult) ([]storage.ID, []byte, error) {
	p := &pack{}
	if action != storage.Requeue || len(s.shards) == 1 {
		p.dict(0)
		return ids, p.b, nil
	}
	sh := s.shardOf(ids[0])
	args := make([]any, len(ids))
	for i := range ids {
		args[i] = ids[i][:]
	}
	reply, err := sh.run(ctx, keysOfScript(), args...)
	if err != nil {
		return nil, nil, err
	}
	var keys []wanted
	for l := asList(reply); len(l) >= 2; l = l[2:] {
		keys = append(keys, wanted{asID(l[0]), asString(l[1])})
	}
	r, err := s.reserve(ctx, sh, keys)
	if err != nil {
		return nil, nil, err
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id storage.ID) bool {
		h, taken := r.dup[id]
		if taken {
			res.Skipped = append(res.Skipped, storage.Skip{ID: id, Why: rules.KeyTaken(h.id)})
		}
		return taken
	})
	p.dict(len(r.stamps))
	for id, stamp := range r.stamps {
		p.id(id)
		p.text(stamp)
	}
	return ids, p.b, nil
}

func errorOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
