package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// A Finder is a link of a database without partial indexes, where each index of jg_job
// has an entry for every job. The columns that most jobs never set are indexed in a
// table of its own there, with a row for those jobs only that have more than a place on
// a line.
type Finder interface {
	Link
	// AddFind adds the row of a new job, SaveFind writes that of another, which may be
	// there, FindIn changes its class where there is one, and DropFind removes those
	// that are there.
	AddFind(f *Found) error
	SaveFind(f *Found) error
	FindIn(id storage.ID, class int) error
	DropFind(ids []storage.ID) error
}

// Found is such a row.
type Found struct {
	ID         storage.ID
	Shape      int
	Shelf      int
	Class      int
	Due        time.Time
	Expires    time.Time
	Server     string
	Batch      storage.ID
	Recurring  string
	Occurrence time.Time
}

// findable reports whether a job is looked for by more than its id and its line.
func (r *record) findable() bool {
	return r.cls != classLive && r.cls != classHeld || !r.due.IsZero() || !r.expires.IsZero() || r.server != "" ||
		!r.batch.IsZero() || r.recurring != ""
}

func (r *record) found() *Found {
	return &Found{ID: r.id, Shape: r.shape, Shelf: shelfOf(r.shape), Class: int(r.cls), Due: r.due, Expires: r.expires,
		Server: r.server, Batch: r.batch, Recurring: r.recurring, Occurrence: r.occurrence}
}

// addFind makes a new job findable.
func (t *tx) addFind(r *record) error {
	f, ok := t.Link.(Finder)
	if !ok || !r.findable() {
		return nil
	}
	r.wasFound = true
	return f.AddFind(r.found())
}

// saveFind is addFind for a job whose row was just changed.
func (t *tx) saveFind(r *record) error {
	f, ok := t.Link.(Finder)
	switch {
	case !ok:
		return nil
	case r.findable():
		r.wasFound = true
		return f.SaveFind(r.found())
	case r.wasFound:
		r.wasFound = false
		return f.DropFind([]storage.ID{r.id})
	}
	return nil
}

// dropFind is for jobs that are gone.
func (t *tx) dropFind(ids ...storage.ID) error {
	f, ok := t.Link.(Finder)
	if !ok || len(ids) == 0 {
		return nil
	}
	return f.DropFind(ids)
}
