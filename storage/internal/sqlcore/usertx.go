package sqlcore

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// InsertIn stores groups in a transaction that the caller of the store has open, of
// which l is a link. Only new rows are written; what concerns other rows is left to
// the next Tick.
func (s *Store) InsertIn(ctx context.Context, l Link, now time.Time, groups []storage.Group) ([]storage.InsertResult, error) {
	if s.isClosed() {
		return nil, s.errClosed()
	}
	results := make([]storage.InsertResult, len(groups))
	if checkGroups(groups, results) == 0 {
		return results, ctx.Err()
	}
	var m Meta
	if err := m.read(l); err != nil {
		return nil, s.fault(s.driver.Cure(err))
	}
	known, err := s.namesFor(l)
	if err != nil {
		return nil, s.fault(s.driver.Cure(err))
	}
	t := s.newTx(l, now, known.clone(), m)
	t.user = true
	err = t.part(func(t *tx) error { return t.insertGroups(groups, results) })
	if err == nil {
		err = t.flush()
	}
	if err != nil {
		return nil, s.fault(s.driver.Cure(err))
	}
	return results, nil
}
