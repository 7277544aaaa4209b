package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// newEnd is a row for jg_end.
type newEnd struct {
	id      storage.ID
	shape   int
	fetch   int
	started time.Time
	retain  time.Time
	took    time.Duration
	result  []byte
}

var sqlAddEnds = sqlFamily(`INSERT INTO jg_end (session, finished, shelf, id, shape, fetch, started, retain, took, result) VALUES {}`,
	`(?1, ?2, ?, ?, ?, ?, ?, ?, ?, ?)`)

// plainEnd reports whether endPlain may write the outcome.
func (e *ended) plainEnd(o *storage.Outcome) bool {
	const others = linkUnique | linkLimits | linkSkipped | linkFlow | linkJoin
	return o.Kind == storage.Succeed && o.Reason == "" && len(o.Result) <= inlineMax &&
		e.slim && e.flags&^runAhead == runPlain && e.links&others == 0
}

// endPlain notes the success of a plain job, for addEnds to write.
func (st *settling) endPlain(e *ended, o *storage.Outcome) {
	e.over, e.fetches = true, e.fetch
	st.over = append(st.over, e.id)
	took := max(o.Duration, 0)
	if e.flags&runAhead != 0 { // nobody told that it had started
		e.started = rules.Cut(st.now.Add(-took))
	}
	retain := rules.RetainedTo(storage.Succeeded, st.now, o.Retain)
	st.ends = append(st.ends, newEnd{id: e.id, shape: e.shape, fetch: e.fetch, started: e.started, retain: retain, took: took, result: o.Result})
	st.tally[tallyKey{e.shape, classLive}]--
	st.tally[tallyKey{e.shape, classSucceeded}]++
	st.sweepEnd(st.session.no, e.shape, e.id, retain)
	stat := st.stat(e.shape)
	stat.RunTime += took
	stat.Succeeded++
	if e.links&linkChildren != 0 {
		st.push(effect{what: effectEnded, subject: e.id, state: storage.Succeeded, run: e.fetch})
	}
}

// addEnds writes the rows that endPlain noted.
func (st *settling) addEnds() error {
	for len(st.ends) > 0 {
		s, n := sqlAddEnds.exactly(len(st.ends))
		args := make([]any, 0, 2+8*n)
		args = append(args, st.session.no, st.now)
		for i := range st.ends[:n] {
			e := &st.ends[i]
			args = append(args, shelfOf(e.shape), e.id, e.shape, e.fetch, e.started, e.retain, int64(e.took), e.result)
		}
		if _, err := st.Exec(s, args...); err != nil {
			return err
		}
		st.ends = st.ends[n:]
	}
	return nil
}
