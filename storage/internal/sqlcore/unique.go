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
	var expires time.Time
	_, err = one(t.Link, func(r *rows) { holder, expires = r.id(0), r.time(1) }, sqlKeyHolder, key)
	if !expires.IsZero() && !expires.After(t.now) {
		holder = storage.ID{}
	}
	return holder, err
}

// blockedBy is the other job that holds the unique key of r; zero for none.
func (t *tx) blockedBy(r *record) (storage.ID, error) {
	if r.extra == nil || r.extra.Unique == nil {
		return storage.ID{}, nil
	}
	holder, err := t.keyHolder(r.extra.Unique.Key)
	if holder == r.id {
		holder = storage.ID{}
	}
	return holder, err
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

// freeKey frees the key of r, if it is still its own.
func (t *tx) freeKey(r *record) error {
	if r.links&linkUnique == 0 {
		return nil
	}
	r.links &^= linkUnique
	_, err := t.Exec(sqlFreeKey, r.extra.Unique.Key, r.id)
	return err
}
