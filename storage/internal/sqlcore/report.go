package sqlcore

import (
	"context"
	"encoding/json"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Report writes what running handlers tell; see [storage.Worker].
func (s *Store) Report(ctx context.Context, session storage.ID, reports []storage.Report) (verdicts []storage.Verdict, err error) {
	if len(reports) == 0 {
		return nil, ctx.Err()
	}
	err = s.write(ctx, func(t *tx) error {
		st := &settling{tx: t, req: &storage.SettleRequest{Session: session}, runs: make(map[storage.ID]*ended)}
		verdicts = make([]storage.Verdict, len(reports))
		return st.reports(reports, verdicts)
	})
	if err != nil {
		return nil, err
	}
	return verdicts, nil
}

func (st *settling) reports(reports []storage.Report, verdicts []storage.Verdict) error {
	found, err := st.sessionOf(st.req.Session, &st.session)
	if err != nil {
		return err
	}
	if found && (!st.session.dead /* need: session lives */) {
		ids := make([]storage.ID, len(reports))
		for i := range reports {
			ids[i] = reports[i].Token.Job
		}
		if err := st.loadRuns(st.session.no, ids, st.runs); err != nil {
			return err
		}
	}
	for i := range reports {
		e := st.live(reports[i].Token)
		switch {
		case e == nil:
			verdicts[i] = storage.Refused
		case !rules.ReportStorable(reports[i]):
			verdicts[i] = storage.Unstorable
		default:
			verdicts[i] = storage.Accepted
			if err := st.report(e, &reports[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// lastReport writes what an outcome still reports.
func (st *settling) lastReport(e *ended, o *storage.Outcome) error {
	if len(o.Logs) == 0 && o.Progress == nil {
		return nil
	}
	return st.report(e, &storage.Report{Token: o.Token, Number: o.Number, Progress: o.Progress, Logs: o.Logs})
}

var (
	sqlSetNote = sqlText(`INSERT INTO jg_note (job, progress, checkpoint, lines) VALUES (?, ?, ?, ?)
		ON CONFLICT (job) DO UPDATE SET progress = coalesce(excluded.progress, jg_note.progress),
			checkpoint = coalesce(excluded.checkpoint, jg_note.checkpoint), lines = jg_note.lines + excluded.lines`)
	sqlDropCheckpoint = sqlText(`UPDATE jg_note SET checkpoint = NULL WHERE job = ?`)
	sqlReported       = sqlText(`UPDATE jg_run SET report = ?, lines = ?, links = ? WHERE session = ? AND job = ?`)
	sqlLines          = sqlText(`SELECT lines FROM jg_note WHERE job = ?`)
	sqlAddLog         = sqlText(`INSERT INTO jg_log (job, number, fetch, at, level, text, fields) VALUES (?, ?, ?, ?, ?, ?, ?)`)
)

// report writes one report, unless one with its number or a later one came before.
func (st *settling) report(e *ended, r *storage.Report) error {
	if int(r.Number) <= e.report { // guard: late report
		return nil
	}
	e.report = int(r.Number)
	if err := st.log(e, r.Logs); err != nil {
		return err
	}
	var progress []byte
	if r.Progress != nil {
		var err error
		if progress, err = json.Marshal(rules.Progress(r.Progress)); err != nil {
			return err
		}
	}
	if progress != nil || r.Checkpoint != nil || len(r.Logs) > 0 {
		if _, err := st.Exec(sqlSetNote, e.id, progress, r.Checkpoint, len(r.Logs)); err != nil {
			return err
		}
		bits := linkNote
		if len(r.Logs) > 0 {
			bits |= linkLog
		}
		if e.links&bits != bits {
			e.links |= bits
			if _, err := st.Exec(sqlSaveLinks, bits, e.id); err != nil {
				return err
			}
		}
	}
	_, err := st.Exec(sqlReported, e.report, e.lines, e.links, st.session.no, e.id)
	return err
}

// log adds lines to the log of a job. Those over the limit of an attempt get a
// number and are not kept.
func (st *settling) log(e *ended, lines []storage.LogLine) error {
	if len(lines) == 0 {
		return nil
	}
	number := 0
	if _, err := one(st.Link, func(r *rows) { number = r.int(0) }, sqlLines, e.id); err != nil {
		return err
	}
	keep := rules.LogLines(e.lines, len(lines))
	e.lines += len(lines)
	for i, l := range lines[:keep] {
		l = rules.LogLine(l)
		if _, err := st.Exec(sqlAddLog, e.id, number+i+1, e.fetch, l.At, l.Level, l.Message, l.Fields); err != nil {
			return err
		}
	}
	return nil
}
