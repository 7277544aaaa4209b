package redisstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/gojobgen/jobgen/storage"
)

// A parent or batch of another shard has a far node in the shard of its children or
// members (lua/far.lua): there it is judged by as if it were the parent itself. An insert
// makes and pins it, registers it with the node, and stores the group with how the node
// stood. From then on messages keep the two alike.

var (
	pinScript   = lazy("pin")
	watchScript = lazy("watch")
)

// farRefs are the nodes of other shards that a group names, each with whether its result
// is wanted. A parent that is a duplicate means its holder.
func (r *reserved) farRefs(sh *shard, g *storage.Group) map[storage.ID]bool {
	refs := make(map[storage.ID]bool)
	name := func(id storage.ID, wanted bool) {
		if h, dup := r.dup[id]; dup {
			id = h.id
		}
		if !id.IsZero() && r.s.shardOf(id) != sh {
			refs[id] = refs[id] || wanted
		}
	}
	for i := range g.Jobs {
		j := &g.Jobs[i]
		name(j.Batch, false)
		for _, id := range j.Parents {
			name(id, id == j.InputFrom)
		}
	}
	for i := range g.Batches {
		name(g.Batches[i].Parent, false)
	}
	for _, id := range g.Seal {
		name(id, false)
	}
	return refs
}

// crosses reports whether a group has to do with other shards.
func (sh *shard) crosses(g *storage.Group) bool {
	r := reserved{s: sh.s}
	keyed := func(n storage.NewJob) bool { return n.Unique != nil || len(n.Limits) > 0 }
	return slices.ContainsFunc(g.Jobs, keyed) || len(r.farRefs(sh, g)) > 0
}

// meet makes far nodes in sh for what g names in other shards, and asks how that stands.
// What does not exist is left out.
func (r *reserved) meet(ctx context.Context, sh *shard, g *storage.Group) error {
	refs := r.farRefs(sh, g)
	if len(refs) == 0 {
		return nil
	}
	byShard := make(map[*shard][]storage.ID)
	for id := range refs {
		home := r.s.shardOf(id)
		byShard[home] = append(byShard[home], id)
	}
	for home, ids := range byShard {
		args := []any{sh.n}
		for i := range ids {
			args = append(args, ids[i][:], home.n)
		}
		gens, err := sh.call(ctx, pinScript(), args...)
		if err != nil {
			return err
		}
		if err := r.watch(ctx, sh, home, ids, asList(gens), refs); err != nil {
			return err
		}
	}
	return nil
}

// watch registers sh with nodes of another shard.
func (r *reserved) watch(ctx context.Context, sh, home *shard, ids []storage.ID, gens []any, refs map[storage.ID]bool) error {
	if len(gens) != len(ids) {
		return sh.s.fault("pin", fmt.Errorf("%d answers to %d ids", len(gens), len(ids)))
	}
	args := []any{sh.n}
	for i := range ids {
		args = append(args, ids[i][:], asInt(gens[i]), refs[ids[i]])
	}
	reply, err := home.call(ctx, watchScript(), args...)
	answers := asList(reply)
	if err != nil || len(answers) != len(ids) {
		return errorOr(err, sh.s.fault("watch", fmt.Errorf("unexpected answer %v", reply)))
	}
	for i, a := range answers {
		if stands := asList(a); len(stands) == 10 {
			r.far[ids[i]] = stands
		}
	}
	return nil
}

// packFar adds how nodes of other shards stand.
func (r *reserved) packFar(p *pack) {
	p.text("far")
	p.dict(len(r.far))
	for id, stands := range r.far {
		p.id(id)
		p.list(len(stands))
		for _, v := range stands {
			if text, ok := v.(string); ok {
				p.text(text)
			} else {
				p.int(asInt(v))
			}
		}
	}
}
