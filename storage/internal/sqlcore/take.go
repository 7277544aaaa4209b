package sqlcore

import (
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// newRun is a row for jg_run.
type newRun struct {
	job   storage.ID
	fetch int
	flags int
	start time.Time
	shape int
	links int
}

var (
	sqlAddRuns = sqlFamily(`INSERT INTO jg_run (session, call, flags, started, report, lines, job, fetch, shape, links) VALUES {}`,
		`(?1, ?2, ?3, ?4, 0, 0, ?, ?, ?, ?)`)
	sqlRunsOf = sqlText(`SELECT ` + columnsShort + `, j.payload, j.options, r.fetch, r.flags, r.started
		FROM jg_run r CROSS JOIN jg_job j ON j.id = r.job WHERE r.session = ? AND r.call = ?`)
	sqlNote = sqlText(`SELECT progress, checkpoint, lines FROM jg_note WHERE job = ?`)
)

// take gives a job to the session, to start it or to hold it ready.
func (f *fetching) take(r *record, ahead bool) error {
	run := newRun{job: r.id, fetch: r.fetches + 1, start: f.now, shape: r.shape, links: r.links}
	if r.plain() {
		run.flags = runPlain
	}
	if ahead {
		run.flags, run.start = run.flags|runAhead, time.Time{}
	}
	if r.line != 0 {
		if err := f.moveLine(r.id, r.shape, classHeld, classLive, 0); err != nil {
			return err
		}
		r.cls, r.line = classLive, 0
	}
	if r.links&linkFlow != 0 {
		if err := f.takeFlow(r, ahead); err != nil {
			return err
		}
	}
	f.runs = append(f.runs, run)
	return f.give(r, run)
}

// takeFlow does what a fetch owes to expiry, limits and keys.
func (f *fetching) takeFlow(r *record, ahead bool) error {
	if !r.expires.IsZero() && !ahead {
		if _, err := f.Exec(sqlSaveExpiry, r.id); err != nil {
			return err
		}
		r.expires = time.Time{}
		if err := f.saveFind(r); err != nil {
			return err
		}
	}
	if freeAtStart(r) {
		if _, err := f.Exec(sqlFreeKey, r.extra.Unique.Key, r.id); err != nil {
			return err
		}
	}
	if r.links&linkLimits == 0 {
		return nil
	}
	for i, l := range r.extra.Limits {
		if sameKeyBefore(r.extra.Limits, i) {
			continue
		}
		if l.Per == 0 {
			f.slots[l.Key]++
			continue
		}
		for other := range f.rates {
			if other.Key == l.Key {
				f.rates[other]--
			}
		}
	}
	return f.takeSlots(r)
}

// give adds a job to the answer, with all that its handler needs.
func (f *fetching) give(r *record, run newRun) (err error) {
	if f.result.Jobs == nil {
		f.result.Jobs = make([]storage.Fetched, 0, max(f.found, 1))
	}
	f.result.Jobs = append(f.result.Jobs, storage.Fetched{
		Token: storage.Token{Job: r.id, Session: f.req.Session, Fetch: run.fetch},
		Ahead: run.flags&runAhead != 0,
	})
	job := &f.result.Jobs[len(f.result.Jobs)-1].Job
	if err := jobInto(job, f.names, f.Link, r); err != nil {
		return err
	}
	if job.Payload, err = partOf(f.Link, r, partPayload, r.payload); err != nil {
		return err
	}
	if job.Options, err = partOf(f.Link, r, partOptions, r.options); err != nil {
		return err
	}
	if job.Input, err = partOf(f.Link, r, partInput, nil); err != nil {
		return err
	}
	if r.links&linkNote != 0 {
		if _, err := one(f.Link, func(rows *rows) { job.Checkpoint = rows.bytes(1) }, sqlNote, r.id); err != nil {
			return err
		}
	}
	running(job, run.fetch, run.start, f.req.Session, f.session.server)
	return nil
}

// running shows a job as what it is while a session has it.
func running(j *storage.Job, fetch int, start time.Time, session storage.ID, server string) {
	j.State, j.Held, j.Reason = storage.Processing, "", ""
	j.Fetches, j.Session, j.Server = fetch, session, server
	if !start.IsZero() {
		j.StartedAt = start
	}
}

// addRuns writes the claims.
func (f *fetching) addRuns() error {
	runs := f.runs
	if len(runs) == 0 && !f.shared {
		// Nothing is written, so idle servers do not wake each other with what
		// concerns nobody. A call is in this process, so no copy of it arrives late.
		return nil
	}
	if _, err := f.Exec(sqlSetCall, f.req.Call, f.session.no); err != nil {
		return err
	}
	slices.SortStableFunc(runs, func(a, b newRun) int { return a.flags - b.flags })
	for len(runs) > 0 {
		n := 1
		for n < len(runs) && runs[n].flags == runs[0].flags {
			n++
		}
		if err := f.addAlike(runs[:n]); err != nil {
			return err
		}
		runs = runs[n:]
	}
	return nil
}

// addAlike writes claims that differ by their jobs only.
func (f *fetching) addAlike(runs []newRun) error {
	flags, start := runs[0].flags, Millis(runs[0].start)
	for len(runs) > 0 {
		s, n := sqlAddRuns.exactly(len(runs))
		args := make([]any, 0, 4+4*n)
		args = append(args, f.session.no, f.req.Call, flags, start)
		for _, r := range runs[:n] {
			args = append(args, r.job, r.fetch, r.shape, r.links)
		}
		if _, err := f.Exec(s, args...); err != nil {
			return err
		}
		runs = runs[n:]
	}
	return nil
}

// again answers a repeated call: what it gave and the session still has.
func (f *fetching) again() error {
	type given struct {
		r   *record
		run newRun
	}
	var all []given
	err := each(f.Link, func(r *rows) error {
		rec, err := scanRecord(r)
		if err != nil {
			return err
		}
		rec.payload, rec.options = r.bytes(nShort), r.bytes(nShort+1)
		all = append(all, given{rec, newRun{job: rec.id, fetch: r.int(nShort + 2), flags: r.int(nShort + 3), start: r.time(nShort + 4)}})
		return nil
	}, sqlRunsOf, f.session.no, f.req.Call)
	if err != nil {
		return err
	}
	for _, g := range all {
		if err := complete(f.Link, g.r); err != nil {
			return err
		}
		if err := f.give(g.r, g.run); err != nil {
			return err
		}
	}
	return nil
}

// nextRate says when a job that is held back by a rate may be fetched.
func (f *fetching) nextRate() error {
	for _, name := range f.req.Queues {
		no, ok := f.names.queueNo[name]
		if !ok || f.names.queues[no].paused {
			continue
		}
		if err := f.wakeRates(f.names.queues[no]); err != nil { // those that this fetch used up
			return err
		}
		var due time.Time
		if _, err := one(f.Link, func(r *rows) { due = r.time(0) }, sqlNextRate, no); err != nil {
			return err
		}
		if due.IsZero() {
			continue
		}
		wait := max(due.Sub(f.now), time.Millisecond)
		if f.result.Again == 0 || wait < f.result.Again {
			f.result.Again = wait
		}
	}
	return nil
}
