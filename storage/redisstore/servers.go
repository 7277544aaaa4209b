package redisstore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var lookSessions = lazy("look_sessions")

// Servers are the living sessions; see [storage.Reader].
func (s *Store) Servers(ctx context.Context) ([]storage.ServerInfo, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	return s.servers(ctx)
}

func (s *Store) servers(ctx context.Context) ([]storage.ServerInfo, error) {
	var infos []storage.ServerInfo
	for _, sh := range s.shards {
		reply, err := sh.run(ctx, lookSessions())
		if err != nil {
			return nil, err
		}
		for l := asList(reply); len(l) >= 4; l = l[4:] {
			info, err := serverOf(l)
			if err != nil {
				return nil, err
			}
			infos = mergeServer(infos, info)
		}
	}
	slices.SortFunc(infos, func(a, b storage.ServerInfo) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(string(a.ID[:]), string(b.ID[:])))
	})
	return infos, nil
}

// serverOf takes what lua/look_sessions.lua says of one session.
func serverOf(l []any) (info storage.ServerInfo, err error) {
	if text := asString(l[2]); text != "" {
		if err := json.Unmarshal([]byte(text), &info.Session); err != nil {
			return info, fmt.Errorf("redisstore: session %s is damaged: %w", asID(l[0]), err)
		}
	}
	info.ID = asID(l[0])
	if r := []byte(asString(l[1])); len(r) >= 18 {
		info.SeenAt, info.StartedAt = at(r), at(r[12:])
	}
	info.Running = int(asInt(l[3]))
	return info, nil
}

// mergeServer adds what another shard knows of a session.
func mergeServer(infos []storage.ServerInfo, info storage.ServerInfo) []storage.ServerInfo {
	for i := range infos {
		if known := &infos[i]; known.ID == info.ID {
			known.Running += info.Running
			if info.SeenAt.After(known.SeenAt) {
				known.SeenAt = info.SeenAt
			}
			return infos
		}
	}
	return append(infos, info)
}

// now is the store's clock.
func (s *Store) now(ctx context.Context) (time.Time, error) {
	t, err := s.rdb.Time(ctx).Result()
	if err != nil {
		return t, s.fault("asking for the time", err)
	}
	return t.UTC().Add(time.Duration(s.offset.Load()) * time.Millisecond).Truncate(time.Millisecond), nil
}
