package redisstore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var lookBatches = lazy("look_batches")

// batchText is what a batch has for people, as JSON.
type batchText struct {
	Name     string            `json:"n,omitempty"`
	Metadata map[string]string `json:"m,omitempty"`
}

// Batch is one batch; see [storage.Reader].
func (s *Store) Batch(ctx context.Context, id storage.ID) (info storage.BatchInfo, err error) {
	if err := s.enter(ctx); err != nil {
		return info, err
	}
	reply, err := s.shardOf(id).run(ctx, lookBatches(), id[:])
	if err != nil {
		return info, err
	}
	infos, err := batchesOf(asList(reply))
	if err == nil && len(infos) == 0 {
		return info, noBatch(id)
	}
	if len(infos) > 0 {
		info = infos[0]
	}
	return info, err
}

func noBatch(id storage.ID) error {
	return fmt.Errorf("redisstore: batch %v: %w", id, storage.ErrNotFound)
}

// Batches lists batches; see [storage.Reader].
func (s *Store) Batches(ctx context.Context, after storage.ID, limit int) (infos []storage.BatchInfo, err error) {
	if limit, err = rules.Page(limit); err != nil {
		return nil, err
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	high := "(c"
	if !after.IsZero() {
		high = "(b" + string(after[:])
	}
	for _, sh := range s.shards {
		reply, err := sh.run(ctx, lookBatches(), "", "[b", high, limit)
		if err != nil {
			return nil, err
		}
		found, err := batchesOf(asList(reply))
		if err != nil {
			return nil, err
		}
		infos = append(infos, found...)
	}
	slices.SortFunc(infos, func(a, b storage.BatchInfo) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	return infos[:min(limit, len(infos))], nil
}

// batchesOf takes what lua/look_batches.lua answers.
func batchesOf(l []any) (infos []storage.BatchInfo, err error) {
	for ; len(l) >= 2; l = l[2:] {
		f := asList(l[1])
		if len(f) < 15 {
			return nil, fmt.Errorf("redisstore: batch %s is damaged", asID(l[0]))
		}
		var text batchText
		if t := asString(f[0]); t != "" {
			if err := json.Unmarshal([]byte(t), &text); err != nil {
				return nil, fmt.Errorf("redisstore: batch %s is damaged: %w", asID(l[0]), err)
			}
		}
		n := func(i int) int { return int(asInt(f[i])) }
		infos = append(infos, storage.BatchInfo{
			ID: asID(l[0]), Parent: asID(f[1]), Name: text.Name, Metadata: text.Metadata,
			CreatedAt: timeOf(asInt(f[2])), FinishedAt: timeOf(asInt(f[3])),
			Total: n(4), Pending: n(5), Succeeded: n(6), Failed: n(7), Deleted: n(8), Nested: n(9), NestedOpen: n(10),
			State: storage.State(n(11)), Ends: n(12), Sealed: n(13) != 0, Cancelled: n(14) != 0,
		})
	}
	return infos, nil
}
