package sqlcore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var (
	sqlServers = sqlText(`SELECT s.id, s.server, s.owner, s.lease, s.max_lost, s.opened, s.seen, s.info, s.no,
		(SELECT count(*) FROM jg_run r WHERE r.session = s.no) FROM jg_session s WHERE s.dead = 0 ORDER BY s.opened, s.id`).scans("a row for each session").withClaims()
	sqlLineCounts = sqlText(`SELECT l.no, l.queue, l.cause FROM jg_line l`).scans("a row for each held line")
	sqlLineSize   = sqlText(`SELECT count(*) FROM jg_ready WHERE queue = ? AND line = ?`)
	sqlOldest     = sqlText(`SELECT j.enqueued FROM jg_ready r CROSS JOIN jg_job j ON j.id = r.job
		WHERE r.queue = ? AND r.line = ? AND r.rank >= ? ORDER BY r.rank LIMIT 1`).
		as(Postgres, `SELECT j.enqueued FROM (
			(SELECT r.rank, r.job FROM jg_ready r WHERE r.queue = ?1 AND r.line = ?2 AND r.rank >= ?3 ORDER BY r.rank LIMIT 1)
			UNION ALL
			(SELECT p.rank, p.jobs[p.taken + 1] FROM jg_pack p WHERE ?2 = 0 AND p.queue = ?1 AND p.rank >= ?3 ORDER BY p.rank LIMIT 1)
			ORDER BY rank LIMIT 1) f JOIN jg_job j ON j.id = f.job`).
		as(MySQL, `SELECT j.enqueued FROM (
			(SELECT r.rank, r.job FROM jg_ready r WHERE r.queue = ?1 AND r.line = ?2 AND r.rank >= ?3 ORDER BY r.rank LIMIT 1)
			UNION ALL
			(SELECT p.rank, SUBSTR(p.jobs, 16 * p.taken + 1, 16) FROM jg_pack p WHERE ?2 = 0 AND p.queue = ?1 AND p.rank >= ?3 ORDER BY p.rank LIMIT 1)
			ORDER BY rank LIMIT 1) f CROSS JOIN jg_job j ON j.id = f.job`)
	sqlKinds = sqlText(`SELECT info, published FROM jg_kind ORDER BY kind, place DESC`).scans("a row for each kind")
)

// Servers are the living sessions; see [storage.Reader].
func (s *Store) Servers(ctx context.Context) (infos []storage.ServerInfo, err error) {
	err = s.read(ctx, func(v *view) error {
		infos, err = v.servers()
		return err
	})
	return infos, err
}

func (v *view) servers() (infos []storage.ServerInfo, err error) {
	err = each(v.Link, func(r *rows) error {
		var more sessionInfo
		if err := json.Unmarshal(r.bytes(7), &more); err != nil {
			return fmt.Errorf("session %v is damaged: %w", r.id(0), err)
		}
		infos = append(infos, storage.ServerInfo{
			Session: storage.Session{ID: r.id(0), Server: r.str(1), Owner: r.str(2), Lease: r.span(3), MaxLost: r.int(4),
				Host: more.Host, PID: more.PID, Version: more.Version, Queues: more.Queues, Concurrency: more.Concurrency, Kinds: more.Kinds},
			StartedAt: r.time(5), SeenAt: r.time(6), Running: r.int(9),
		})
		return nil
	}, sqlServers)
	return infos, err
}

// Queues are those that have jobs, are paused or are served; see [storage.Reader].
func (s *Store) Queues(ctx context.Context) (infos []storage.QueueInfo, err error) {
	err = s.read(ctx, func(v *view) error {
		infos, err = v.queues()
		return err
	})
	return infos, err
}

func (v *view) queues() ([]storage.QueueInfo, error) {
	all := make(map[string]*storage.QueueInfo)
	at := func(name string) *storage.QueueInfo {
		if all[name] == nil {
			all[name] = &storage.QueueInfo{Name: name, Held: make(map[string]int)}
		}
		return all[name]
	}
	for _, q := range v.names.queues {
		if q.paused {
			info := at(q.name)
			info.Paused, info.PausedBy = true, q.pausedBy
		}
	}
	servers, err := v.servers()
	if err != nil {
		return nil, err
	}
	for _, server := range servers {
		for i, name := range server.Queues {
			if !slices.Contains(server.Queues[:i], name) {
				at(name).Servers++
			}
		}
	}
	if err := v.countQueues(at); err != nil {
		return nil, err
	}
	infos := make([]storage.QueueInfo, 0, len(all))
	for _, name := range slices.SortedFunc(maps.Keys(all), cmp.Compare[string]) {
		infos = append(infos, *all[name])
	}
	return infos, nil
}

// countQueues fills in the numbers, which come from the tallies and the held lines.
func (v *view) countQueues(at func(name string) *storage.QueueInfo) error {
	runs, err := v.runShapes()
	if err != nil {
		return err
	}
	err = each(v.Link, func(r *rows) error {
		shape, cls, n := v.names.shapes[r.int(0)], class(r.int(1)), r.int(2)
		info := at(shape.queue.name)
		switch cls {
		case classScheduled, classRetrying:
			info.Scheduled += n
		case classLive:
			info.Processing += runs[shape.no]
			info.Enqueued += n - runs[shape.no]
		case classHeld:
			info.Enqueued += n
		}
		return nil
	}, sqlTallies)
	if err != nil {
		return err
	}
	lines := []queueLine{}
	for _, q := range v.names.queues {
		lines = append(lines, queueLine{queue: q})
	}
	err = each(v.Link, func(r *rows) error {
		lines = append(lines, queueLine{r.int(0), v.names.queues[r.int(1)], r.int(2)})
		return nil
	}, sqlLineCounts)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if err := v.countLine(l, at); err != nil {
			return err
		}
	}
	return nil
}

type queueLine struct {
	no    int
	queue *queueName
	cause int
}

// countLine adds a held line to the numbers of its queue, and looks for the oldest job.
func (v *view) countLine(l queueLine, at func(name string) *storage.QueueInfo) error {
	if l.no != 0 {
		if _, err := one(v.Link, func(r *rows) { at(l.queue.name).Held[causeNames[l.cause]] += r.int(0) }, sqlLineSize, l.queue.no, l.no); err != nil {
			return err
		}
	}
	for priority := range 4 {
		var oldest time.Time
		if _, err := one(v.Link, func(r *rows) { oldest = r.time(0) }, sqlOldest, l.queue.no, l.no, rankOf(priority, 0)); err != nil {
			return err
		}
		if oldest.IsZero() {
			break
		}
		if info := at(l.queue.name); info.Oldest.IsZero() || oldest.Before(info.Oldest) {
			info.Oldest = oldest
		}
	}
	return nil
}

// Kinds is the catalogue; see [storage.Reader].
func (s *Store) Kinds(ctx context.Context) (kinds []storage.KindInfo, err error) {
	err = s.read(ctx, func(v *view) error {
		kinds = nil
		servers, err := v.servers()
		if err != nil {
			return err
		}
		sets := make([]*storage.KindSet, len(servers))
		for i := range servers {
			sets[i] = storage.NewKindSet(servers[i].Kinds)
		}
		return each(v.Link, func(r *rows) error {
			var k storage.KindInfo
			if err := json.Unmarshal(r.bytes(0), &k); err != nil {
				return fmt.Errorf("the catalogue is damaged: %w", err)
			}
			for _, set := range sets {
				if set.Reads(k.Kind, k.Fingerprint) {
					k.Servers++
				}
			}
			if k.Servers > 0 || v.now.Sub(r.time(1)) <= storage.ForgetOwner {
				kinds = append(kinds, k)
			}
			return nil
		}, sqlKinds)
	})
	return kinds, err
}

// PausedKinds maps each paused kind to who paused it; see [storage.Reader].
func (s *Store) PausedKinds(ctx context.Context) (paused map[string]string, err error) {
	err = s.read(ctx, func(v *view) error {
		paused = maps.Clone(v.names.paused)
		return nil
	})
	return paused, err
}
