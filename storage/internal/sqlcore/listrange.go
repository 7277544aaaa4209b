package sqlcore

import (
	"slices"
	"strings"

	"github.com/gojobgen/jobgen/storage"
)

// rangeOf registers the two directions of a range: what of jobs (id, shape, class and
// last server) that meet where, from a low id to below a high one.
func rangeOf(what, from, where, id string) (forward, backward *Stmt) {
	head := `SELECT ` + id + `, ` + what + ` FROM ` + from + ` WHERE ` + where + ` AND ` + id + ` >= ? AND ` + id + ` < ? ORDER BY ` + id
	const why = "stops at its limit"
	return sqlText(head + ` LIMIT ?`).scans(why).withClaims(), sqlText(head + ` DESC LIMIT ?`).scans(why).withClaims()
}

// shelvesOf registers the shelves on which the jobs with one value of an indexed
// column lie: a skip from shelf to shelf, which reads no job.
func shelvesOf(column string) *Stmt {
	return sqlText(strings.ReplaceAll(`WITH RECURSIVE shelves (shelf) AS (
			SELECT min(shelf) FROM jg_job WHERE {column} = ?1
			UNION ALL SELECT (SELECT min(shelf) FROM jg_job WHERE {column} = ?1 AND shelf > shelves.shelf) FROM shelves WHERE shelf IS NOT NULL)
		SELECT shelf FROM shelves WHERE shelf IS NOT NULL`, `{column}`, column))
}

// ofJob is what a row of jg_job says to a list.
const ofJob = `j.shape, j.cls, j.server`

var (
	sqlRangeAll, sqlRangeAllBack             = rangeOf(ofJob, `jg_job j`, `1 = 1`, `j.id`)
	sqlRangeShelf, sqlRangeShelfBack         = rangeOf(ofJob, `jg_job j INDEXED BY jg_job_list`, `j.cls <> 4 AND j.cls <> 5 AND j.shelf = ? AND j.cls = ?`, `j.id`)
	sqlRangeEnds, sqlRangeEndsBack           = rangeOf(`e.shape, 6, NULL`, `jg_end e`, `e.shelf = ?`, `e.id`)
	sqlRangeReady, sqlRangeReadyBack         = rangeOf(`r.shape, CASE r.line WHEN 0 THEN 4 ELSE 5 END, NULL`, `jg_ready r INDEXED BY jg_ready_list`, `r.shelf = ?`, `r.job`)
	sqlRangeBatch, sqlRangeBatchBack         = rangeOf(ofJob, `jg_job j INDEXED BY jg_job_batch`, `j.batch = ? AND j.shelf = ? AND j.cls = ?`, `j.id`)
	sqlRangeRecurring, sqlRangeRecurringBack = rangeOf(ofJob, `jg_job j INDEXED BY jg_job_recurring`, `j.recurring = ? AND j.shelf = ? AND j.cls = ?`, `j.id`)
	sqlRangeServer, sqlRangeServerBack       = rangeOf(ofJob, `jg_job j INDEXED BY jg_job_server`,
		`NOT EXISTS (SELECT 1 FROM jg_end e WHERE j.cls = 4 AND e.shelf = j.shelf AND e.id = j.id) AND j.server = ? AND j.shelf = ? AND j.cls = ?`, `j.id`)
	sqlRangeChildren, sqlRangeChildrenBack = rangeOf(`j.shape, `+clsNow+`, coalesce(n.server, j.server)`,
		`jg_edge b CROSS JOIN `+strings.Replace(fromRan, "jg_job j", "jg_job j ON j.id = b.child", 1), `b.parent = ?`, `b.child`)
	sqlRangeRuns, sqlRangeRunsBack = rangeOf(`r.shape, 4, NULL`, `jg_run r`, `r.session = ?`, `r.job`)

	sqlSessionNos       = sqlText(`SELECT no, server FROM jg_session ORDER BY no`).scans("a row for each session")
	sqlRecurringShelves = shelvesOf(`recurring`)
	sqlServerShelves    = shelvesOf(`server`)
	sqlTallies          = sqlText(`SELECT shape, cls, CAST(sum(n) AS BIGINT) FROM jg_tally GROUP BY shape, cls HAVING sum(n) > 0`).
				as(MySQL, `SELECT shape, cls, CAST(sum(n) AS SIGNED) FROM jg_tally GROUP BY shape, cls HAVING sum(n) > 0`).
				scans("eight rows for each kind of a queue")
)

// ranges are those that hold all jobs that may match, and as little else as can be.
func (l *listing) ranges() ([]*idRange, error) {
	f := &l.filter
	first := min(max(l.limit/4, 8), 64)
	switch {
	case !f.Parent.IsZero():
		return []*idRange{{forward: sqlRangeChildren, backward: sqlRangeChildrenBack, args: []any{f.Parent}, size: first}}, nil
	case !f.Batch.IsZero():
		return l.shelves(sqlRangeBatch, sqlRangeBatchBack, sqlBatchShelves, f.Batch)
	case f.Recurring != "":
		return l.shelves(sqlRangeRecurring, sqlRangeRecurringBack, sqlRecurringShelves, f.Recurring)
	case l.only(storage.Processing):
		return l.runRanges()
	case f.Server != "":
		return l.serverRanges()
	case l.everything():
		return []*idRange{{forward: sqlRangeAll, backward: sqlRangeAllBack, size: l.limit + 1}}, nil
	}
	return l.stateRanges()
}

// only reports whether no other state is asked for.
func (l *listing) only(state storage.State) bool {
	for s, wanted := range l.states {
		if wanted != (s == state) {
			return false
		}
	}
	return true
}

// everything reports whether every job matches, or all but some by their server.
func (l *listing) everything() bool {
	for _, wanted := range l.states {
		if !wanted {
			return false
		}
	}
	return l.shapes == nil
}

// serverRanges are what sessions of the server run, and what it ran last: plain
// successes by session, and all others. A job that runs on the server that ran it last
// is in two.
func (l *listing) serverRanges() ([]*idRange, error) {
	ranges, err := l.shelves(sqlRangeServer, sqlRangeServerBack, sqlServerShelves, l.filter.Server)
	if err != nil {
		return nil, err
	}
	if l.states[storage.Processing] {
		run, err := l.runRanges()
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, run...)
	}
	if !l.states[storage.Succeeded] || l.filter.Held || l.filter.Retrying {
		return ranges, nil
	}
	ended, err := l.endedBy()
	return append(ranges, ended...), err
}

// runRanges are what sessions run, one range each.
func (l *listing) runRanges() (ranges []*idRange, err error) {
	err = each(l.Link, func(r *rows) error {
		if l.filter.Server == "" || l.filter.Server == r.str(1) {
			ranges = append(ranges, &idRange{forward: sqlRangeRuns, backward: sqlRangeRunsBack, args: []any{r.int(0)},
				size: l.limit + 1, state: storage.Processing, server: r.str(1)})
		}
		return nil
	}, sqlSessionNos)
	return ranges, err
}

// classes are those in which jobs may match.
func (l *listing) classes() (all []class) {
	for _, s := range storage.States() {
		if !l.states[s] {
			continue
		}
		for _, c := range classesOf(s) {
			if l.filter.Held && c != classHeld || l.filter.Retrying && c != classRetrying {
				continue
			}
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	return all
}

// slot is a shelf with a class.
type slot struct {
	shelf int
	cls   class
}

// filled are the slots in which jobs may match: the tallies say which are empty.
func (l *listing) filled() (map[slot]bool, error) {
	filled := make(map[slot]bool)
	classes := l.classes()
	err := each(l.Link, func(r *rows) error {
		shape, cls := r.int(0), class(r.int(1))
		if (l.shapes == nil || l.shapes[shape]) && slices.Contains(classes, cls) {
			filled[slot{shelfOf(shape), cls}] = true
		}
		return nil
	}, sqlTallies)
	return filled, err
}

// firstSize is how many jobs are read at first from each of so many ranges.
func (l *listing) firstSize(ranges int) int {
	return min(l.limit+1, max(2*(l.limit+1)/max(ranges, 1), 8))
}

// shelves are the ranges by shelf and class of the jobs that key names.
func (l *listing) shelves(forward, backward, list *Stmt, key any) (ranges []*idRange, err error) {
	filled, err := l.filled()
	if err != nil {
		return nil, err
	}
	known := make(map[int]bool)
	if err := each(l.Link, func(r *rows) error { known[r.int(0)] = true; return nil }, list, key); err != nil {
		return nil, err
	}
	for s := range filled {
		if !known[s.shelf] {
			delete(filled, s)
		}
	}
	size := l.firstSize(len(filled))
	for s := range filled {
		ranges = append(ranges, &idRange{forward: forward, backward: backward, args: []any{key, s.shelf, int(s.cls)}, size: size})
	}
	return ranges, nil
}

// stateRanges are the ranges by shelf and class: what waits is in jg_ready
// and in packs, what runs in jg_run, what succeeded in two places.
func (l *listing) stateRanges() (ranges []*idRange, err error) {
	filled, err := l.filled()
	if err != nil {
		return nil, err
	}
	size := l.firstSize(len(filled))
	ready := make(map[int]bool) // shelves
	live := false
	for s := range filled {
		if s.cls == classLive || s.cls == classHeld {
			live = live || s.cls == classLive
			ready[s.shelf] = true
			continue
		}
		ranges = append(ranges, &idRange{forward: sqlRangeShelf, backward: sqlRangeShelfBack, args: []any{s.shelf, int(s.cls)}, size: size})
		if s.cls == classSucceeded {
			ranges = append(ranges, &idRange{forward: sqlRangeEnds, backward: sqlRangeEndsBack, args: []any{s.shelf}, size: size})
		}
	}
	if l.states[storage.Enqueued] {
		for shelf := range ready {
			ranges = append(ranges, &idRange{forward: sqlRangeReady, backward: sqlRangeReadyBack, args: []any{shelf}, size: size, state: storage.Enqueued})
			if packed := l.packRange(shelf); packed != nil {
				ranges = append(ranges, packed)
			}
		}
	}
	if !live || !l.states[storage.Processing] {
		return ranges, nil
	}
	run, err := l.runRanges()
	return append(ranges, run...), err
}
