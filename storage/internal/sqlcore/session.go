package sqlcore

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// session is a row of jg_session without what only lists show.
type session struct {
	no       int
	id       storage.ID
	server   string
	owner    string
	lease    time.Duration
	maxLost  int
	seen     time.Time
	unbroken time.Time
	call     uint64
	dead     bool
	swept    time.Time
}

const sessionColumns = `no, id, server, owner, lease, max_lost, seen, unbroken, call, dead, swept`

var (
	sqlSession    = sqlText(`SELECT ` + sessionColumns + ` FROM jg_session WHERE id = ?`)
	sqlAddSession = sqlText(`INSERT INTO jg_session (id, server, owner, lease, max_lost, opened, seen, unbroken, call, dead, info)
		VALUES (?, ?, ?, ?, ?, ?, ?, min(?, coalesce(
			(SELECT min(unbroken) FROM jg_session WHERE dead = 0 AND ? - seen <= lease / 2), 1 << 62)), 0, 0, ?)`).
		as(Postgres, `INSERT INTO jg_session (id, server, owner, lease, max_lost, opened, seen, unbroken, call, dead, info)
			VALUES (?, ?, ?, ?, ?, ?, ?, least(?, (SELECT min(unbroken) FROM jg_session WHERE dead = 0 AND ?::bigint - seen <= lease / 2)), 0, 0, ?)`)
	sqlAddRan      = sqlText(`INSERT INTO jg_ran (no, id, server) SELECT no, id, server FROM jg_session WHERE id = ?`)
	sqlSetCall     = sqlText(`UPDATE jg_session SET call = ? WHERE no = ?`)
	sqlSetSeen     = sqlText(`UPDATE jg_session SET seen = ?, unbroken = ?, swept = ? WHERE no = ?`)
	sqlSetDead     = sqlText(`UPDATE jg_session SET dead = 1 WHERE no = ?`)
	sqlDropSession = sqlText(`DELETE FROM jg_session WHERE no = ?`)
	sqlPublish     = sqlText(`INSERT INTO jg_kind (kind, fingerprint, published, place, info) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (kind, fingerprint) DO UPDATE SET published = excluded.published, place = excluded.place, info = excluded.info`)
	sqlIsEnded  = sqlText(`SELECT 1 FROM jg_ended WHERE id = ?`)
	sqlAddEnded = sqlText(`INSERT OR IGNORE INTO jg_ended (id, at) VALUES (?, ?)`)
	sqlSetOwner = sqlText(`INSERT INTO jg_owner (owner, seen) VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET seen = excluded.seen`)
)

func scanSession(r *rows, s *session) {
	*s = session{no: r.int(0), id: r.id(1), server: r.str(2), owner: r.str(3), lease: r.span(4), maxLost: r.int(5),
		seen: r.time(6), unbroken: r.time(7), call: uint64(r.int64(8)), dead: r.bool(9), swept: r.time(10)}
}

// sessionOf reads a session; it reports whether there is one.
func (t *tx) sessionOf(id storage.ID, s *session) (bool, error) {
	return one(t.Link, func(r *rows) { scanSession(r, s) }, sqlSession, id)
}

// sessionInfo is what only lists show of a session.
type sessionInfo struct {
	Host        string             `json:"host,omitempty"`
	PID         int                `json:"pid,omitempty"`
	Version     string             `json:"version,omitempty"`
	Queues      []string           `json:"queues,omitempty"`
	Concurrency int                `json:"concurrency,omitempty"`
	Kinds       []storage.KindInfo `json:"kinds,omitempty"`
}

// OpenSession starts a session; see [storage.Sessions].
func (s *Store) OpenSession(ctx context.Context, o storage.Session) error {
	if err := rules.Session(&o); err != nil {
		return err
	}
	info, err := json.Marshal(sessionInfo{o.Host, o.PID, o.Version, o.Queues, o.Concurrency, o.Kinds})
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		var known session
		found, err := t.sessionOf(o.ID, &known)
		switch {
		case err != nil:
			return err
		case found && known.dead:
			return refuse(lost(o.ID))
		case found:
			return nil
		}
		over, err := one(t.Link, nil, sqlIsEnded, o.ID)
		if err != nil {
			return err
		}
		if over {
			return refuse(lost(o.ID))
		}
		_, err = t.Exec(sqlAddSession, o.ID, o.Server, o.Owner, o.Lease, o.MaxLost, t.now, t.now, t.now, t.now, info)
		if err != nil {
			return err
		}
		if _, err := t.Exec(sqlAddRan, o.ID); err != nil {
			return err
		}
		if o.Owner != "" {
			if _, err := t.Exec(sqlSetOwner, o.Owner, t.now); err != nil {
				return err
			}
		}
		return t.publish(o.Kinds)
	})
}

// publish puts kinds into the catalogue.
func (t *tx) publish(kinds []storage.KindInfo) error {
	for _, k := range kinds {
		k.Servers = 0
		info, err := json.Marshal(k)
		if err != nil {
			return err
		}
		if _, err := t.Exec(sqlPublish, k.Kind, k.Fingerprint, t.now, t.nextSeq(), info); err != nil {
			return err
		}
	}
	return nil
}

// CloseSession ends a session; see [storage.Sessions].
func (s *Store) CloseSession(ctx context.Context, id storage.ID) error {
	defer s.hot.forget(id)
	return s.write(ctx, func(t *tx) error {
		var closing session
		found, err := t.sessionOf(id, &closing)
		if err != nil || !found || closing.dead {
			return err
		}
		for {
			n, err := t.takeBack(&closing, 1000, false)
			if err != nil {
				return err
			}
			if n < 1000 {
				break
			}
		}
		return t.bury(&closing)
	})
}

// bury removes a session that has no jobs any more. Its id is remembered for a while.
func (t *tx) bury(s *session) error {
	if _, err := t.Exec(sqlDropSession, s.no); err != nil {
		return err
	}
	if _, err := t.Exec(sqlAddEnded, s.id, t.now); err != nil {
		return err
	}
	if s.owner == "" {
		return nil
	}
	_, err := t.Exec(sqlSetOwner, s.owner, t.now)
	return err
}

var sqlRunsOfSession = sqlText(`SELECT job FROM jg_run WHERE session = ? LIMIT ?`)

// takeBack takes up to n jobs from a session that is closed or dead; it says how many.
func (t *tx) takeBack(s *session, n int, dead bool) (int, error) {
	var ids []storage.ID
	err := each(t.Link, func(r *rows) error {
		ids = append(ids, r.id(0))
		return nil
	}, sqlRunsOfSession, s.no, n)
	if err != nil {
		return 0, err
	}
	runs := make(map[storage.ID]*ended, len(ids))
	if err := t.loadRuns(s.no, ids, runs); err != nil {
		return 0, err
	}
	for _, id := range ids {
		e := runs[id]
		if e == nil {
			continue
		}
		if err := t.whole(e); err != nil {
			return 0, err
		}
		if dead {
			err = t.reclaim(e, s)
		} else {
			err = t.giveBack(e, s)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(ids), t.dropRuns(s.no, ids)
}

// giveBack is the end of a run whose session is closed.
func (t *tx) giveBack(e *ended, s *session) error {
	started := e.flags&runAhead == 0
	state, reason := storage.Enqueued, rules.ReleasedBy(s.server)
	if e.flags&runCancel != 0 {
		state, reason = storage.Deleted, e.why
	}
	return t.endRun(e, s, storage.HistoryEntry{State: state, Reason: reason}, after{started: started, place: true})
}

// reclaim is the end of a run whose session is dead.
func (t *tx) reclaim(e *ended, s *session) error {
	started := e.flags&runAhead == 0
	if started {
		e.lost++
	} else {
		e.links |= linkWary
	}
	state, reason := rules.LostEnd(s.server, started, e.lost, s.maxLost, e.flags&runCancel != 0, e.why)
	entry := storage.HistoryEntry{State: state, Reason: reason}
	if started {
		entry.Duration = max(t.now.Sub(e.started), 0)
	}
	return t.endRun(e, s, entry, after{started: started, counted: started, place: true})
}
