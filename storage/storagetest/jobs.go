package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// The kinds and the queue that tests use where it does not matter which.
const (
	kindA = "mail.Send"
	kindB = "mail.Track"
	queue = "default"
)

// mod changes a new job before it is stored.
type mod func(*storage.NewJob)

// job makes a job that can run at once, changed by mods.
func (e *env) job(mods ...mod) storage.NewJob {
	j := storage.NewJob{ID: e.id(), Kind: kindA, Queue: queue, Priority: 1, Payload: []byte(`{"n":1}`)}
	for _, m := range mods {
		m(&j)
	}
	return j
}

func kind(name string) mod          { return func(j *storage.NewJob) { j.Kind = name } }
func schema(fingerprint string) mod { return func(j *storage.NewJob) { j.Fingerprint = fingerprint } }
func on(queue string) mod           { return func(j *storage.NewJob) { j.Queue = queue } }
func priority(p int) mod            { return func(j *storage.NewJob) { j.Priority = p } }
func payload(json string) mod       { return func(j *storage.NewJob) { j.Payload = []byte(json) } }
func in(d time.Duration) mod        { return func(j *storage.NewJob) { j.Due.In = d } }
func expires(d time.Duration) mod   { return func(j *storage.NewJob) { j.Expires = d } }
func inBatch(id storage.ID) mod     { return func(j *storage.NewJob) { j.Batch = id } }
func withID(id storage.ID) mod      { return func(j *storage.NewJob) { j.ID = id } }
func unique(key string) mod         { return uniqueBy(storage.Unique{Key: key}) }
func uniqueBy(u storage.Unique) mod { return func(j *storage.NewJob) { j.Unique = &u } }
func limited(limit storage.Limit) mod {
	return func(j *storage.NewJob) { j.Limits = append(j.Limits, limit) }
}
func atMost(max int, key string) mod  { return limited(storage.Limit{Key: key, Max: max}) }
func after(parents ...storage.ID) mod { return afterOn(storage.OnSuccess, parents...) }
func recurs(id string, at time.Time) mod {
	return func(j *storage.NewJob) { j.Recurring, j.Occurrence = id, at }
}

func rate(max int, per time.Duration) mod {
	return limited(storage.Limit{Key: "r", Max: max, Per: per})
}

func afterOn(c storage.Condition, parents ...storage.ID) mod {
	return func(j *storage.NewJob) { j.On, j.Parents = c, append(j.Parents, parents...) }
}

func inputFrom(parent storage.ID, param string) mod {
	return func(j *storage.NewJob) { j.InputFrom, j.InputParam = parent, param }
}

// insert stores one group that must be fine.
func (e *env) insert(g storage.Group) []storage.Inserted {
	e.Helper()
	r := e.tryInsert(g)
	if r.Err != nil {
		e.Fatalf("Insert refused a good group: %v", r.Err)
	}
	if len(r.Jobs) != len(g.Jobs) {
		e.Fatalf("Insert answers each job of a group: want %d answers, got %d", len(g.Jobs), len(r.Jobs))
	}
	return r.Jobs
}

// tryInsert stores one group and gives its answer, good or bad.
func (e *env) tryInsert(g storage.Group) storage.InsertResult {
	e.Helper()
	rs, err := e.store.Insert(e.ctx, g)
	if err != nil {
		e.Fatalf("Insert: a bad group is answered in its Err, the call itself must not fail: %v", err)
	}
	if len(rs) != 1 {
		e.Fatalf("Insert answers each group: want 1 answer, got %d", len(rs))
	}
	return rs[0]
}

// add stores jobs in one group and gives their ids.
func (e *env) add(jobs ...storage.NewJob) []storage.ID {
	e.Helper()
	var ids []storage.ID
	for _, in := range e.insert(storage.Group{Jobs: jobs}) {
		ids = append(ids, in.ID)
	}
	return ids
}

// enqueue stores one job and gives its id.
func (e *env) enqueue(mods ...mod) storage.ID {
	e.Helper()
	return e.add(e.job(mods...))[0]
}

// enqueueEach stores n jobs, each in a group of its own, in this order.
func (e *env) enqueueEach(n int, mods ...mod) []storage.ID {
	e.Helper()
	groups := make([]storage.Group, n)
	ids := make([]storage.ID, n)
	for i := range groups {
		j := e.job(mods...)
		ids[i], groups[i] = j.ID, storage.Group{Jobs: []storage.NewJob{j}}
	}
	rs, err := e.store.Insert(e.ctx, groups...)
	e.must(err, "Insert")
	for i, r := range rs {
		e.check(r.Err == nil, "Insert refused good group %d: %v", i, r.Err)
	}
	return ids
}

// refused stores a group that must not be stored: it wants the error and no job of it.
func (e *env) refused(g storage.Group, want error, why string) {
	e.Helper()
	r := e.tryInsert(g)
	e.wantErr(r.Err, want, why)
	for _, j := range g.Jobs {
		if !j.ID.IsZero() {
			e.wantGone(j.ID, why+": a refused group stores nothing")
		}
	}
}

// finished stores a job, runs it and ends it.
func (e *env) finished(s *session, end storage.OutcomeKind, mods ...mod) storage.ID {
	e.Helper()
	id := e.enqueue(mods...)
	s.end(id, end)
	return id
}

// control acts on jobs.
func (e *env) control(c storage.Control) storage.ControlResult {
	e.Helper()
	r, err := e.store.Control(e.ctx, c)
	e.must(err, "Control("+c.Action.String()+")")
	return r
}

// do acts on jobs that the action must apply to.
func (e *env) do(a storage.Action, ids ...storage.ID) {
	e.Helper()
	r := e.control(storage.Control{Action: a, IDs: ids})
	e.check(len(r.Skipped) == 0, "%v applies to these jobs, but skipped %v", a, r.Skipped)
	e.wantSet(r.Done, ids, a.String()+" answers what it did")
}

// skipped acts on a job that the action must not apply to.
func (e *env) skipped(c storage.Control, why string) {
	e.Helper()
	r := e.control(c)
	if len(r.Done) != 0 || len(r.Skipped) != len(c.IDs) {
		e.Fatalf("%s: want it skipped, got done %v, skipped %v", why, r.Done, r.Skipped)
	}
	for i, skip := range r.Skipped {
		e.check(skip.ID == c.IDs[i] && skip.Why != "", "a Skip names the job and says why: got %+v", skip)
	}
}
