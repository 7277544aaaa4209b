package redisstore

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/gojobgen/jobgen/storage"
)

var lookOldest = lazy("look_oldest")

// Queues are those that have jobs, are paused or are served; see [storage.Reader].
func (s *Store) Queues(ctx context.Context) ([]storage.QueueInfo, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	v := queueView{s: s, infos: make(map[string]*storage.QueueInfo)}
	for _, step := range []func(context.Context) error{v.count, v.paused, v.oldest, v.name, v.served} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	infos := make([]storage.QueueInfo, 0, len(v.infos))
	for _, info := range v.infos {
		infos = append(infos, *info)
	}
	slices.SortFunc(infos, func(a, b storage.QueueInfo) int { return cmp.Compare(a.Name, b.Name) })
	return infos, nil
}

// queueView collects what is known of queues, by N8.
type queueView struct {
	s     *Store
	infos map[string]*storage.QueueInfo
}

func (v *queueView) of(queue string) *storage.QueueInfo {
	if v.infos[queue] == nil {
		v.infos[queue] = &storage.QueueInfo{Held: make(map[string]int)}
	}
	return v.infos[queue]
}

func (v *queueView) count(ctx context.Context) error {
	all, err := v.s.counters(ctx)
	for _, c := range all {
		info := v.of(c.queue)
		switch c.state {
		case 0:
			info.Held[c.cause] += c.n
		case storage.Enqueued:
			info.Enqueued += c.n
		case storage.Processing:
			info.Processing += c.n
		case storage.Scheduled:
			info.Scheduled += c.n
		}
	}
	return err
}

func (v *queueView) paused(ctx context.Context) error {
	paused, err := v.s.pausedBy(ctx, 'q')
	for queue, by := range paused {
		info := v.of(queue)
		info.Paused, info.PausedBy = true, by
	}
	return err
}

// oldest looks for the longest waiting job of every line, some lines at a time.
func (v *queueView) oldest(ctx context.Context) error {
	for _, sh := range v.s.shards {
		var lines []any
		for queue, info := range v.infos {
			if info.Enqueued > 0 {
				lines = append(lines, queue+"\x00\x00\x00\x00")
			}
		}
		held, err := sh.heldLines(ctx)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(append(lines, held...), 500) {
			reply, err := sh.run(ctx, lookOldest(), part...)
			if err != nil {
				return err
			}
			for l := asList(reply); len(l) >= 2; l = l[2:] {
				info, at := v.of(asString(l[0])), timeOf(asInt(l[1]))
				if info.Oldest.IsZero() || at.Before(info.Oldest) {
					info.Oldest = at
				}
			}
		}
	}
	return nil
}

// heldLines are the numbers of the held lines.
func (sh *shard) heldLines(ctx context.Context) (lines []any, err error) {
	scan := sh.s.rdb.HScan(ctx, sh.key("held"), 0, "????", 1000).Iterator()
	for field := true; scan.Next(ctx); field = !field {
		if field {
			lines = append(lines, scan.Val())
		}
	}
	if err := scan.Err(); err != nil {
		return nil, sh.s.fault("reading the held lines", err)
	}
	return lines, nil
}

// name gives the queues their names.
func (v *queueView) name(ctx context.Context) error {
	names, err := v.s.names(ctx, slices.Collect(maps.Keys(v.infos)))
	for queue, info := range v.infos {
		info.Name = names[queue]
	}
	return err
}

func (v *queueView) served(ctx context.Context) error {
	servers, err := v.s.servers(ctx)
	for _, server := range servers {
		for i, name := range server.Queues {
			if !slices.Contains(server.Queues[:i], name) {
				info := v.of(n8s(name))
				info.Name = name
				info.Servers++
			}
		}
	}
	return err
}
