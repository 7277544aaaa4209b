package memstore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// duplicates remembers for a while whose duplicates were not stored, to answer a
// repeated insert.
type duplicates struct {
	of  map[storage.ID]storage.ID
	old []duplicate // in the order they came
}

type duplicate struct {
	id storage.ID
	to time.Time
}

func (d *duplicates) note(id, holder storage.ID, now time.Time) {
	for len(d.old) > 0 && d.old[0].to.Before(now) {
		delete(d.of, d.old[0].id)
		d.old = d.old[1:]
	}
	if d.of == nil {
		d.of = make(map[storage.ID]storage.ID)
	}
	d.of[id] = holder
	d.old = append(d.old, duplicate{id: id, to: now.Add(storage.MinRetain)})
}

func (d *duplicates) holder(id storage.ID) storage.ID { return d.of[id] }
