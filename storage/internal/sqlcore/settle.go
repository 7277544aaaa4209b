package sqlcore

import (
	"context"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Settle writes the ends of runs; see [storage.Worker].
func (s *Store) Settle(ctx context.Context, r storage.SettleRequest) (verdicts []storage.Verdict, err error) {
	if len(r.Outcomes) == 0 && len(r.Started) == 0 {
		return nil, ctx.Err()
	}
	d, ok := s.driver.(PlainSettler)
	if !ok {
		return s.settleSlow(ctx, r)
	}
	verdicts = make([]storage.Verdict, len(r.Outcomes))
	rest, places, err := s.settleHot(ctx, d, &r, verdicts)
	if err != nil || len(rest.Outcomes)+len(rest.Started) == 0 {
		return verdicts, err
	}
	others, err := s.settleSlow(ctx, *rest)
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		verdicts[place] = others[i]
	}
	return verdicts, nil
}

// settleSlow writes the ends of runs by the steps of the core.
func (s *Store) settleSlow(ctx context.Context, r storage.SettleRequest) (verdicts []storage.Verdict, err error) {
	storable := make([]bool, len(r.Outcomes))
	for i := range r.Outcomes {
		storable[i] = rules.Storable(r.Outcomes[i])
	}
	err = s.write(ctx, func(t *tx) error {
		st := &settling{tx: t, req: &r, storable: storable, verdicts: make([]storage.Verdict, len(r.Outcomes))}
		err := st.run()
		verdicts = st.verdicts
		return err
	})
	if err != nil {
		return nil, err
	}
	return verdicts, nil
}

// settling is one settle request.
type settling struct {
	*tx
	req      *storage.SettleRequest
	storable []bool
	session  session
	runs     map[storage.ID]*ended // of the jobs in the request that this session runs
	over     []storage.ID          // whose rows in jg_run go
	ends     []newEnd              // rows for jg_end
	verdicts []storage.Verdict
}

func (st *settling) run() error {
	found, err := st.sessionOf(st.req.Session, &st.session)
	if err != nil {
		return err
	}
	st.runs = make(map[storage.ID]*ended, len(st.req.Outcomes))
	if found && (!st.session.dead /* need: session lives */) {
		ids := make([]storage.ID, 0, len(st.req.Outcomes)+len(st.req.Started))
		for i := range st.req.Outcomes {
			ids = append(ids, st.req.Outcomes[i].Token.Job)
		}
		for _, token := range st.req.Started {
			ids = append(ids, token.Job)
		}
		if err := st.loadRuns(st.session.no, ids, st.runs); err != nil {
			return err
		}
	}
	begun := st.begun()
	for i := range st.req.Outcomes {
		if st.verdicts[i], err = st.outcome(&st.req.Outcomes[i], st.storable[i]); err != nil {
			return err
		}
	}
	if err := st.saveBegun(begun); err != nil {
		return err
	}
	if err := st.addEnds(); err != nil {
		return err
	}
	return st.dropRuns(st.session.no, st.over)
}

// live is the run that a token belongs to; nil when the token is dead.
func (st *settling) live(token storage.Token) *ended {
	e := st.runs[token.Job]
	if e == nil || (e.over /* guard: one outcome */) || (token.Session != st.req.Session /* guard: fence session */) ||
		(token.Fetch != e.fetch /* guard: fence */) {
		return nil
	}
	return e
}

var sqlBegun = sqlText(`UPDATE jg_run SET flags = flags & ~1, started = ? WHERE session = ? AND job = ?`)

// begun notes that handlers of jobs fetched ahead have started.
func (st *settling) begun() (all []*ended) {
	for _, token := range st.req.Started {
		if e := st.live(token); e != nil && e.flags&runAhead != 0 {
			e.flags &^= runAhead
			e.started = st.now
			all = append(all, e)
		}
	}
	return all
}

// saveBegun writes which runs have started and are not over yet.
func (st *settling) saveBegun(all []*ended) error {
	for _, e := range all {
		if e.over {
			continue
		}
		if _, err := st.Exec(sqlBegun, e.started, st.session.no, e.id); err != nil {
			return err
		}
		if e.links&linkFlow != 0 {
			if _, err := st.Exec(sqlSaveExpiry, e.id); err != nil {
				return err
			}
		}
	}
	return nil
}

// outcome writes the end of one run.
func (st *settling) outcome(o *storage.Outcome, storable bool) (storage.Verdict, error) {
	e := st.live(o.Token)
	if e == nil {
		return st.settledBefore(o)
	}
	if !storable {
		return storage.Unstorable, nil
	}
	if err := st.lastReport(e, o); err != nil {
		return 0, err
	}
	if e.plainEnd(o) {
		st.endPlain(e, o)
		return storage.Accepted, nil
	}
	if err := st.whole(e); err != nil {
		return 0, err
	}
	end := rules.EndOf(*o, e.flags&runCancel != 0)
	reason := o.Reason
	if end.Cut {
		reason = e.why
	}
	if o.Kind == storage.Succeed {
		e.result = o.Result
	}
	stat := st.stat(e.shape)
	stat.RunTime += max(o.Duration, 0)
	if end.Retried {
		stat.Retried++
		e.retries++
	}
	started := e.flags&runAhead == 0
	if !started && o.Kind != storage.Release { // nobody told that it had
		started, e.started = true, rules.Cut(st.now.Add(-max(o.Duration, 0)))
	}
	e.settled = e.fetch<<3 | int(o.Kind)
	e.links &^= linkWary
	st.over = append(st.over, e.id)
	entry := storage.HistoryEntry{State: end.State, Reason: reason, Duration: o.Duration, Outcome: o.Kind}
	if o.Kind == storage.Fail || o.Kind == storage.Retry || o.Kind == storage.Delete {
		entry.Failure = o.Failure
	}
	return storage.Accepted, st.endRun(e, &st.session, entry, after{
		delay: end.Delay, counted: end.Counted, retain: o.Retain, started: started, retried: end.Retried, place: o.Kind == storage.Release,
	})
}

// settledBefore answers for a token that is dead.
func (st *settling) settledBefore(o *storage.Outcome) (storage.Verdict, error) {
	if err := st.addEnds(); err != nil {
		return 0, err
	}
	r, err := st.job(o.Token.Job)
	if err != nil || r == nil {
		return storage.Refused, err
	}
	history, err := decodeHistory(r.history)
	if err != nil {
		return 0, err
	}
	kind := rules.Settled(history, o.Token)
	if kind == 0 && r.settled>>3 == o.Token.Fetch && !hasFetch(history, o.Token.Fetch) {
		kind = storage.OutcomeKind(r.settled & 7)
	}
	if (kind == o.Kind /* need: same outcome */) && kind != 0 {
		return storage.Accepted, nil
	}
	return storage.Refused, nil
}

// hasFetch reports whether a history knows how a fetch ended.
func hasFetch(history []storage.HistoryEntry, fetch int) bool {
	for _, e := range history {
		if e.Fetch == fetch && e.Outcome != 0 {
			return true
		}
	}
	return false
}
