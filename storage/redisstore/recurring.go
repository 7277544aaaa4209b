package redisstore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// The value of a recurring job in the key cron: a head that scripts read and write, its
// owner, and the JSON of storage.Recurring, in which what the head says is left out.
const (
	cronNext    = 0  // 6 bytes
	cronLast    = 6  // 6 bytes
	cronLastJob = 12 // 16 bytes
	cronPaused  = 28 // 1 byte
	cronHeard   = 29 // 6 bytes: last declaration, also one that a higher revision outweighs
	cronLook    = 35 // 6 bytes: when to look whether it is forgotten, 0: never
	cronOwner   = 41 // 1 byte: length of the owner, which follows
	cronHead    = 42
)

var (
	recurringLook   = lazy("look_recurring")
	recurringList   = lazy("look_recurring_list")
	recurringPut    = lazy("recurring_put")
	recurringRemove = lazy("recurring_remove")
)

// putChunk is how many recurring jobs one script reads or writes.
const putChunk = 100

// declared is a recurring job as it was read.
type declared struct {
	storage.Recurring
	heard time.Time
	value string // as it is stored; empty: it is not
	lives bool   // its owner has a living session
}

func noRecurring(id string) error {
	return fmt.Errorf("redisstore: recurring job %q: %w", id, storage.ErrNotFound)
}

// decodeCron reads the value of a recurring job.
func decodeCron(id, value string) (d declared, err error) {
	v := []byte(value)
	if len(v) < cronHead || len(v) < cronHead+int(v[cronOwner]) {
		return d, fmt.Errorf("redisstore: recurring job %q is damaged: something else wrote it", id)
	}
	n := cronHead + int(v[cronOwner])
	if err := json.Unmarshal(v[n:], &d.Recurring); err != nil {
		return d, fmt.Errorf("redisstore: recurring job %q is damaged: %w", id, err)
	}
	d.ID, d.Owner, d.value = id, string(v[cronHead:n]), value
	d.Next, d.Last, d.heard = at(v[cronNext:]), at(v[cronLast:]), at(v[cronHeard:])
	d.Paused = v[cronPaused] != 0
	copy(d.LastJob[:], v[cronLastJob:])
	return d, nil
}

// args are what recurring_put is told of d.
func (d *declared) args() ([]any, error) {
	rest := d.Recurring
	rest.ID, rest.Owner, rest.Next, rest.Last, rest.LastJob, rest.Paused = "", "", time.Time{}, time.Time{}, storage.ID{}, false
	text, err := json.Marshal(rest)
	if err != nil {
		return nil, fmt.Errorf("redisstore: recurring job %q: %w", d.ID, err)
	}
	paused := 0
	if d.Paused {
		paused = 1
	}
	return []any{d.ID, d.value, msOf(d.Next), msOf(d.Last), d.LastJob[:], paused, msOf(d.heard), d.Owner, text}, nil
}

// change reads recurring jobs of one shard, lets decide change each, and writes those
// that it says true for. What somebody else changed meanwhile is done again.
func (sh *shard) change(ctx context.Context, ids []string, decide func(i int, d *declared, now time.Time) bool) error {
	todo := make([]int, len(ids))
	for i := range todo {
		todo[i] = i
	}
	for len(todo) > 0 {
		part := todo[:min(putChunk, len(todo))]
		again, err := sh.changeOnce(ctx, ids, part, decide)
		if err != nil {
			return err
		}
		todo = append(again, todo[len(part):]...)
	}
	return nil
}

// changeOnce gives those of part that have to be done again.
func (sh *shard) changeOnce(ctx context.Context, ids []string, part []int, decide func(i int, d *declared, now time.Time) bool) (again []int, err error) {
	read, err := sh.readCron(ctx, ids, part)
	if err != nil {
		return nil, err
	}
	var args []any
	var written []int
	seen := make(map[string]bool)
	for k, i := range part {
		if seen[ids[i]] {
			again = append(again, i)
			continue
		}
		seen[ids[i]] = true
		if !decide(i, &read.jobs[k], read.now) {
			continue
		}
		a, err := read.jobs[k].args()
		if err != nil {
			return nil, err
		}
		args, written = append(args, a...), append(written, i)
	}
	if len(args) == 0 {
		return again, nil
	}
	reply, err := sh.run(ctx, recurringPut(), args...)
	for k, ok := range asList(reply) {
		if asInt(ok) == 0 && k < len(written) {
			again = append(again, written[k])
		}
	}
	slices.Sort(again)
	return again, err
}

// cronRead is what one script read, at one moment.
type cronRead struct {
	now  time.Time
	jobs []declared
}

func (sh *shard) readCron(ctx context.Context, ids []string, part []int) (read cronRead, err error) {
	args := make([]any, len(part))
	for k, i := range part {
		args[k] = ids[i]
	}
	reply, err := sh.run(ctx, recurringLook(), args...)
	answer := asList(reply)
	if err != nil || len(answer) != 1+2*len(part) {
		return read, cmp.Or(err, sh.s.fault("look_recurring", fmt.Errorf("unexpected reply %T", reply)))
	}
	read.now, read.jobs = timeOf(asInt(answer[0])), make([]declared, len(part))
	for k, i := range part {
		if value := asString(answer[1+2*k]); value != "" {
			if read.jobs[k], err = decodeCron(ids[i], value); err != nil {
				return read, err
			}
		}
		read.jobs[k].ID = ids[i]
		read.jobs[k].lives = asInt(answer[2+2*k]) != 0
	}
	return read, nil
}

// PutRecurring adds or updates recurring jobs; see [storage.Recurrer].
func (s *Store) PutRecurring(ctx context.Context, rs []storage.Recurring) ([]error, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	errs := make([]error, len(rs))
	for _, sh := range s.shards {
		var ids []string
		var of []int
		for i := range rs {
			if s.shardNamed(rs[i].ID) == sh {
				if errs[i] = rules.Recurring(&rs[i]); errs[i] == nil {
					ids, of = append(ids, rs[i].ID), append(of, i)
				}
			}
		}
		err := sh.change(ctx, ids, func(k int, d *declared, now time.Time) bool {
			errs[of[k]] = d.declare(rs[of[k]], now)
			return errs[of[k]] == nil
		})
		if err != nil {
			return nil, err
		}
	}
	return errs, nil
}

// declare merges a declaration into d.
func (d *declared) declare(r storage.Recurring, now time.Time) (err error) {
	r.Job.ID = storage.ID{}
	if d.value == "" {
		d.Recurring, _, _ = rules.Declare(nil, r, false, now)
	} else if d.Recurring, _, err = rules.Declare(&d.Recurring, r, d.lives, now); err != nil {
		return err
	}
	d.heard = now
	return nil
}

// RemoveRecurring removes a recurring job; see [storage.Recurrer].
func (s *Store) RemoveRecurring(ctx context.Context, id string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	reply, err := s.shardNamed(id).run(ctx, recurringRemove(), id)
	if err == nil && asInt(reply) == 0 {
		err = noRecurring(id)
	}
	return err
}

// PauseRecurring pauses or resumes a recurring job; see [storage.Recurrer].
func (s *Store) PauseRecurring(ctx context.Context, id string, paused bool, by string, next time.Time) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	found := false
	err := s.shardNamed(id).change(ctx, []string{id}, func(_ int, d *declared, now time.Time) bool {
		if found = d.value != ""; !found {
			return false
		}
		d.Paused, d.PausedBy, d.UpdatedAt = paused, rules.Reason(by), now
		if !paused {
			d.PausedBy = ""
			if next := rules.Cut(next); !next.IsZero() {
				d.Next = next
			}
		}
		return true
	})
	if err == nil && !found {
		err = noRecurring(id)
	}
	return err
}
