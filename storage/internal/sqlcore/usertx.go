package sqlcore

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// InsertIn stores groups in a transaction that the caller of the store has open, of
// which l is a link. In a shared database only new rows are written there, and what
// concerns other rows is left to the next Tick; queues and kinds that are new are
// stored beforehand, in a transaction of their own.
func (s *Store) InsertIn(ctx context.Context, l Link, now time.Time, groups []storage.Group) ([]storage.InsertResult, error) {
	if s.isClosed() {
		return nil, s.errClosed()
	}
	results := make([]storage.InsertResult, len(groups))
	if checkGroups(groups, results) == 0 {
		return results, ctx.Err()
	}
	var t *tx
	var err error
	if s.config.Shared {
		if t, err = s.sharedTx(ctx, l, now, groups, results); err != nil {
			return nil, err
		}
	} else if t, err = s.ownTx(l, now); err != nil {
		return nil, s.readFault(ctx, err)
	}
	t.user = true
	err = t.lockKeys(groups, results)
	if err == nil {
		err = t.part(func(t *tx) error { return t.insertGroups(groups, results) })
	}
	if err == nil {
		err = t.flush()
	}
	if err != nil {
		return nil, s.readFault(ctx, err)
	}
	return results, nil
}

// ownTx is a step in a caller's transaction that is the only one that writes.
func (s *Store) ownTx(l Link, now time.Time) (*tx, error) {
	var m Meta
	if err := m.read(l); err != nil {
		return nil, err
	}
	known, err := s.namesFor(l)
	if err != nil {
		return nil, err
	}
	return s.newTx(l, now, known.clone(), m), nil
}

// sharedTx is a step in a caller's transaction, one of many.
func (s *Store) sharedTx(ctx context.Context, l Link, now time.Time, groups []storage.Group, results []storage.InsertResult) (*tx, error) {
	known, err := s.ensureNames(ctx, groups, results)
	if err != nil {
		return nil, err
	}
	t := s.newTx(l, now, known, Meta{Generation: known.generation})
	t.outside = func(f func(l Link) error) error { return s.read(ctx, func(v *view) error { return f(v) }) }
	return t, nil
}

// ensureNames stores the queues and shapes of the groups that are not known yet.
func (s *Store) ensureNames(ctx context.Context, groups []storage.Group, results []storage.InsertResult) (known *names, err error) {
	if known = s.seen.Load(); known != nil && known.knows(groups, results) {
		return known, nil
	}
	err = s.write(ctx, func(t *tx) error {
		for i := range groups {
			if results[i].Err != nil {
				continue
			}
			for k := range groups[i].Jobs {
				j := &groups[i].Jobs[k]
				if _, err := t.shapeOf(j.Queue, j.Kind, j.Fingerprint); err != nil {
					return err
				}
			}
		}
		known = t.names.clone()
		return nil
	})
	if err == nil {
		s.seen.Store(known)
	}
	return known, err
}

// knows reports whether all shapes of the groups are known.
func (n *names) knows(groups []storage.Group, results []storage.InsertResult) bool {
	var last shapeKey
	for i := range groups {
		if results[i].Err != nil {
			continue
		}
		for k := range groups[i].Jobs {
			j := &groups[i].Jobs[k]
			key := shapeKey{j.Queue, j.Kind, j.Fingerprint}
			if key == last {
				continue
			}
			if _, ok := n.shapeNo[key]; !ok {
				return false
			}
			last = key
		}
	}
	return true
}

// lockKeys locks the unique keys of the groups, in the order in which all lock them.
func (t *tx) lockKeys(groups []storage.Group, results []storage.InsertResult) error {
	for i := range groups {
		if results[i].Err != nil {
			continue
		}
		for _, key := range keysOf(&groups[i]) {
			if _, err := t.lockKey(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// jobOutside reports whether there is a job that the caller's transaction does not
// see, since its view is older.
func (t *tx) jobOutside(id storage.ID) (found bool, err error) {
	if t.outside == nil {
		return false, nil
	}
	err = t.outside(func(l Link) (err error) {
		found, err = one(l, nil, sqlJobIs, id)
		return err
	})
	return found, err
}

// anyBatch is a stored batch, also one that the caller's transaction does not see.
func (t *tx) anyBatch(id storage.ID) (*batch, error) {
	b, err := t.batch(id)
	if err != nil || b != nil || t.outside == nil {
		return b, err
	}
	err = t.outside(func(l Link) (err error) {
		b, err = loadBatch(l, id)
		return err
	})
	if b != nil {
		t.keepBatch(b)
	}
	return b, err
}
