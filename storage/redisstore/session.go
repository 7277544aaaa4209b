package redisstore

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var (
	openScript  = lazy("open")
	closeScript = lazy("close")
)

// OpenSession implements [storage.Sessions].
func (s *Store) OpenSession(ctx context.Context, n storage.Session) error {
	if err := rules.Session(&n); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	info, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("redisstore: session %s: %w", n.ID, err)
	}
	kinds, err := packKinds(n.Kinds)
	if err != nil {
		return err
	}
	return s.each(func(sh *shard) error {
		reply, err := sh.call(ctx, openScript(), n.ID[:], n.Lease.Milliseconds(), n.MaxLost, n.Server, n.Owner, info, kinds)
		if err != nil {
			return err
		}
		if asInt(reply) != 1 {
			return fmt.Errorf("redisstore: %w: %s has ended: open one with a new id", storage.ErrSessionLost, n.ID)
		}
		return nil
	})
}

// packKinds are the kinds that a session publishes, each with its field in the key kind.
func packKinds(kinds []storage.KindInfo) ([]byte, error) {
	p := &pack{}
	p.list(len(kinds))
	for _, k := range kinds {
		k.Servers = 0
		text, err := json.Marshal(k)
		if err != nil {
			return nil, fmt.Errorf("redisstore: kind %s: %w", k.Kind, err)
		}
		p.list(2)
		p.text(k.Kind + "\x00" + k.Fingerprint)
		p.text(string(text))
	}
	return p.b, nil
}

// CloseSession implements [storage.Sessions]. What one step does not give back, the next
// one does, or a Tick of anybody.
func (s *Store) CloseSession(ctx context.Context, id storage.ID) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	return s.each(func(sh *shard) error {
		for again := 0; ; again = 1 {
			reply, err := sh.call(ctx, closeScript(), id[:], again)
			if err != nil || asInt(reply) == 0 {
				return err
			}
		}
	})
}
