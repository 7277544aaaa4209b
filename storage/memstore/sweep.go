package memstore

import (
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// expire deletes what was not started in time, at most budget.
func (s *Store) expire(budget int) (moved int) {
	for ; moved < budget; moved++ {
		j, ok := s.expiring.min()
		if !ok || j.ExpiresAt.After(s.now) {
			return moved
		}
		s.leave(j)
		s.finish(j, storage.Deleted, rules.Expired, storage.HistoryEntry{}, 0)
		s.flush()
	}
	return moved
}

// sweep removes what is past its retention, at most budget. What an awaiting job
// waits for, or what still releases others, comes back with keep.
func (s *Store) sweep(budget int) (moved int) {
	for moved < budget {
		j, ok := s.retained.min()
		if !ok || j.RetainedTo.After(s.now) {
			break
		}
		if j.waiting > 0 || j.notes > 0 {
			s.retained.remove(j)
			j.kept = false
			continue
		}
		s.forget(j)
		moved++
	}
	for moved < budget {
		b, ok := s.empty.min()
		if !ok || b.retainedTo().After(s.now) {
			break
		}
		if b.waiting > 0 || b.notes > 0 {
			s.empty.remove(b)
			b.kept = false
			continue
		}
		s.forgetBatch(b)
		moved++
	}
	return moved
}

// overdue reports whether there is anything left for promote, expire or sweep.
func (s *Store) overdue() bool {
	if j, ok := s.due.min(); ok && !j.DueAt.After(s.now) {
		return true
	}
	if j, ok := s.expiring.min(); ok && !j.ExpiresAt.After(s.now) {
		return true
	}
	if j, ok := s.retained.min(); ok && !j.RetainedTo.After(s.now) {
		return true
	}
	b, ok := s.empty.min()
	return ok && !b.retainedTo().After(s.now)
}

// forgetSmall drops what is neither job nor batch and is past its time.
func (s *Store) forgetSmall() {
	s.forgetRates(100)
	s.forgetRecurring()
	s.stats.forget(s.now)
	for id, at := range s.ended {
		if s.now.Sub(at) > rememberEnded {
			delete(s.ended, id)
		}
	}
	for ref, p := range s.catalogue {
		if s.now.Sub(p.at) > storage.ForgetOwner && !s.isPublished(ref) {
			delete(s.catalogue, ref)
		}
	}
	for owner, at := range s.owners {
		if s.now.Sub(at) > storage.ForgetOwner {
			delete(s.owners, owner)
		}
	}
}

func (s *Store) isPublished(ref storage.KindRef) bool {
	for _, sess := range s.sessions {
		for _, k := range sess.Kinds {
			if k.Kind == ref.Kind && k.Fingerprint == ref.Fingerprint {
				return true
			}
		}
	}
	return false
}
