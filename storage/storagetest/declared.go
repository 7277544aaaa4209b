package storagetest

import (
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var declaredTests = []test{
	{"putting again keeps what happened", putKeeps},
	{"putting again keeps next", putKeepsNext},
	{"next follows a changed cron or zone", putMovesNext},
	{"a due occurrence survives a changed declaration", putKeepsDue},
	{"a changed template is taken", putTemplate},
	{"a lower revision is ignored while the higher is declared", revisions},
	{"a lower revision counts when the higher is silent", revisionsSilent},
	{"another owner's is overwritten when that owner is gone", ownerGone},
	{"due ones are told to their owner", dueOwners},
	{"the due list goes on behind an id", dueAfter},
	{"the next due time is told", nextDue},
	{"what a living owner does not declare is removed", undeclared},
	{"what is declared stays", declaredStays},
	{"downtime of the owner removes nothing", downtime},
	{"an owner without sessions is forgotten at last", ownerForgotten},
	{"what was made by a call stays", madeByCall},
}

func ownedBy(name string) func(*storage.Recurring) {
	return func(r *storage.Recurring) { r.Owner = name }
}

func revision(n int64) func(*storage.Recurring) {
	return func(r *storage.Recurring) { r.Revision = n }
}

// PutRecurring: "Last, LastJob and Paused are kept."
func putKeeps(e *env) {
	r := e.every("digest", 0)
	e.put(r)
	f := e.firing(r)
	e.fire(f, true, "the occurrence was expected")
	e.must(e.store.PauseRecurring(e.ctx, "digest", true, "anna", time.Time{}), "PauseRecurring")
	created := e.recurring("digest").CreatedAt
	e.sleep(2 * time.Second)
	r.Cron = "changed"
	e.put(r)
	got := e.recurring("digest")
	e.check(got.Last.Equal(f.Expected) && got.LastJob == f.Jobs[0].ID && got.Paused && got.PausedBy == "anna",
		"Last, LastJob and Paused are kept: got %+v", got)
	e.check(got.CreatedAt.Equal(created), "CreatedAt is kept: got %v", got.CreatedAt)
	e.wantTime(got.Declared, e.now(), "Declared is the last declaration")
}

// "Next is kept unless Cron or Zone changed".
func putKeepsNext(e *env) {
	r := e.every("digest", time.Hour)
	e.put(r)
	again := r
	again.Next, again.Job.Payload, again.Misfire = r.Next.Add(time.Hour), []byte(`{"r":2}`), storage.MisfireSkip
	e.put(again)
	got := e.recurring("digest")
	e.check(got.Next.Equal(r.Next), "a declaration with the same cron and zone keeps Next: want %v, got %v", r.Next, got.Next)
}

func putMovesNext(e *env) {
	for what, change := range map[string]func(*storage.Recurring){
		"cron": func(r *storage.Recurring) { r.Cron = "0 8 * * *" },
		"zone": func(r *storage.Recurring) { r.Zone = "Asia/Tokyo" },
	} {
		r := e.every("by "+what, time.Hour)
		e.put(r)
		change(&r)
		r.Next = r.Next.Add(time.Hour)
		e.put(r)
		got := e.recurring(r.ID)
		e.check(got.Next.Equal(r.Next), "a changed %s takes its Next: want %v, got %v", what, r.Next, got.Next)
	}
}

// doc.go, what broke the first version: "A declaration with a changed payload moved a
// due occurrence to the next day."
func putKeepsDue(e *env) {
	s := e.session()
	r := e.every("digest", -time.Second)
	e.put(r)
	again := r
	again.Cron, again.Next, again.Job.Payload = "0 8 * * *", r.Next.Add(24*time.Hour), []byte(`{"r":2}`)
	e.put(again)
	got := e.recurring("digest")
	e.check(got.Next.Equal(r.Next), "Next is kept while it is due, whatever changed: want %v, got %v", r.Next, got.Next)
	due := s.tick().Due
	e.check(len(due) == 1 && due[0].Next.Equal(r.Next), "the occurrence is still due: got %+v", due)
	f := e.firing(got)
	f.Next = again.Next
	e.fire(f, true, "and can be fired")
}

func putTemplate(e *env) {
	r := e.every("digest", time.Hour)
	e.put(r)
	r.Job.Payload, r.Job.Queue, r.Misfire, r.Overlap = []byte(`{"r":2}`), "other", storage.MisfireAll, true
	e.put(r)
	got := e.recurring("digest")
	e.check(string(got.Job.Payload) == `{"r":2}` && got.Job.Queue == "other" && got.Misfire == storage.MisfireAll && got.Overlap,
		"a new declaration replaces the template: got %+v", got)
}

// "A lower Revision of the same owner is ignored while the stored one was declared
// within ForgetDeclared."
func revisions(e *env) {
	e.session()
	put := func(rev int64) string {
		r := e.every("digest", time.Hour, ownedBy("service"), revision(rev))
		r.Job.Payload = fmt.Appendf(nil, `{"rev":%d}`, rev)
		e.put(r)
		return string(e.recurring("digest").Job.Payload)
	}
	e.check(put(5) == `{"rev":5}`, "the first declaration")
	e.check(put(4) == `{"rev":5}`, "an older version in a rolling deploy must not overwrite the newer one")
	e.check(put(6) == `{"rev":6}`, "a newer version overwrites")
	e.check(e.recurring("digest").Revision == 6, "Revision is of the declaring code: got %d", e.recurring("digest").Revision)
}

func revisionsSilent(e *env) {
	r := e.every("digest", time.Hour, ownedBy("service"), revision(5))
	e.put(r)
	e.sleep(storage.ForgetDeclared + time.Minute)
	r.Revision, r.Job.Payload = 4, []byte(`{"rev":4}`)
	e.put(r)
	e.check(e.recurring("digest").Revision == 4, "nobody declared revision 5 for ForgetDeclared, so after a roll back revision 4 counts: got %d", e.recurring("digest").Revision)
}

// "Overwriting another owner's is ErrInvalid while that owner has a live session or
// declared it within ForgetDeclared."
func ownerGone(e *env) {
	put := func(owner string) error {
		errs, err := e.store.PutRecurring(e.ctx, []storage.Recurring{e.every("digest", time.Hour, ownedBy(owner))})
		e.must(err, "PutRecurring")
		return errs[0]
	}
	s := e.session(owner("old"))
	e.must(put("old"), "the first declaration")
	e.wantErr(put("new"), storage.ErrInvalid, "the owner has a live session")
	s.close()
	e.wantErr(put("new"), storage.ErrInvalid, "the owner declared it within ForgetDeclared")
	e.sleep(storage.ForgetDeclared + time.Minute)
	e.must(put("new"), "the owner has no session and did not declare it for ForgetDeclared")
	e.check(e.recurring("digest").Owner == "new", "it belongs to the new owner: got %q", e.recurring("digest").Owner)
}

func dueIDs(r storage.TickResult) string {
	text := ""
	for _, d := range r.Due {
		text += d.ID + " "
	}
	return text
}

// TickResult.Due: "recurring jobs that are due, not paused and of the session's Owner or
// of none, by id".
func dueOwners(e *env) {
	s, other := e.session(owner("mine")), e.session(owner("other"))
	e.put(e.every("d-mine", 0, ownedBy("mine")), e.every("c-none", 0), e.every("b-other", 0, ownedBy("other")),
		e.every("a-later", time.Hour, ownedBy("mine")),
		e.every("never", 0, ownedBy("mine"), func(r *storage.Recurring) { r.Next = time.Time{} }))
	e.sleep(time.Second)
	got := s.tick()
	e.check(dueIDs(got) == "c-none d-mine ", "due are those of the session's owner and of none, by id: want c-none d-mine, got %s", dueIDs(got))
	e.check(dueIDs(other.tick()) == "b-other c-none ", "the other owner's session is told its own: want b-other c-none, got %s", dueIDs(other.tick()))
	e.check(got.Due[0].Job.Kind == kindA && string(got.Due[0].Job.Payload) == `{"r":1}`, "with the template, to be fired: got %+v", got.Due[0])
	e.fire(e.firing(got.Due[1]), true, "the occurrence is due")
	e.check(dueIDs(s.tick()) == "c-none ", "what was fired is not due any more: got %s", dueIDs(s.tick()))
}

// doc.go, what broke the first version: "A hundred recurring jobs that nobody could
// fire hid all others. DueAfter."
func dueAfter(e *env) {
	s := e.session()
	var rs []storage.Recurring
	for i := range 130 {
		rs = append(rs, e.every(fmt.Sprintf("r-%03d", i), 0))
	}
	e.put(rs...)
	seen := make(map[string]int)
	last := ""
	for range 3 {
		r, err := e.store.Tick(e.ctx, storage.TickRequest{Session: s.info.ID, DueAfter: last})
		e.must(err, "Tick")
		e.check(len(r.Due) > 0 && len(r.Due) <= 100, "Due has at most 100 and starts over after the last: got %d", len(r.Due))
		for _, d := range r.Due {
			seen[d.ID]++
		}
		last = r.Due[len(r.Due)-1].ID
	}
	e.check(len(seen) == len(rs), "every due one is told, though nobody fires the first hundred: want %d, got %d", len(rs), len(seen))
	r, err := e.store.Tick(e.ctx, storage.TickRequest{Session: s.info.ID, DueAfter: "r-129"})
	e.must(err, "Tick")
	e.check(len(r.Due) > 0 && r.Due[0].ID == "r-000", "the list starts over after the last: got %s", dueIDs(r))
}

// TickResult.NextDue: "until the next scheduled or recurring job; negative: none known".
func nextDue(e *env) {
	s := e.session()
	e.check(s.tick().NextDue < 0, "nothing is due ever: want a negative NextDue, got %v", s.tick().NextDue)
	within := func(want time.Duration, why string) {
		e.Helper()
		got := s.tick().NextDue
		e.check((got-want).Abs() <= time.Second, "%s: want NextDue about %v, got %v", why, want, got)
	}
	e.enqueue(in(time.Hour))
	within(time.Hour, "a scheduled job in an hour")
	e.put(e.every("digest", 20*time.Minute))
	within(20*time.Minute, "a recurring job in twenty minutes")
	e.put(e.every("paused", time.Minute))
	e.must(e.store.PauseRecurring(e.ctx, "paused", true, "", time.Time{}), "PauseRecurring")
	within(20*time.Minute, "a paused recurring job is never due")
	e.enqueue(in(10 * time.Minute))
	within(10*time.Minute, "a scheduled job in ten minutes")
}

// ForgetDeclared: "a recurring job declared in code is removed when it was not declared
// for this long although a session of its owner has lived for longer".
func undeclared(e *env) {
	s := e.session(owner("service"))
	e.put(e.every("kept", time.Hour, ownedBy("service")), e.every("gone", time.Hour, ownedBy("service")))
	e.live(lease, s)
	for range 13 {
		e.sleep(time.Minute)
		s.tick()
		e.put(e.every("kept", time.Hour, ownedBy("service")))
	}
	s.ticks()
	_, err := e.store.RecurringJob(e.ctx, "gone")
	e.wantErr(err, storage.ErrNotFound, "the owner's session lived for longer than ForgetDeclared and did not declare it")
	e.recurring("kept")
}

func declaredStays(e *env) {
	s := e.session(owner("service"))
	e.put(e.every("digest", time.Hour, ownedBy("service")))
	e.sleep(storage.ForgetDeclared - 2*time.Minute)
	s.ticks()
	e.recurring("digest")
	e.put(e.every("digest", time.Hour, ownedBy("service")))
	e.sleep(storage.ForgetDeclared - 2*time.Minute)
	s.ticks()
	e.recurring("digest")
}

// doc.go, what broke the first version: "The first Tick after a service was down
// removed its recurring jobs, pauses included."
func downtime(e *env) {
	s, other := e.session(owner("service")), e.session(owner("other"))
	e.put(e.every("digest", time.Hour, ownedBy("service")))
	e.must(e.store.PauseRecurring(e.ctx, "digest", true, "anna", time.Time{}), "PauseRecurring")
	s.close()
	e.sleep(2 * storage.ForgetDeclared)
	other.ticks()
	e.recurring("digest")
	again := e.session(owner("service"))
	again.ticks()
	e.check(e.recurring("digest").Paused, "the owner was down, so nothing of it is removed when it comes back, pauses included")
	e.put(e.every("digest", time.Hour, ownedBy("service")))
	again.ticks()
	e.check(e.recurring("digest").Paused, "declared again, it is still paused")
}

// ForgetOwner "is how long the recurring jobs of an owner without any session ... are kept".
func ownerForgotten(e *env) {
	s, other := e.session(owner("service")), e.session(owner("other"))
	e.put(e.every("digest", time.Hour, ownedBy("service")))
	s.close()
	e.sleep(storage.ForgetOwner - 24*time.Hour)
	other.ticks()
	e.recurring("digest")
	e.sleep(2 * 24 * time.Hour)
	other.ticks()
	_, err := e.store.RecurringJob(e.ctx, "digest")
	e.wantErr(err, storage.ErrNotFound, "its owner had no session for ForgetOwner")
}

// Recurring.Owner: "empty: made by a call".
func madeByCall(e *env) {
	s := e.session(owner(""))
	e.put(e.every("digest", time.Hour))
	e.sleep(storage.ForgetOwner + 24*time.Hour)
	s.ticks()
	e.recurring("digest")
}
