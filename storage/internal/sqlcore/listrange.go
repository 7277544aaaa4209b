package sqlcore

import (
	"slices"
	"strings"

	"github.com/gojobgen/jobgen/storage"
)

// rangeOf registers the two directions of a range: jobs that meet where, from a low
// id to below a high one.
func rangeOf(from, where, id string) (forward, backward *Stmt) {
	head := `SELECT j.id, j.shape, j.cls, j.server FROM ` + from + ` WHERE ` + where + ` AND ` + id + ` >= ? AND ` + id + ` < ? ORDER BY ` + id
	const why = "stops at its limit"
	return sqlText(head + ` LIMIT ?`).scans(why), sqlText(head + ` DESC LIMIT ?`).scans(why)
}

// shelvesOf registers the shelves on which the jobs with one value of an indexed
// column lie: a skip from shelf to shelf, which reads no job.
func shelvesOf(column string) *Stmt {
	return sqlText(strings.ReplaceAll(`WITH RECURSIVE shelves (shelf) AS (
			SELECT min(shelf) FROM jg_job WHERE {column} = ?1
			UNION ALL SELECT (SELECT min(shelf) FROM jg_job WHERE {column} = ?1 AND shelf > shelves.shelf) FROM shelves WHERE shelf IS NOT NULL)
		SELECT shelf FROM shelves WHERE shelf IS NOT NULL`, `{column}`, column))
}

var (
	sqlRangeAll, sqlRangeAllBack             = rangeOf(`jg_job j`, `1 = 1`, `j.id`)
	sqlRangeShelf, sqlRangeShelfBack         = rangeOf(`jg_job j INDEXED BY jg_job_list`, `j.shelf = ? AND j.cls = ?`, `j.id`)
	sqlRangeBatch, sqlRangeBatchBack         = rangeOf(`jg_job j INDEXED BY jg_job_batch`, `j.batch = ? AND j.shelf = ? AND j.cls = ?`, `j.id`)
	sqlRangeRecurring, sqlRangeRecurringBack = rangeOf(`jg_job j INDEXED BY jg_job_recurring`, `j.recurring = ? AND j.shelf = ? AND j.cls = ?`, `j.id`)
	sqlRangeServer, sqlRangeServerBack       = rangeOf(`jg_job j INDEXED BY jg_job_server`, `j.server = ? AND j.shelf = ? AND j.cls = ?`, `j.id`)
	sqlRangeChildren, sqlRangeChildrenBack   = rangeOf(`jg_edge e CROSS JOIN jg_job j ON j.id = e.child`, `e.parent = ?`, `e.child`)
	sqlRangeRuns, sqlRangeRunsBack           = rangeOf(`jg_run r CROSS JOIN jg_job j ON j.id = r.job`, `r.session = ?`, `r.job`)

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
	return l.shelves(sqlRangeShelf, sqlRangeShelfBack, nil, nil)
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

// serverRanges are what sessions of the server run, and what it ran last. A job that
// runs on the server that ran it last is in both.
func (l *listing) serverRanges() ([]*idRange, error) {
	ran, err := l.shelves(sqlRangeServer, sqlRangeServerBack, sqlServerShelves, l.filter.Server)
	if err != nil || !l.states[storage.Processing] {
		return ran, err
	}
	run, err := l.runRanges()
	return append(ran, run...), err
}

// runRanges are what sessions run, one range each.
func (l *listing) runRanges() (ranges []*idRange, err error) {
	err = each(l.Link, func(r *rows) error {
		if l.filter.Server == "" || l.filter.Server == r.str(1) {
			ranges = append(ranges, &idRange{forward: sqlRangeRuns, backward: sqlRangeRunsBack, args: []any{r.int(0)}, size: l.limit + 1})
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

// shelves are the ranges by shelf and class, of all jobs or of those that key names.
// The tallies say which are empty.
func (l *listing) shelves(forward, backward, list *Stmt, key any) (ranges []*idRange, err error) {
	type slot struct {
		shelf int
		cls   class
	}
	filled := make(map[slot]bool)
	classes := l.classes()
	err = each(l.Link, func(r *rows) error {
		shape, cls := r.int(0), class(r.int(1))
		if (l.shapes == nil || l.shapes[shape]) && slices.Contains(classes, cls) {
			filled[slot{shelfOf(shape), cls}] = true
		}
		return nil
	}, sqlTallies)
	if err != nil {
		return nil, err
	}
	var prefix []any
	if list != nil {
		prefix = []any{key}
		known := make(map[int]bool)
		if err := each(l.Link, func(r *rows) error { known[r.int(0)] = true; return nil }, list, key); err != nil {
			return nil, err
		}
		for s := range filled {
			if !known[s.shelf] {
				delete(filled, s)
			}
		}
	}
	size := min(l.limit+1, max(2*(l.limit+1)/max(len(filled), 1), 8))
	for s := range filled {
		args := append(slices.Clone(prefix), s.shelf, int(s.cls))
		ranges = append(ranges, &idRange{forward: forward, backward: backward, args: args, size: size})
	}
	return ranges, nil
}
