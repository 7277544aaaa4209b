package redisstore

import (
	"context"
	"fmt"

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
	for len(ids) > 0 {
		n := s.sameShard(ids)
		if err := s.control(ctx, &c, states, ids[:n], &res); err != nil {
			return res, err
		}
		ids = ids[n:]
	}
	return res, nil
}

// sameShard is how many of the first ids share a shard, and a run.
func (s *Store) sameShard(ids []storage.ID) int {
	n := 1
	for n < len(ids) && n < maxControl && s.shardOf(ids[n]) == s.shardOf(ids[0]) {
		n++
	}
	return n
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
	args := []any{
		int(c.Action), int(c.Expect), rules.By(c.Action, c.By, c.Reason), due, in, payload, print[:], c.Fingerprint, states,
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
	reply, err := s.shardOf(id).call(ctx, cancelBatchScript(), id[:], rules.Reason(by))
	if err != nil {
		return false, err
	}
	if asInt(reply) < 0 {
		return false, fmt.Errorf("redisstore: %w: batch %s", storage.ErrNotFound, id)
	}
	return asInt(reply) == 1, nil
}
