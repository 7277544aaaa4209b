package sqlcore

// What drivers need of the core beside what they implement.

// Text registers a statement of a driver. It stands among those of the core, so its
// number is its own in the texts of every dialect.
func Text(text string) *Stmt { return sqlText(text) }

// Number runs a statement that gives one number; 0 where it gives no row.
func Number(l Link, s *Stmt, args ...any) (n int64, err error) {
	_, err = one(l, func(r *rows) { n = r.int64(0) }, s, args...)
	return n, err
}

// Fault is an error of the database as callers of the store see it.
func (s *Store) Fault(err error) error {
	if err == nil {
		return nil
	}
	return s.fault(s.driver.Cure(err))
}

// Ring wakes those who wait for these queues; without any, everybody.
func (s *Store) Ring(queues ...string) {
	if len(queues) == 0 {
		s.bell.ringAll()
		return
	}
	all := make(map[string]bool, len(queues))
	for _, q := range queues {
		all[q] = true
	}
	s.bell.ring(all)
}

// Listened reports whether somebody waits for work.
func (s *Store) Listened() bool { return s.bell.listened() }
