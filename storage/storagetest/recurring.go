package storagetest

import (
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var recurringTests = []test{
	{"put and read back", putComesBack},
	{"listed by id, in pages", recurringPages},
	{"remove", removeRecurring},
	{"an unknown one is not found", unknownRecurring},
	{"each of many puts is answered", putEach},
	{"fire stores the job and moves on", fireMoves},
	{"fire with another expected time does nothing", fireUnexpected},
	{"a repeated fire does nothing", fireRepeated},
	{"of many fires at once one moves on", fireRacing},
	{"fire without jobs skips the occurrence", fireSkips},
	{"fire with many jobs", fireAll},
	{"fire with too many jobs is refused", fireTooMany},
	{"fire unless running stores nothing while the last job runs", fireUnlessRunning},
	{"fire unless running stores the last one only", fireUnlessRunningLast},
	{"an occurrence fired twice is stored once", fireOccurrenceOnce},
	{"a duplicate's holder becomes the last job", fireDuplicate},
	{"a paused one is not fired", firePaused},
	{"resume takes the new next", resumeNext},
	{"a trigger is an extra run", trigger},
	{"a trigger of a paused one", triggerPaused},
	{"times are compared in milliseconds", fireMilliseconds},
}

// every makes a recurring job that is due in d.
func (e *env) every(id string, d time.Duration, mods ...func(*storage.Recurring)) storage.Recurring {
	r := storage.Recurring{
		ID: id, Cron: "* * * * *", Zone: "Europe/Berlin", Next: e.now().Add(d),
		Job: storage.NewJob{Kind: kindA, Queue: queue, Priority: 1, Payload: []byte(`{"r":1}`)},
	}
	for _, m := range mods {
		m(&r)
	}
	return r
}

// put stores recurring jobs that must be fine.
func (e *env) put(rs ...storage.Recurring) {
	e.Helper()
	errs, err := e.store.PutRecurring(e.ctx, rs)
	e.must(err, "PutRecurring")
	e.check(len(errs) == len(rs), "PutRecurring answers each: want %d answers, got %d", len(rs), len(errs))
	for i, err := range errs {
		e.check(err == nil, "PutRecurring refused %q: %v", rs[i].ID, err)
	}
}

func (e *env) recurring(id string) storage.Recurring {
	e.Helper()
	r, err := e.store.RecurringJob(e.ctx, id)
	e.must(err, "RecurringJob")
	return r
}

// occurrence makes the job of one occurrence.
func (e *env) occurrence(r storage.Recurring, at time.Time) storage.NewJob {
	j := r.Job
	j.ID, j.Recurring, j.Occurrence = storage.NewIDIn(storage.LaneOf(r.ID)), r.ID, at
	return j
}

// firing makes the usual fire: one job for the expected occurrence, the next a minute later.
func (e *env) firing(r storage.Recurring) storage.Fire {
	return storage.Fire{ID: r.ID, Expected: r.Next, Next: r.Next.Add(time.Minute), Jobs: []storage.NewJob{e.occurrence(r, r.Next)}}
}

func (e *env) fire(f storage.Fire, want bool, why string) {
	e.Helper()
	moved, err := e.store.Fire(e.ctx, f)
	e.must(err, "Fire")
	e.check(moved == want, "%s: want Fire to report %v, got %v", why, want, moved)
}

func putComesBack(e *env) {
	r := e.every("digest", time.Hour, func(r *storage.Recurring) {
		r.Owner, r.Revision, r.Misfire, r.Overlap = "service", 7, storage.MisfireAll, true
		r.Job.Metadata, r.Job.Options = map[string]string{"k": "v"}, []byte(`{"o":1}`)
		r.Job.Limits = []storage.Limit{{Key: "l", Max: 2}}
		r.Job.Unique = &storage.Unique{Key: "u"}
		r.Job.Fingerprint, r.Job.Expires = "f1", time.Minute
	})
	e.put(r)
	got := e.recurring("digest")
	e.check(got.ID == r.ID && got.Owner == r.Owner && got.Revision == 7 && got.Cron == r.Cron && got.Zone == r.Zone &&
		got.Misfire == r.Misfire && got.Overlap, "a recurring job comes back as it was put: got %+v", got)
	e.check(got.Next.Equal(r.Next), "Next comes back: want %v, got %v", r.Next, got.Next)
	e.wantCut(got.Next, "Next")
	j := got.Job
	e.check(j.Kind == kindA && j.Queue == queue && j.Priority == 1 && string(j.Payload) == `{"r":1}` && j.Metadata["k"] == "v" &&
		string(j.Options) == `{"o":1}` && len(j.Limits) == 1 && j.Limits[0] == r.Job.Limits[0] && j.Unique != nil && j.Unique.Key == "u" &&
		j.Fingerprint == "f1" && j.Expires == time.Minute, "the template comes back: got %+v", j)
	e.check(got.Last.IsZero() && got.LastJob.IsZero() && !got.Paused, "a new one has not fired: got %+v", got)
	e.wantTime(got.CreatedAt, e.now(), "CreatedAt")
	e.wantTime(got.Declared, e.now(), "Declared is the last declaration")
}

func recurringPages(e *env) {
	ids := []string{"a", "b", "c/d", "é", "zz", "B", "10", "9"}
	for _, id := range ids {
		e.put(e.every(id, time.Hour))
	}
	slices.Sort(ids)
	var got []string
	last := ""
	for range 10 {
		rs, err := e.store.Recurring(e.ctx, last, 3)
		e.must(err, "Recurring")
		e.check(len(rs) <= 3, "a page has at most its limit: got %d", len(rs))
		if len(rs) == 0 {
			break
		}
		for _, r := range rs {
			got = append(got, r.ID)
		}
		last = got[len(got)-1]
	}
	e.check(slices.Equal(got, ids), "Recurring lists by id, each once over all pages: want %q, got %q", ids, got)
}

func removeRecurring(e *env) {
	r := e.every("digest", time.Second)
	e.put(r)
	e.fire(e.firing(r), true, "the occurrence is due")
	e.must(e.store.RemoveRecurring(e.ctx, "digest"), "RemoveRecurring")
	_, err := e.store.RecurringJob(e.ctx, "digest")
	e.wantErr(err, storage.ErrNotFound, "a removed recurring job")
	e.wantErr(e.store.RemoveRecurring(e.ctx, "digest"), storage.ErrNotFound, "RemoveRecurring again")
	e.check(len(e.session().fetchIDs(10)) == 1, "the jobs that it fired stay")
}

func unknownRecurring(e *env) {
	_, err := e.store.RecurringJob(e.ctx, "none")
	e.wantErr(err, storage.ErrNotFound, "RecurringJob of one that does not exist")
	moved, err := e.store.Fire(e.ctx, e.firing(e.every("none", 0)))
	e.wantErr(err, storage.ErrNotFound, "Fire of one that does not exist")
	e.check(!moved, "Fire of one that does not exist moved nothing")
	e.wantErr(e.store.PauseRecurring(e.ctx, "none", true, "", time.Time{}), storage.ErrNotFound, "PauseRecurring of one that does not exist")
	e.session().fetchNone("nothing was fired")
}

// PutRecurring "adds or updates by ID, each atomically, and answers each in order".
func putEach(e *env) {
	e.session(owner("other"))
	e.put(e.every("taken", time.Hour, func(r *storage.Recurring) { r.Owner = "other" }))
	mine := func(r *storage.Recurring) { r.Owner = "mine" }
	errs, err := e.store.PutRecurring(e.ctx, []storage.Recurring{e.every("a", time.Hour, mine), e.every("taken", time.Hour, mine), e.every("b", time.Hour, mine)})
	e.must(err, "PutRecurring")
	e.check(len(errs) == 3 && errs[0] == nil && errs[2] == nil, "the others are stored: got %v", errs)
	e.wantErr(errs[1], storage.ErrInvalid, "overwriting what belongs to another owner with a live session")
	e.check(e.recurring("taken").Owner == "other", "a refused put changes nothing: got %+v", e.recurring("taken"))
	e.check(e.recurring("a").Owner == "mine" && e.recurring("b").Owner == "mine", "the others are stored")
}
