package pgstore

import (
	"strconv"
	"strings"
)

// The counters are rows that are added up. Fold makes one row of all that have one key:
// those that others add meanwhile are not seen and not touched. Few rows are left alone.
const (
	foldTally = `WITH gone AS (DELETE FROM jg_tally WHERE (SELECT count(*) > @ FROM (SELECT 1 FROM jg_tally LIMIT @ + 1) AS few)
			RETURNING shape, cls, n)
		INSERT INTO jg_tally (shape, cls, n) SELECT shape, cls, sum(n) FROM gone GROUP BY shape, cls HAVING sum(n) <> 0`
	foldStat = `WITH gone AS (DELETE FROM jg_stat WHERE step = $1 AND at >= $2 AND at < $3
			AND (SELECT count(*) > @ FROM (SELECT 1 FROM jg_stat WHERE step = $1 AND at >= $2 AND at < $3 LIMIT @ + 1) AS few)
			RETURNING step, at, shape, succeeded, failed, deleted, retried, run_time)
		INSERT INTO jg_stat (step, at, shape, succeeded, failed, deleted, retried, run_time)
		SELECT step, at, shape, sum(succeeded), sum(failed), sum(deleted), sum(retried), sum(run_time) FROM gone GROUP BY step, at, shape`
)

// foldAbove is how many rows are left alone.
const foldAbove = 500

// Fold adds up the counters; the statistics of the last two hours.
func (w *writing) Fold() error {
	const minute, hour = 60_000, 3_600_000
	now := w.moment.UnixMilli()
	tally := &request{name: "jobgen fold tally " + w.prefix, text: w.few(foldTally)}
	w.queue = append(w.queue, tally)
	for _, step := range []int64{minute, hour} {
		for _, at := range []int64{now/hour*hour - hour, now / hour * hour} {
			r := &request{name: "jobgen fold stat " + w.prefix, text: w.few(foldStat)}
			if err := r.set([]any{step, at, at + hour}); err != nil {
				return err
			}
			w.queue = append(w.queue, r)
		}
	}
	return nil
}

// few puts the number of rows that are left alone into a text.
func (w *writing) few(text string) string {
	return strings.ReplaceAll(w.texts.Named(text), "@", strconv.Itoa(foldAbove))
}
