package pgstore

import (
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// textPromote promotes plain jobs. The n-th that is due has the n-th place, on its line
// and in its row.
var textPromote = strings.NewReplacer(
	"@not", strconv.Itoa(sqlcore.PromoteNot), "@due", strconv.Itoa(sqlcore.PromoteDue), "@short", strconv.Itoa(sqlcore.ShortHistory),
).Replace(`WITH due AS MATERIALIZED (
		SELECT d.tid, d.id, d.shape, d.shelf, d.cls, d.rank >> 60 << 60 | $3 + row_number() OVER (ORDER BY d.due, d.id) AS place
		FROM (SELECT ctid AS tid, id, shape, shelf, cls, rank, due FROM jg_job
			WHERE due > 0 AND due <= $1 AND cls IN (1, 2) AND links & @not = 0 AND spill = 0 AND coalesce(lost, 0) = 0
				AND batch IS NULL AND recurring IS NULL AND history IS NOT NULL AND octet_length(history) < @short
			ORDER BY due LIMIT $2) d),
	moved AS (
		UPDATE jg_job j SET cls = 4, rank = d.place, enqueued = $1, due = NULL, links = links | @due
		FROM due d WHERE j.ctid = d.tid),
	added AS (
		INSERT INTO jg_ready (queue, line, rank, job, most, shape, shelf, flags)
		SELECT s.queue, 0, d.place, d.id, 0, d.shape, d.shelf, 1
		FROM due d, LATERAL (SELECT queue FROM jg_shape WHERE no = d.shape OFFSET 0) s)
	SELECT shape, cls, count(*) FROM due GROUP BY shape, cls`)

// PromotePlain makes plain jobs enqueued that are due, by one statement.
func (w *writing) PromotePlain(p sqlcore.PlainPromote) (moved []sqlcore.PlainPromoted, err error) {
	r := &request{name: "jobgen promote " + w.prefix, text: w.texts.Named(textPromote), rows: new(result)}
	if err := r.set([]any{sqlcore.Millis(p.Now), int64(p.Limit), p.Place}); err != nil {
		return nil, err
	}
	if err := w.link.now(r); err != nil {
		return nil, err
	}
	for cells := r.rows.cells; len(cells) >= 3; cells = cells[3:] {
		moved = append(moved, sqlcore.PlainPromoted{Shape: int(number(cells[0])), Class: int(number(cells[1])), N: int(number(cells[2]))})
	}
	return moved, nil
}
