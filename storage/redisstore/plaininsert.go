package redisstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"strconv"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var plainInsertScript = lazySafe("plain_insert")

// maxPlainInsert is how many jobs of several groups share a run of the plain script.
const maxPlainInsert = 1000

// isPlain reports whether the jobs of a group have nothing that is more than a job.
func isPlain(g *storage.Group) bool {
	if len(g.Batches) > 0 || len(g.Seal) > 0 || len(g.Jobs) == 0 {
		return false
	}
	for i := range g.Jobs {
		n := &g.Jobs[i]
		if n.Expires > 0 || len(n.Parents) > 0 || !n.Batch.IsZero() || n.Unique != nil ||
			len(n.Limits) > 0 || n.Recurring != "" || len(n.Payload) > maxInline {
			return false
		}
	}
	return true
}

// plainArgs collects the arguments of the plain script.
type plainArgs struct {
	known    *sorts
	total    int // that become enqueued
	names    []any
	counters []any
	queues   []byte
	counts   []int         // by counter
	sorts    []*sort       // by counter
	met      map[*sort]int // counters; of several sorts
	runs     []run
	telling  []*sort // that note their names
	bodies   bodies
}

// run is some jobs of a sort that follow each other.
type run struct {
	sort    *sort
	counter int
	jobs    []*storage.NewJob
}

func (a *plainArgs) add(n *storage.NewJob) {
	kind := kindOf{n.Queue, n.Kind, n.Fingerprint, n.Priority, isLater(n.Due)}
	if len(a.runs) == 0 || kind != a.runs[len(a.runs)-1].sort.kindOf {
		s := a.known.of(kind)
		a.runs = append(a.runs, run{sort: s, counter: a.counter(s)})
	}
	r := &a.runs[len(a.runs)-1]
	r.jobs = append(r.jobs, n)
	a.bodies.left += bodySize(n)
	a.counts[r.counter]++
	if !kind.scheduled {
		a.total++
	}
}

// counter is the number of the counter of a sort.
func (a *plainArgs) counter(s *sort) int {
	if len(a.sorts) > 0 && a.met == nil {
		a.met = map[*sort]int{a.sorts[0]: 0}
	}
	n, ok := a.met[s]
	if ok {
		return n
	}
	n = len(a.sorts)
	if a.met != nil {
		a.met[s] = n
	}
	a.sorts, a.counts, a.counters = append(a.sorts, s), append(a.counts, 0), append(a.counters, s.field[:], 0)
	if names := s.names(); names != nil {
		a.names, a.telling = append(a.names, names...), append(a.telling, s)
	}
	if !s.scheduled {
		a.queues = append(a.queues, s.middle[1:9]...)
	}
	return n
}

// isLater reports whether a job with this due time is scheduled.
func isLater(w storage.When) bool { return !w.At.IsZero() || w.In.Milliseconds() > 0 }

// dueText is a due time as the script takes it: empty for now.
func dueText(w storage.When) string {
	if !w.At.IsZero() {
		return strconv.FormatInt(msOf(rules.Cut(w.At)), 10)
	}
	if ms := w.In.Milliseconds(); ms > 0 {
		return "+" + strconv.FormatInt(ms, 10)
	}
	return ""
}

// script is the script that takes these jobs, with its arguments.
func (a *plainArgs) script() (*script, []any) {
	if len(a.runs) == 1 && a.runs[0].isFew() {
		return plainFewScript(), a.runs[0].few(&a.bodies, a.names)
	}
	return plainInsertScript(), a.args()
}

// args are the arguments in the order of the plain script.
func (a *plainArgs) args() []any {
	for i, n := range a.counts {
		a.counters[2*i+1] = n
	}
	size := 4 + len(a.names) + len(a.counters)
	for i := range a.runs {
		size += 4 + 3*len(a.runs[i].jobs)
	}
	args := make([]any, 0, size)
	args = append(args, len(a.names), len(a.counters), a.total, a.queues)
	args = append(append(args, a.names...), a.counters...)
	for i := range a.runs {
		args = a.runs[i].args(args, &a.bodies)
	}
	return args
}

// twice reports whether an id is there twice. Most ids were made in their order.
func (a *plainArgs) twice() bool {
	var last storage.ID
	rising, n := true, 0
	for i := range a.runs {
		for _, j := range a.runs[i].jobs {
			rising = rising && bytes.Compare(last[:], j.ID[:]) < 0
			last = j.ID
		}
		n += len(a.runs[i].jobs)
	}
	if rising {
		return false
	}
	seen := make(map[storage.ID]struct{}, n)
	for i := range a.runs {
		for _, j := range a.runs[i].jobs {
			seen[j.ID] = struct{}{}
		}
	}
	return len(seen) < n
}

func (r *run) args(args []any, b *bodies) []any {
	if r.sort.scheduled {
		args = append(args, r.sort.middle[:], -len(r.jobs))
		for _, n := range r.jobs {
			args = append(args, n.ID[:], b.of(n), dueText(n.Due))
		}
		return args
	}
	args = append(args, r.sort.middle[:], len(r.jobs), r.buckets(), r.ids())
	for _, n := range r.jobs {
		args = append(args, b.of(n))
	}
	return args
}

func (r *run) ids() []byte {
	ids := make([]byte, 0, 16*len(r.jobs))
	for _, n := range r.jobs {
		ids = append(ids, n.ID[:]...)
	}
	return ids
}

// buckets says how many jobs follow each other in a bucket of a shelf.
func (r *run) buckets() (b []byte) {
	for from := 0; from < len(r.jobs); {
		at, n := bucketOf(r.jobs[from].ID), 1
		for from+n < len(r.jobs) && bucketOf(r.jobs[from+n].ID) == at && n < 1<<16-1 {
			n++
		}
		b = binary.BigEndian.AppendUint16(append(b, at[:]...), uint16(n))
		from += n
	}
	return b
}

// bucketOf is the bucket of a job on a shelf: its time of 8 ms. See lua/jobs.lua.
func bucketOf(id storage.ID) (b [6]byte) {
	copy(b[:], id[:])
	b[5] &= 0xf8
	return b
}

// bodies makes the bodies of many jobs in shared memory.
type bodies struct {
	b    []byte
	left int // bytes at most of those that are not made yet
}

// maxBodies is how much memory bodies share, but for one that is longer.
const maxBodies = 16 << 10

func (b *bodies) of(n *storage.NewJob) []byte {
	size := bodySize(n)
	if cap(b.b)-len(b.b) < size {
		b.b = make([]byte, 0, max(size, min(b.left, maxBodies)))
	}
	from := len(b.b)
	b.b = appendBody(b.b, n)
	b.left -= size
	return b.b[from:len(b.b):len(b.b)]
}

// handedOver is the script's answer when a session that waits was given the jobs: it is
// told in another way.
const handedOver = 2

// plain stores groups with a plain script; it reports false when something of them is
// stored already, and then nothing was written.
func (in *inserting) plain(ctx context.Context, sh *shard, which []int) (bool, error) {
	a := plainArgs{known: &sh.sorts}
	for _, i := range which {
		for k := range in.groups[i].Jobs {
			a.add(&in.groups[i].Jobs[k])
		}
	}
	if a.twice() {
		return false, nil
	}
	script, args := a.script()
	reply, err := sh.run(ctx, script, args...)
	done := asInt(reply)
	if err != nil || done == 0 {
		return false, err
	}
	for _, s := range a.telling {
		s.note()
	}
	if done != handedOver {
		sh.s.woke(string(a.queues))
	}
	jobs := 0
	for _, n := range a.counts {
		jobs += n
	}
	all := make([]storage.Inserted, 0, jobs)
	for _, i := range which {
		from := len(all)
		for k := range in.groups[i].Jobs {
			n := &in.groups[i].Jobs[k]
			state := storage.Enqueued
			if isLater(n.Due) {
				state = storage.Scheduled
			}
			all = append(all, storage.Inserted{ID: n.ID, State: state})
		}
		in.results[i].Jobs = all[from:len(all):len(all)]
	}
	return true, nil
}

// plainAll stores the groups of which with the plain script, as many in a run as it may
// take, and gives those that need the full one.
func (in *inserting) plainAll(ctx context.Context, sh *shard, which []int) (full []int, err error) {
	for len(which) > 0 {
		n, jobs := 1, len(in.groups[which[0]].Jobs)
		for n < len(which) && jobs+len(in.groups[which[n]].Jobs) <= maxPlainInsert {
			jobs += len(in.groups[which[n]].Jobs)
			n++
		}
		done, err := in.plain(ctx, sh, which[:n])
		if err != nil {
			return nil, err
		}
		if !done {
			full = append(full, which[:n]...)
		}
		which = which[n:]
	}
	return full, nil
}

// be6 is a number in 6 bytes.
func be6(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n))[2:] }
