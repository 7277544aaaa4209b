package faulttest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// trial is what a run of the suite ended with: what was promised, what the handlers
// wrote down and what the store says.
type trial struct {
	t          *testing.T
	store      storage.Store
	promises   map[storage.ID]promise
	events     map[storage.ID][]event
	marks      []mark
	executions int
	lossy      bool // what is wrong is counted, no failure
	wrong      int
	lost       []time.Time // when acknowledged jobs were made that are not there any more
}

// errorf reports that a promise was broken.
func (tr *trial) errorf(format string, args ...any) {
	tr.t.Helper()
	if tr.wrong++; tr.lossy {
		if tr.wrong <= 3 {
			tr.t.Logf("as may be here: "+format, args...)
		}
		return
	}
	tr.t.Errorf(format, args...)
}

// reconcile judges every acknowledged job.
func (tr *trial) reconcile() {
	tr.t.Helper()
	for id, p := range tr.promises {
		d, err := tr.store.Job(context.Background(), id)
		if err != nil {
			tr.errorf("job %v was acknowledged and is lost: %v", id, err)
			tr.lost = append(tr.lost, id.Time())
			continue
		}
		tr.judge(id, p, d)
		if tr.t.Failed() && len(tr.promises) > 100 { // one wrong job tells more than a thousand
			tr.t.Logf("promised %+v, stored %+v, history %+v, events %+v", p, d.Job, d.History, tr.events[id])
			return
		}
	}
}

func (tr *trial) judge(id storage.ID, p promise, d storage.Details) {
	tr.t.Helper()
	if d.State != p.state {
		tr.errorf("job %v is %v (%s); promised was %v", id, d.State, d.Reason, p.state)
		return
	}
	tr.judgeHistory(id, p, d)
	tr.judgeRuns(id, p, d)
	for _, before := range p.after {
		tr.judgeOrder(before, id)
	}
	if !p.batch.IsZero() {
		tr.judgeBatch(p)
	}
	if !p.twin.IsZero() {
		tr.judgeApart(id, p.twin)
	}
}

// judgeHistory: one final outcome, one outcome at most for each run, and as many
// failed runs as were promised.
func (tr *trial) judgeHistory(id storage.ID, p promise, d storage.Details) {
	tr.t.Helper()
	final, retries := 0, 0
	ends := make(map[int]int)
	for _, h := range d.History {
		if h.State.Final() {
			final++
		}
		if h.Outcome == storage.Retry {
			retries++
		}
		if h.Outcome != 0 {
			ends[h.Fetch]++
		}
	}
	if final != 1 {
		tr.errorf("job %v has %d recorded outcomes: %+v", id, final, d.History)
	}
	for fetch, n := range ends {
		if n > 1 {
			tr.errorf("run %d of job %v has %d outcomes: %+v", fetch, id, n, d.History)
		}
	}
	if d.Dropped == 0 && retries != p.retries {
		tr.errorf("job %v has %d recorded retries; promised were %d", id, retries, p.retries)
	}
}

// judgeRuns compares the recorded outcome with what the handlers wrote down.
func (tr *trial) judgeRuns(id storage.ID, p promise, d storage.Details) {
	tr.t.Helper()
	starts := make(map[int]int)
	ended := make(map[int]bool)
	for _, e := range tr.events[id] {
		switch e.what {
		case "start":
			starts[e.fetch]++
			tr.executions++
		case "end", "fail":
			ended[e.fetch] = true
		}
	}
	for fetch, n := range starts {
		if n > 1 {
			tr.errorf("run %d of job %v was given out %d times: %+v", fetch, id, n, tr.events[id])
		}
	}
	switch {
	case p.state == storage.Deleted && len(starts) > 0:
		tr.errorf("job %v was to be skipped and ran: %+v", id, tr.events[id])
	case p.state != storage.Deleted && !ended[lastRun(d)]:
		tr.errorf("job %v has an outcome for run %d, which never ended: %+v", id, lastRun(d), tr.events[id])
	}
	tr.judgeRepeats(id)
}

// lastRun is the run whose outcome was final.
func lastRun(d storage.Details) int {
	for _, h := range slices.Backward(d.History) {
		if h.State.Final() {
			return h.Fetch
		}
	}
	return 0
}

// judgeRepeats: exactly once where nothing fails. A run is repeated only when the one
// before was recorded as failed, or a fault lay between the two.
func (tr *trial) judgeRepeats(id storage.ID) {
	tr.t.Helper()
	var last *event
	failed := false
	for _, e := range tr.events[id] {
		switch e.what {
		case "fail":
			failed = true
		case "start":
			if last != nil && !failed && !tr.faulty(last.at, e.at) {
				tr.errorf("job %v ran again, and nothing was wrong between %v and %v: %+v", id, last.at, e.at, tr.events[id])
			}
			last, failed = &e, false
		}
	}
}

func (tr *trial) faulty(from, to time.Time) bool {
	return slices.ContainsFunc(tr.marks, func(m mark) bool { return m.begin.Before(to) && m.end.After(from) })
}

// judgeOrder: a continuation starts only after a run of its parent ended.
func (tr *trial) judgeOrder(parent, child storage.ID) {
	tr.t.Helper()
	ended := slices.IndexFunc(tr.events[parent], func(e event) bool { return e.what == "end" || e.what == "fail" })
	if ended < 0 || len(tr.events[child]) == 0 {
		return // judged as jobs
	}
	if first := tr.events[child][0]; first.at.Before(tr.events[parent][ended].at) {
		tr.errorf("continuation %v started before its parent %v had ended", child, parent)
	}
}

// judgeBatch: its counters agree and it ended once.
func (tr *trial) judgeBatch(p promise) {
	tr.t.Helper()
	b, err := tr.store.Batch(context.Background(), p.batch)
	if err != nil {
		tr.errorf("batch %v was acknowledged and is lost: %v", p.batch, err)
		return
	}
	if b.State != storage.Succeeded || b.Total != len(p.after) || b.Succeeded != len(p.after) || b.Pending != 0 || b.Ends != 1 {
		tr.errorf("batch %v of %d jobs: %+v", p.batch, len(p.after), b)
	}
}

// judgeApart: two jobs with one unique key never run at the same time. A run that was
// cut off by a fault may still have gone on when its job had been taken away from it.
func (tr *trial) judgeApart(a, b storage.ID) {
	tr.t.Helper()
	for _, x := range spans(tr.events[a]) {
		for _, y := range spans(tr.events[b]) {
			if x.from.Before(y.to) && y.from.Before(x.to) && !tr.faulty(x.from, y.to) && !tr.faulty(y.from, x.to) {
				tr.errorf("jobs %v and %v have one unique key and ran together: %+v, %+v", a, b, x, y)
			}
		}
	}
}

type span struct{ from, to time.Time }

// spans are the runs of a job that ended.
func spans(events []event) []span {
	starts := make(map[int]time.Time)
	var all []span
	for _, e := range events {
		if e.what == "start" {
			starts[e.fetch] = e.at
		} else if from, ok := starts[e.fetch]; ok {
			all = append(all, span{from, e.at})
		}
	}
	return all
}
