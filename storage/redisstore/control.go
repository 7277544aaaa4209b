package redisstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var (
	controlScript     = lazy("control")
	cancelBatchScript = lazy("cancelbatch")
	pauseScript       = lazy("pause")
)

// maxControl is how many jobs share a run of the script.
const maxControl = 100

// Control implements [storage.Controller]. What a filter finds is acted on in further
// steps; what has left the filter's states by then is left out.
func (s *Store) Control(ctx context.Context, c storage.Control) (storage.ControlResult, error) {
	if err := rules.Control(&c); err != nil {
		return storage.ControlResult{}, err
	}
	if err := s.enter(ctx); err != nil {
		return storage.ControlResult{}, err
	}
	var res storage.ControlResult
	ids, states := c.IDs, []byte(nil)
	if len(ids) == 0 {
		var err error
		if ids, res.More, err = s.matching(ctx, *c.Filter, c.After, c.Limit); err != nil {
			return res, err
		}
		if res.Last = c.After; len(ids) > 0 {
			res.Last = ids[len(ids)-1]
		}
		for _, state := range c.Filter.States {
			states = append(states, byte(state))
		}
	}
	for _, part := range s.byShard(ids) {
		if err := s.control(ctx, &c, states, part, &res); err != nil {
			return res, err
		}
	}
	return res, nil
}

// byShard parts ids by their shard, each part in their order and small enough for a script.
func (s *Store) byShard(ids []storage.ID) (parts [][]storage.ID) {
	all := make([][]storage.ID, len(s.shards))
	for _, id := range ids {
		n := s.shardOf(id).n
		all[n] = append(all[n], id)
	}
	for _, part := range all {
		parts = slices.AppendSeq(parts, slices.Chunk(part, maxControl))
	}
	return parts
}

// control acts on ids of one shard.
func (s *Store) control(ctx context.Context, c *storage.Control, states []byte, ids []storage.ID, res *storage.ControlResult) error {
	due, in := int64(-1), max(c.Due.In, 0).Milliseconds()
	if !c.Due.At.IsZero() {
		due = msOf(rules.Cut(c.Due.At))
	}
	payload, print := []byte(nil), n8(c.Fingerprint)
	if c.Payload != nil {
		payload = payloadPart(c.Fingerprint, c.Payload)
	}
	ids, stamps, err := s.retake(ctx, c.Action, ids, res)
	if err != nil || len(ids) == 0 {
		return err
	}
	args := []any{
		int(c.Action), int(c.Expect), rules.By(c.Action, c.By, c.Reason), due, in, payload, print[:], c.Fingerprint, states, stamps,
	}
	for i := range ids {
		args = append(args, ids[i][:])
	}
	reply, err := s.shardOf(ids[0]).call(ctx, controlScript(), args...)
	if err != nil {
		return err
	}
	answers := asList(reply)
	if len(answers) != len(ids) {
		return s.fault("control", fmt.Errorf("%d answers to %d ids", len(answers), len(ids)))
	}
	for i, a := range answers {
		why, ok := a.(string)
		switch {
		case !ok:
		case why == "":
			res.Done = append(res.Done, ids[i])
		default:
			res.Skipped = append(res.Skipped, storage.Skip{ID: ids[i], Why: why})
		}
	}
	return nil
}

// matching are the ids that match a filter behind one, oldest first, at most limit, and
// whether there may be more.
func (s *Store) matching(ctx context.Context, f storage.Filter, after storage.ID, limit int) (ids []storage.ID, more bool, err error) {
	for len(ids) < limit {
		page, err := s.Jobs(ctx, storage.Query{Filter: f, Oldest: true, After: after, Limit: min(limit-len(ids), storage.MaxPage)})
		if err != nil {
			return nil, false, err
		}
		for i := range page.Jobs {
			ids = append(ids, page.Jobs[i].ID)
		}
		if more = page.More; !more || len(page.Jobs) == 0 {
			break
		}
		after = ids[len(ids)-1]
	}
	return ids, more, nil
}

// Pause implements [storage.Controller].
func (s *Store) Pause(ctx context.Context, target storage.PauseTarget, name string, paused bool, by string) error {
	if err := rules.Pause(target, name); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	letter, on, n := "q", 0, n8(name)
	if target == storage.PauseKind {
		letter = "k"
	}
	if paused {
		on = 1
	}
	for _, sh := range s.shards {
		if _, err := sh.call(ctx, pauseScript(), letter, n[:], on, rules.Reason(by), name); err != nil {
			return err
		}
	}
	return nil
}

// CancelBatch implements [storage.Controller].
func (s *Store) CancelBatch(ctx context.Context, id storage.ID, by string) (more bool, err error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	// The batch's own shard first; the others learn of it by message, or here.
	home := s.shardOf(id)
	for i, sh := range append([]*shard{home}, s.shards...) {
		if i > 0 && sh == home {
			continue
		}
		reply, err := sh.call(ctx, cancelBatchScript(), id[:], rules.Reason(by))
		if err != nil {
			return false, err
		}
		if sh == home && asInt(reply) < 0 {
			return false, noBatch(id)
		}
		more = more || asInt(reply) == 1
	}
	return more, nil
}
