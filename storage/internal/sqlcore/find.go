package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// A Finder is a link of a database without partial indexes, where each index of jg_job
// has an entry for every job. The columns that most jobs never set are indexed in
// tables of their own there, with rows for those jobs only that have more than a place
// on a line.
type Finder interface {
	Link
	// AddFind adds the rows of a new job, SaveFind writes those of another, which may be
	// there, FindIn changes its class where there are some, and DropFind removes those
	// that are there.
	AddFind(f *Found) error
	SaveFind(f *Found) error
	FindIn(id storage.ID, class int) error
	DropFind(ids []storage.ID) error
}

// Found is what such rows hold.
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
	f := r.found()
	return f.Timed() || f.Kin()
}

// Timed reports whether a job is looked for by a time or by its state.
func (f *Found) Timed() bool {
	return class(f.Class) != classLive && class(f.Class) != classHeld || !f.Due.IsZero() || !f.Expires.IsZero()
}

// Kin reports whether it is looked for by what it belongs to.
func (f *Found) Kin() bool { return f.Server != "" || !f.Batch.IsZero() || f.Recurring != "" }

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
