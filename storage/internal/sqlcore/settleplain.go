package sqlcore

import (
	"fmt"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Most runs end well and concern nobody but their job, its batch and its children.
// For them few columns are read and few are written.

// sqlEndPlain ends such a run; the fetch is a part of what settled holds.
var sqlEndPlain = sqlText(fmt.Sprintf(`UPDATE jg_job SET cls = %d, links = links & ~%d | %d, fetches = ?1 >> 3, settled = ?1,
	started = ?2, finished = ?3, retain = ?4, server = ?5, history = ?6, result = ?7, reason = NULL WHERE id = ?8`,
	classSucceeded, linkWary, linkCounted))

// plain reports whether endPlain may write the outcome.
func (e *ended) plain(o *storage.Outcome) bool {
	const others = ^(linkChildren | linkNote | linkLog | linkWary)
	return o.Kind == storage.Succeed && o.Reason == "" && len(o.Result) <= inlineMax &&
		e.slim && e.flags&runAhead == 0 && e.links&others == 0 && e.spill == 0 && e.lost == 0 && len(e.history) < shortHistory
}

// endPlain writes the success of a plain job.
func (st *settling) endPlain(e *ended, o *storage.Outcome) error {
	e.over, e.fetches = true, e.fetch
	st.over = append(st.over, e.id)
	end := storage.HistoryEntry{At: st.now, State: storage.Succeeded, Attempt: e.attempt, Fetch: e.fetch,
		Session: st.session.id, Server: st.session.server, Duration: o.Duration, Outcome: o.Kind}
	begin := storage.HistoryEntry{At: e.started, State: storage.Processing, Attempt: e.attempt, Fetch: e.fetch,
		Session: st.session.id, Server: st.session.server}
	if err := e.note(begin, end); err != nil {
		return err
	}
	retain := rules.RetainedTo(storage.Succeeded, st.now, o.Retain)
	_, err := st.Exec(sqlEndPlain, e.fetch<<3|int(o.Kind), e.started, st.now, retain, optional(st.session.server), e.history, o.Result, e.id)
	if err != nil {
		return err
	}
	e.cls = classSucceeded
	st.recountClass(e.record)
	st.sweepAt(e.id, retain)
	st.stat(e.shape).RunTime += max(o.Duration, 0)
	return st.finished(e.record, storage.Succeeded)
}
