package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var (
	sqlKeyHolder = sqlText(`SELECT job, expires FROM jg_unique WHERE name = ?`)
	sqlTakeKey   = sqlText(`INSERT INTO jg_unique (name, job, expires) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET job = excluded.job, expires = excluded.expires`)
	sqlFreeKey = sqlText(`DELETE FROM jg_unique WHERE name = ? AND job = ?`)
)

// keyHolder is the job that holds a unique key now; zero for none.
func (t *tx) keyHolder(key string) (holder storage.ID, err error) {
	if holder, err = t.keyHolderIn(t.Link, key); err != nil || t.outside == nil {
		return holder, err
	}
	// A caller's transaction may see an older moment. It has the lock of the key: what is
	// committed now stays so, but for a job of its own, which nobody else sees.
	if !holder.IsZero() {
		if there, err := t.jobOutside(holder); err != nil || !there {
			return holder, err
		}
	}
	err = t.outside(func(l Link) (err error) {
		holder, err = t.keyHolderIn(l, key)
		return err
	})
	return holder, err
}

// keyHolderIn is the job that holds a key as one link sees it.
func (t *tx) keyHolderIn(l Link, key string) (holder storage.ID, err error) {
	var expires time.Time
	_, err = one(l, func(r *rows) { holder, expires = r.id(0), r.time(1) }, sqlKeyHolder, key)
	if !expires.IsZero() && !expires.After(t.now) {
		holder = storage.ID{}
	}
	return holder, err
}

// blocked is why r cannot have its unique key: another job holds it, or a caller's
// transaction that is open; empty when it can, or needs none.
func (t *tx) blocked(r *record) (why string, err error) {
	if r.extra == nil || r.extra.Unique == nil {
		return "", nil
	}
	locked, err := t.lockKey(r.extra.Unique.Key)
	if err != nil {
		return "", err
	}
	if !locked {
		return rules.KeyInTransaction, nil
	}
	holder, err := t.keyHolder(r.extra.Unique.Key)
	if err != nil || (holder.IsZero() || holder == r.id /* need: unique on return */) {
		return "", err
	}
	return rules.KeyTaken(holder), nil
}

// takeKey makes r the holder of its key, which is free. The time of a key counts from
// the insert: when that has passed there is nothing to hold.
func (t *tx) takeKey(r *record) error {
	u := r.extra.Unique
	if u == nil {
		return nil
	}
	var expires time.Time
	if u.For > 0 {
		if expires = rules.After(r.created, time.Duration(u.For)); !expires.After(t.now) {
			return nil
		}
	}
	r.links |= linkUnique
	_, err := t.Exec(sqlTakeKey, u.Key, r.id, expires)
	return err
}

// freeKey frees the key of r, if it is still its own. While a caller's transaction has
// the key, that is left to Tick.
func (t *tx) freeKey(r *record) error {
	if r.links&linkUnique == 0 {
		return nil
	}
	r.links &^= linkUnique
	locked, err := t.lockKey(r.extra.Unique.Key)
	if err != nil {
		return err
	}
	if !locked {
		return t.saveEffect(effect{what: effectFree, subject: r.id})
	}
	_, err = t.Exec(sqlFreeKey, r.extra.Unique.Key, r.id)
	return err
}

// freeLater frees a key that could not be freed at the end of its job; it reports
// whether that was possible now.
func (t *tx) freeLater(id storage.ID) (bool, error) {
	r, err := t.job(id)
	if err != nil || r == nil || r.links&linkUnique != 0 || r.extra == nil || r.extra.Unique == nil {
		return true, err
	}
	locked, err := t.lockKey(r.extra.Unique.Key)
	if err != nil || !locked {
		return false, err
	}
	_, err = t.Exec(sqlFreeKey, r.extra.Unique.Key, r.id)
	return true, err
}

// lockKey locks a key for this transaction; false when a caller's transaction has it.
func (t *tx) lockKey(name string) (bool, error) {
	l, ok := t.Link.(KeyLocker)
	if !ok {
		return true, nil
	}
	return l.LockKey(name, t.user)
}

// freeAtStart reports whether the key of r is free before a fetch gives r.
func freeAtStart(r *record) bool {
	return r.links&linkUnique != 0 && r.extra.Unique.Until == int(storage.UntilStarted)
}

// freeBefore reports whether r may be given: not while a caller's transaction has the
// key that has to be free first.
func (f *fetching) freeBefore(r *record) (bool, error) {
	if !freeAtStart(r) {
		return true, nil
	}
	return f.lockKey(r.extra.Unique.Key)
}
