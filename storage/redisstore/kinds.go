package redisstore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// names are the names behind N8.
func (s *Store) names(ctx context.Context, n8 []string) (map[string]string, error) {
	names := make(map[string]string)
	for _, sh := range s.shards {
		for part := range slices.Chunk(n8, 1000) {
			values, err := s.rdb.HMGet(ctx, sh.key("name"), part...).Result()
			if err != nil {
				return nil, s.fault("reading names", err)
			}
			for i, v := range values {
				if text := asString(v); text != "" {
					names[part[i]] = text
				}
			}
		}
	}
	return names, nil
}

// pausedBy is who paused each queue ('q') or kind ('k'), by N8.
func (s *Store) pausedBy(ctx context.Context, letter byte) (map[string]string, error) {
	all, err := s.rdb.HGetAll(ctx, s.shards[0].key("paused")).Result()
	if err != nil {
		return nil, s.fault("reading what is paused", err)
	}
	by := make(map[string]string)
	for field, who := range all {
		if len(field) == 9 && field[0] == letter {
			by[field[1:]] = who
		}
	}
	return by, nil
}

// PausedKinds maps each paused kind to who paused it; see [storage.Reader].
func (s *Store) PausedKinds(ctx context.Context) (map[string]string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	by, err := s.pausedBy(ctx, 'k')
	if err != nil {
		return nil, err
	}
	names, err := s.names(ctx, slices.Collect(maps.Keys(by)))
	if err != nil {
		return nil, err
	}
	paused := make(map[string]string)
	for kind, who := range by {
		paused[names[kind]] = who
	}
	return paused, nil
}

// published is a kind of the catalogue.
type published struct {
	storage.KindInfo
	at time.Time
}

// Kinds is the catalogue; see [storage.Reader].
func (s *Store) Kinds(ctx context.Context) ([]storage.KindInfo, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	servers, err := s.servers(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.rdb.HGetAll(ctx, s.shards[0].key("kind")).Result()
	if err != nil {
		return nil, s.fault("reading the catalogue", err)
	}
	now, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	sets := make([]*storage.KindSet, len(servers))
	for i := range servers {
		sets[i] = storage.NewKindSet(servers[i].Kinds)
	}
	var found []published
	for field, value := range all {
		p, err := publishedOf(field, value, sets)
		if err != nil {
			return nil, err
		}
		if p.Servers > 0 || now.Sub(p.at) <= storage.ForgetOwner {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b published) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), b.at.Compare(a.at), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	kinds := make([]storage.KindInfo, len(found))
	for i := range found {
		kinds[i] = found[i].KindInfo
	}
	return kinds, nil
}

func publishedOf(field, value string, sets []*storage.KindSet) (p published, err error) {
	kind, print, _ := strings.Cut(field, "\x00")
	if len(value) < 6 {
		return p, fmt.Errorf("redisstore: kind %q of the catalogue is damaged", kind)
	}
	if err := json.Unmarshal([]byte(value[6:]), &p.KindInfo); err != nil {
		return p, fmt.Errorf("redisstore: kind %q of the catalogue is damaged: %w", kind, err)
	}
	p.Kind, p.Fingerprint, p.at, p.Servers = kind, print, timeOf(u48([]byte(value))), 0
	for _, set := range sets {
		if set.Reads(kind, print) {
			p.Servers++
		}
	}
	return p, nil
}
