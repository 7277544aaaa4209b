package mysqlstore

import (
	"strconv"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// The counters are rows that are added up. Fold makes one row of those that have one
// key. It removes just the rows that it has read, by number, so it neither waits for those
// that others are adding nor loses them.

// A counter is a table of such rows.
type counter struct {
	table string
	keys  []string
	sums  []string
}

var (
	tallies = counter{"jg_tally", []string{"shape", "cls"}, []string{"n"}}
	stats   = counter{"jg_stat", []string{"step", "at", "shape"}, []string{"succeeded", "failed", "deleted", "retried", "run_time"}}
)

// Rows are folded when there are more than foldAbove of them, foldMost at a time.
const (
	foldAbove = 500
	foldMost  = 10_000
)

// Fold adds up the counters; the statistics of this hour and the one before.
func (t *transaction) Fold() error {
	if err := t.flush(); err != nil {
		return err
	}
	hour := rules.StepOf(t.now, rules.CoarseStep)
	from := strconv.FormatInt(hour.Add(-rules.CoarseStep).UnixMilli(), 10)
	counters := []counter{tallies, stats, stats}
	found, err := t.queries(t.foldText(tallies, ""), t.foldText(stats, foldStep(rules.FineStep)+from), t.foldText(stats, foldStep(rules.CoarseStep)+from))
	if err != nil {
		return err
	}
	for i, c := range counters {
		if err := t.fold(c, found[i]); err != nil {
			return err
		}
	}
	return nil
}

func foldStep(step time.Duration) string {
	return " WHERE step = " + strconv.FormatInt(step.Milliseconds(), 10) + " AND at >= "
}

func (t *transaction) foldText(c counter, where string) string {
	names := append(append([]string{"no"}, c.keys...), c.sums...)
	return t.texts.Named("SELECT " + strings.Join(names, ", ") + " FROM " + c.table + where + " LIMIT " + strconv.Itoa(foldMost))
}

func (t *transaction) fold(c counter, found *rows) error {
	if len(found.vals) <= foldAbove*found.width {
		return nil
	}
	sums := make(map[[3]int64][]int64)
	var gone [][]any
	for {
		row, ok, _ := found.Next()
		if !ok {
			break
		}
		var key [3]int64
		for i := range c.keys {
			key[i] = columns(row).int(1 + i)
		}
		if sums[key] == nil {
			sums[key] = make([]int64, len(c.sums))
		}
		for i := range c.sums {
			sums[key][i] += columns(row).int(1 + len(c.keys) + i)
		}
		gone = append(gone, []any{columns(row).int(0)})
	}
	if len(sums) > len(gone)/2 {
		return nil // many keys with few rows each
	}
	return t.write([]*writing{t.texts.remove(c.table+" r", "r.no = v.a", gone), c.insert(t, sums)})
}

// insert writes the sums.
func (c counter) insert(t *transaction, sums map[[3]int64][]int64) *writing {
	w := new(writing).add(t.texts.Named("INSERT INTO " + c.table + " (" + strings.Join(append(append([]string(nil), c.keys...), c.sums...), ", ") + ") VALUES "))
	first := true
	for key, values := range sums {
		if !first {
			w.add(",")
		}
		first = false
		w.add("(")
		for i := range c.keys {
			w.vals(key[i]).add(",")
		}
		for i, v := range values {
			if i > 0 {
				w.add(",")
			}
			w.vals(v)
		}
		w.add(")")
	}
	return w
}
