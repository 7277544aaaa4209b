package sqlcore

import (
	"context"
	"slices"
	"strconv"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Where callers' transactions may hold unique keys, a group with such keys waits for
// them in a transaction of its own, before it has the write lock: nobody else waits
// with it.

// insertShared stores groups: those with unique keys each alone, the others together.
func (s *Store) insertShared(ctx context.Context, d LoneDriver, groups []storage.Group, results []storage.InsertResult) error {
	var rest []storage.Group
	var places []int
	for i := range groups {
		if results[i].Err != nil {
			continue
		}
		keys := keysOf(&groups[i])
		if len(keys) == 0 {
			rest, places = append(rest, groups[i]), append(places, i)
			continue
		}
		if err := s.insertAlone(ctx, d, keys, groups[i:i+1], results[i:i+1]); err != nil {
			return err
		}
	}
	if len(rest) == 0 {
		return nil
	}
	answers := make([]storage.InsertResult, len(rest))
	if err := s.write(ctx, func(t *tx) error { return t.insertGroups(rest, answers) }); err != nil {
		return err
	}
	for i, place := range places {
		results[place] = answers[i]
	}
	return nil
}

// keysOf are the unique keys and the occurrences of a group, each once, in the order in
// which all lock them.
func keysOf(g *storage.Group) (keys []string) {
	for i := range g.Jobs {
		j := &g.Jobs[i]
		if j.Unique != nil {
			keys = append(keys, j.Unique.Key)
		}
		if !j.Occurrence.IsZero() {
			keys = append(keys, occurrenceKey(j))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// occurrenceKey is what an occurrence is locked by; no unique key is like it.
func occurrenceKey(j *storage.NewJob) string {
	return "\x00" + j.Recurring + "\x00" + strconv.FormatInt(Millis(rules.Cut(j.Occurrence)), 10)
}

func (s *Store) insertAlone(ctx context.Context, d LoneDriver, keys []string, group []storage.Group, results []storage.InsertResult) (err error) {
	for range maxTries {
		if s.isClosed() {
			return s.errClosed()
		}
		if err = s.tryAlone(ctx, d, keys, group, results); err == nil || ctx.Err() != nil || !s.undone(err) {
			break
		}
	}
	return s.readFault(ctx, err)
}

func (s *Store) tryAlone(ctx context.Context, d LoneDriver, keys []string, group []storage.Group, results []storage.InsertResult) error {
	dbtx, err := d.BeginAlone(ctx, keys)
	if err != nil {
		return err
	}
	t, err := s.alone(dbtx)
	if err == nil {
		err = t.part(func(t *tx) error { return t.insertGroups(group, results) })
	}
	if err == nil {
		err = t.flush()
	}
	if err == nil {
		err = dbtx.Commit()
	}
	if err != nil {
		dbtx.Rollback()
		return err
	}
	s.committed(t)
	return nil
}

// alone is a step in a transaction that is not the writer's.
func (s *Store) alone(dbtx Tx) (*tx, error) {
	m, ok := dbtx.Meta()
	if !ok {
		if err := m.read(dbtx); err != nil {
			return nil, err
		}
	}
	known, err := loadNames(dbtx, m.Generation)
	if err != nil {
		return nil, err
	}
	return s.newTx(dbtx, dbtx.Now(), known, m), nil
}
