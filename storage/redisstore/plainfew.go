package redisstore

import (
	"context"

	"github.com/gojobgen/jobgen/storage"
)

var plainFewScript = lazySafe("plain_few")

// maxFew is how many jobs the script for few takes: as many as share a member of the line.
const maxFew = 32

// isLone reports whether groups are one plain job that waits for a worker: the most frequent
// call, and that for which somebody waits.
func isLone(groups []storage.Group) bool {
	return len(groups) == 1 && len(groups[0].Jobs) == 1 && !isLater(groups[0].Jobs[0].Due) && isPlain(&groups[0])
}

// plainOne stores a lone job as [inserting.plain] does, with a shorter way to its arguments; it
// reports false when it is stored already.
func (sh *shard) plainOne(ctx context.Context, n *storage.NewJob) (bool, error) {
	sort := sh.sorts.of(kindOf{queue: n.Queue, kind: n.Kind, print: n.Fingerprint, priority: n.Priority})
	names, r := sort.names(), run{sort: sort, jobs: []*storage.NewJob{n}}
	send := sh.run
	if sh.hands.Load() {
		send = sh.runLast
	}
	reply, err := send(ctx, plainFewScript(), r.few(&bodies{left: bodySize(n)}, names)...)
	done := asInt(reply)
	sh.hands.Store(done == handedOver)
	if err != nil || done == 0 {
		return false, err
	}
	if names != nil {
		sort.note()
	}
	if done != handedOver {
		sh.s.woke(string(sort.middle[1:9]))
	}
	return true, nil
}

// isFew reports whether the script for few jobs takes a run.
func (r *run) isFew() bool { return !r.sort.scheduled && len(r.jobs) <= maxFew }

// few are the arguments of the script for few jobs.
func (r *run) few(b *bodies, names []any) []any {
	args := make([]any, 0, 4+len(r.jobs)+len(names))
	args = append(args, r.sort.middle[:], len(r.jobs), r.buckets(), r.ids())
	for _, n := range r.jobs {
		args = append(args, b.of(n))
	}
	return append(args, names...)
}
