package redisstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var insertScript = lazySafe("insert")

// maxJobsInsert is how many jobs of several groups share a run of the script.
const maxJobsInsert = 200

// Insert implements [storage.Inserter].
func (s *Store) Insert(ctx context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	results := make([]storage.InsertResult, len(groups))
	for i := range groups {
		results[i].Err = rules.Group(&groups[i])
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	if isLone(groups) && results[0].Err == nil {
		n := &groups[0].Jobs[0]
		done, err := s.shardOf(n.ID).plainOne(ctx, n)
		if err != nil {
			return nil, err
		}
		if done {
			results[0].Jobs = []storage.Inserted{{ID: n.ID, State: storage.Enqueued}}
			return results, nil
		}
	}
	in := inserting{groups: groups, results: results}
	if err := s.each(func(sh *shard) error { return in.shard(ctx, sh) }); err != nil {
		return nil, err
	}
	return results, nil
}

// inserting is one running call of Insert.
type inserting struct {
	groups  []storage.Group
	results []storage.InsertResult
}

// shard stores the groups that belong to one shard.
func (in *inserting) shard(ctx context.Context, sh *shard) error {
	var plain, full []int
	for i := range in.groups {
		switch {
		case sh.s.shardOf(groupID(&in.groups[i])) != sh || in.results[i].Err != nil:
		case isPlain(&in.groups[i]):
			plain = append(plain, i)
		default:
			full = append(full, i)
		}
	}
	// A group with an id of another one of the call is a repetition of that.
	again, err := in.plainAll(ctx, sh, plain)
	if err != nil {
		return err
	}
	full = append(full, again...)
	full, err = in.lanes(ctx, sh, full)
	for err == nil && len(full) > 0 {
		n, jobs := 1, len(in.groups[full[0]].Jobs)
		for n < len(full) && jobs+len(in.groups[full[n]].Jobs) <= maxJobsInsert {
			jobs += len(in.groups[full[n]].Jobs)
			n++
		}
		err = in.full(ctx, sh, full[:n])
		full = full[n:]
	}
	return err
}

// groupID is an id whose lane is that of the group; a group of nothing but batches to
// seal is where the first of them is.
func groupID(g *storage.Group) storage.ID {
	switch {
	case len(g.Jobs) > 0:
		return g.Jobs[0].ID
	case len(g.Batches) > 0:
		return g.Batches[0].ID
	case len(g.Seal) > 0:
		return g.Seal[0]
	}
	return storage.ID{}
}

// full stores groups with the library's script.
func (in *inserting) full(ctx context.Context, sh *shard, which []int) error {
	args := make([]any, len(which))
	for k, i := range which {
		args[k] = sh.s.encodeGroup(&in.groups[i], nil)
	}
	reply, err := sh.call(ctx, insertScript(), args...)
	if err != nil {
		return err
	}
	answers := asList(reply)
	if len(answers) != len(which) {
		return sh.s.fault("insert", fmt.Errorf("%d answers to %d groups", len(answers), len(which)))
	}
	for k, i := range which {
		in.results[i].Jobs, in.results[i].Err = insertAnswer(answers[k])
	}
	return nil
}

// insertAnswer takes apart what the script says of one group.
func insertAnswer(reply any) ([]storage.Inserted, error) {
	list := asList(reply)
	if len(list) > 0 {
		if wrong := asString(list[0]); wrong != "" {
			return nil, insertError(wrong, list[1:])
		}
	}
	jobs := make([]storage.Inserted, len(list))
	for i, a := range list {
		one := asList(a)
		if len(one) != 3 {
			return nil, fmt.Errorf("redisstore: insert: unexpected answer %v", a)
		}
		jobs[i] = storage.Inserted{ID: asID(one[0]), State: storage.State(asInt(one[1])), Duplicate: asInt(one[2]) == 1}
	}
	return jobs, nil
}

// insertError is the error for what the script found wrong with a group.
func insertError(wrong string, of []any) error {
	for len(of) < 3 {
		of = append(of, "")
	}
	switch wrong {
	case "conflict":
		return rules.Conflict(asID(of[0]), asString(of[1]), asString(of[2]))
	case "parent":
		return rules.UnknownParent("parent", asID(of[0]))
	case "from":
		return rules.InputFromBatch(asID(of[0]))
	case "batch":
		return rules.UnknownParent("Batch", asID(of[0]))
	case "up":
		return rules.UnknownParent("Parent", asID(of[0]))
	case "seal":
		return rules.UnknownParent("Seal", asID(of[0]))
	case "depth":
		return rules.Nesting(int(asInt(of[0])))
	}
	return fmt.Errorf("redisstore: insert: unexpected answer %q", wrong)
}

// encodeGroup is a group as lua/inserting.lua takes it, with what was reserved for it in
// other shards.
func (s *Store) encodeGroup(g *storage.Group, r *reserved) []byte {
	size := 256
	for i := range g.Jobs {
		size += 320 + len(g.Jobs[i].Payload) + len(g.Jobs[i].Options)
	}
	p := &pack{b: make([]byte, 0, size)}
	if r == nil {
		p.dict(5)
	} else {
		p.dict(8)
		r.pack(p)
	}
	p.text("j")
	p.list(len(g.Jobs))
	for i := range g.Jobs {
		packJob(p, &g.Jobs[i], r)
	}
	p.text("b")
	p.list(len(g.Batches))
	for i := range g.Batches {
		packBatch(p, &g.Batches[i])
	}
	p.text("s")
	p.list(len(g.Seal))
	for _, id := range g.Seal {
		p.id(id)
	}
	p.text("n")
	names := namesOf(g)
	p.list(len(names))
	for _, n := range names {
		p.text(n)
	}
	p.text("batched")
	p.int(1)
	return p.b
}

// namesOf are the names of a group's queues, kinds and fingerprints, each behind its N8.
func namesOf(g *storage.Group) []string {
	var names, pairs []string
	note := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
			pairs = append(pairs, n8s(name), name)
		}
	}
	for i := range g.Jobs {
		j := &g.Jobs[i]
		note(j.Queue)
		note(j.Kind)
		note(j.Fingerprint)
	}
	return pairs
}

func packJob(p *pack, n *storage.NewJob, r *reserved) {
	f := p.fields()
	text := func(key, value string) {
		f.key(key)
		p.text(value)
	}
	number := func(key string, value int64) {
		f.key(key)
		p.int(value)
	}
	text("id", string(n.ID[:]))
	text("q", n8s(n.Queue))
	text("k", n8s(n.Kind))
	text("p", n8s(n.Fingerprint))
	number("pr", int64(n.Priority))
	text("kn", n.Kind)
	text("body", string(encodeBody(n)))
	if len(n.Payload) > maxInline {
		text("y", string(payloadPart(n.Fingerprint, n.Payload)))
	}
	if !n.Due.At.IsZero() {
		number("at", msOf(rules.Cut(n.Due.At)))
	} else if n.Due.In > 0 {
		number("d", n.Due.In.Milliseconds())
	}
	if n.Expires > 0 {
		number("x", n.Expires.Milliseconds())
	}
	number("on", int64(n.On))
	packContinuation(f, n)
	packKeys(f, n, r)
	if r != nil {
		r.packStamp(f, n)
	}
	f.end()
}

// packContinuation adds what joins a job to others.
func packContinuation(f *fields, n *storage.NewJob) {
	if len(n.Parents) > 0 {
		f.key("pa")
		f.list(len(n.Parents))
		for _, id := range n.Parents {
			f.id(id)
		}
	}
	if !n.InputFrom.IsZero() {
		f.key("f")
		f.id(n.InputFrom)
	}
	if !n.Batch.IsZero() {
		f.key("b")
		f.id(n.Batch)
	}
	if n.Recurring != "" {
		f.key("rec")
		f.text(n.Recurring)
		if !n.Occurrence.IsZero() {
			f.key("occ")
			f.text(string(occurrence(n.Occurrence)))
		}
	}
}

// occurrence is a time as it is in the key fired.
func occurrence(t time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(rules.Cut(t).UnixMilli()))
}

// packKeys adds unique and limit keys.
func packKeys(f *fields, n *storage.NewJob, r *reserved) {
	if u := n.Unique; u != nil {
		f.key("uk")
		f.text(u.Key)
		if u.For > 0 {
			f.key("uf")
			f.int(u.For.Milliseconds())
		}
		f.key("uu")
		f.int(int64(u.Until))
	}
	if len(n.Limits) > 0 {
		f.key("l")
		f.list(len(n.Limits))
		for _, l := range n.Limits {
			if r == nil {
				f.list(3)
			} else {
				f.list(4)
			}
			f.text(l.Key)
			f.int(int64(l.Max))
			f.int(l.Per.Microseconds())
			if r != nil {
				f.int(int64(r.s.shardNamed(l.Key).n))
			}
		}
	}
}

func packBatch(p *pack, n *storage.NewBatch) {
	f := p.fields()
	f.key("id")
	p.id(n.ID)
	if !n.Parent.IsZero() {
		f.key("up")
		p.id(n.Parent)
	}
	f.key("open")
	p.flag(n.Open)
	info, _ := json.Marshal(batchText{Name: n.Name, Metadata: n.Metadata})
	f.key("info")
	p.text(string(info))
	f.end()
}

// payloadPart is a payload beside the body, with the fingerprint of its form.
func payloadPart(fingerprint string, payload []byte) []byte {
	part := make([]byte, 0, 1+len(fingerprint)+len(payload))
	part = append(append(part, byte(len(fingerprint))), fingerprint...)
	return append(part, payload...)
}
