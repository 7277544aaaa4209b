package redisstore

import (
	"context"

	"github.com/gojobgen/jobgen/storage"
)

// isLone reports whether groups are one plain job that waits for a worker: the most frequent
// call, and that for which somebody waits.
func isLone(groups []storage.Group) bool {
	return len(groups) == 1 && len(groups[0].Jobs) == 1 && !isLater(groups[0].Jobs[0].Due) && isPlain(&groups[0])
}

// plainOne stores a lone job with the plain script, as [inserting.plain] does, with a
// shorter way to its arguments; it reports false when it is stored already.
func (sh *shard) plainOne(ctx context.Context, n *storage.NewJob) (bool, error) {
	sort := sh.sorts.of(kindOf{queue: n.Queue, kind: n.Kind, print: n.Fingerprint, priority: n.Priority})
	names, bucket := sort.names(), bucketOf(n.ID)
	args := append(make([]any, 0, 11+len(names)), len(names), 2, 1, sort.middle[1:9])
	args = append(append(args, names...), sort.field[:], 1)
	args = append(args, sort.middle[:], 1, append(bucket[:], 0, 1), n.ID[:], encodeBody(n))
	reply, err := sh.run(ctx, plainInsertScript(), args...)
	done := asInt(reply)
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
