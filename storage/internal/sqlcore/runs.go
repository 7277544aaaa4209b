package sqlcore

import (
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// ended is a run with its job.
type ended struct {
	*record
	fetch   int
	flags   int
	started time.Time
	report  int
	lines   int
	why     string
	over    bool
	slim    bool // of the record only what jg_run knows is loaded
}

// columnsRun are what the end of a run always needs; the job is loaded for the runs that
// need it, by whole.
const columnsRun = `job, shape, links, fetch, flags, started, report, lines, why`

var (
	sqlRuns     = sqlFamily(`SELECT `+columnsRun+` FROM jg_run WHERE session = ? AND job IN ({})`, "?")
	sqlDropRuns = sqlFamily(`DELETE FROM jg_run WHERE session = ? AND job IN ({})`, "?")
)

// slimEnded is a run whose job is not loaded.
type slimEnded struct {
	ended
	job record
}

func (e *slimEnded) scan(r *rows) *ended {
	e.job.id, e.job.shape, e.job.links = r.id(0), r.int(1), r.int(2)
	e.job.cls, e.job.stored = classLive, classLive
	e.ended = ended{record: &e.job, fetch: r.int(3), flags: r.int(4), started: r.time(5), report: r.int(6), lines: r.int(7),
		why: r.str(8), slim: true}
	return &e.ended
}

// whole loads the job of a run.
func (t *tx) whole(e *ended) error {
	if !e.slim {
		return nil
	}
	r, err := t.job(e.id)
	if err == nil && r == nil {
		err = fmt.Errorf("job %v runs and is not there: the tables are damaged", e.id)
	}
	if err == nil {
		e.record, e.slim = r, false
	}
	return err
}

// loadRuns adds to runs what a session runs of these jobs.
func (t *tx) loadRuns(session int, ids []storage.ID, runs map[storage.ID]*ended) error {
	for len(ids) > 0 {
		s, size := sqlRuns.fit(len(ids))
		args := make([]any, size+1)
		args[0] = session
		n := min(size, len(ids))
		for i := range n {
			args[i+1] = ids[i][:]
		}
		slab := make([]slimEnded, n)
		err := each(t.Link, func(r *rows) error {
			e := slab[0].scan(r)
			slab = slab[1:]
			runs[e.id] = e
			return nil
		}, s, args...)
		if err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// dropRuns removes runs that are over.
func (t *tx) dropRuns(session int, ids []storage.ID) error {
	return t.execOf(sqlDropRuns, []any{session}, ids)
}
