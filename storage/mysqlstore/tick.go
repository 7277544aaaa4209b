package mysqlstore

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// An idle Tick is one update: of the session's row, where nothing is due. What it has to
// tell beside that comes back as the number of LAST_INSERT_ID, the only one that an update
// can give: the time, whether jobs wait or are held in the session's queues, and when the
// next scheduled or recurring job is due.

const (
	idleDueBits = 22 // of the milliseconds to the next due job; all set: later, or none
	idleDueMax  = 1<<idleDueBits - 1
	idleReady   = 1 << idleDueBits
	idleShift   = idleDueBits + 1
)

// idleText: # stands for the time in milliseconds, $ for the session, @ for the owners, % for
// the queues.
const idleText = `UPDATE jg_session s SET s.seen = # + 0 * LAST_INSERT_ID((# - {from}) * {unit} +
	IF(EXISTS (SELECT 1 FROM jg_ready r WHERE r.queue IN % AND r.line = 0) OR EXISTS (SELECT 1 FROM jg_pack p WHERE p.queue IN %)
		OR EXISTS (SELECT 1 FROM jg_line n WHERE n.queue IN % AND ` + oddLines + `), {ready}, 0) +
	GREATEST(0, LEAST({max}, COALESCE((SELECT MIN(d.due) FROM jg_find d WHERE d.due > 0), # + {max}) - #,
		COALESCE((SELECT MIN(n.next) FROM jg_recurring n WHERE n.owner IN @ AND n.paused = 0 AND n.next > 0), # + {max}) - #)))
	WHERE s.no = $ AND s.dead = 0 AND s.seen <= # AND # - s.seen <= s.lease DIV 2 AND # - s.swept < {swept} AND (SELECT m.generation FROM jg_meta m WHERE m.one = 1) = {generation}
	AND NOT EXISTS (SELECT 1 FROM jg_run c WHERE c.session = $ AND c.flags & 2)
	AND NOT EXISTS (SELECT 1 FROM (SELECT no, dead, seen, lease FROM jg_session LIMIT 100000) o
		WHERE o.no <> $ AND (o.dead = 1 OR o.seen > # OR # - o.seen > o.lease))
	AND NOT EXISTS (SELECT 1 FROM jg_todo)
	AND NOT EXISTS (SELECT 1 FROM jg_find d WHERE d.due > 0 AND d.due <= #)
	AND NOT EXISTS (SELECT 1 FROM jg_find e WHERE e.due = 0 AND e.expires > 0 AND e.expires <= #)
	AND NOT EXISTS (SELECT 1 FROM jg_sweep w WHERE w.at <= #)
	AND NOT EXISTS (SELECT 1 FROM jg_batch b WHERE b.look > 0 AND b.look <= #)
	AND NOT EXISTS (SELECT 1 FROM jg_recurring n WHERE n.owner IN @ AND n.paused = 0 AND n.next > 0 AND n.next <= #)`

// TickIdle gives a sign of life where nothing is due.
func (d *database) TickIdle(ctx context.Context, t sqlcore.IdleTick) (got sqlcore.IdleTicked, err error) {
	err = d.lone(ctx, func(l *link) error {
		got = sqlcore.IdleTicked{NextDue: -1}
		result, err := l.exec(d.idleText(&t))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil || n == 0 {
			return firstError(err, l.run("ROLLBACK"))
		}
		told, err := result.LastInsertId()
		if err != nil {
			return err
		}
		got.Idle, got.Alone = true, true
		got.Now = time.UnixMilli(told>>idleShift + idleFrom).UTC()
		if due := told & idleDueMax; due != idleDueMax {
			got.NextDue = time.Duration(due) * time.Millisecond
		}
		if told&idleReady != 0 {
			if err := d.ready(l, t.Queues, &got); err != nil {
				return err
			}
		}
		return l.run("COMMIT")
	})
	if got.Idle {
		d.poll.ticked(time.Now(), t.Queues)
	}
	return got, err
}

// idleFrom is the time from which LAST_INSERT_ID counts.
var idleFrom = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

func (d *database) idleText(t *sqlcore.IdleTick) string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	owners := "(x''" // those of nobody, and its own
	if t.Owner != "" {
		owners += ", " + string(appendHex(nil, []byte(t.Owner)))
	}
	queues := inList(append([]int{0}, t.Queues...)) // 0 is none
	now := "((" + callersClock + " + " + number(d.ahead().Microseconds()) + ") DIV 1000)"
	return strings.NewReplacer("#", now, "$", strconv.Itoa(t.Session), "@", owners+")", "%", queues,
		"{from}", number(idleFrom), "{unit}", number(1<<idleShift), "{ready}", number(idleReady), "{max}", number(idleDueMax),
		"{swept}", number(sqlcore.SmallIdle.Milliseconds()), "{generation}", number(t.Generation)).Replace(d.texts.Named(idleText))
}

// ready notes the queues that have jobs on their main line, or lines that a fetch looks at.
func (d *database) ready(l *link, queues []int, got *sqlcore.IdleTicked) error {
	found, err := l.query(d.filledText(queues) + d.texts.Named(" UNION ALL SELECT -n.queue FROM jg_line n WHERE n.queue IN "+inList(queues)+" AND "+oddLines))
	if err != nil {
		return err
	}
	for _, q := range found.numbers() {
		got.Found(q)
	}
	return nil
}

// filledText asks for those that have jobs on their main line.
func (d *database) filledText(queues []int) string {
	var b []byte
	for i, q := range queues {
		if i > 0 {
			b = append(b, " UNION ALL "...)
		}
		b = append(b, "(SELECT queue FROM jg_ready WHERE queue = "+strconv.Itoa(q)+" AND line = 0 LIMIT 1) UNION ALL (SELECT queue FROM jg_pack WHERE queue = "+strconv.Itoa(q)+" LIMIT 1)"...)
	}
	return d.texts.Named(string(b))
}
