package storagetest

import (
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Fire "moves a recurring job on from one occurrence".
func fireMoves(e *env) {
	r := e.every("digest", 0)
	e.put(r)
	r = e.recurring("digest")
	f := e.firing(r)
	e.fire(f, true, "the occurrence was expected")
	got := e.recurring("digest")
	e.check(got.Next.Equal(f.Next) && got.Last.Equal(f.Expected), "Next and Last move on: want %v and %v, got %v and %v", f.Next, f.Expected, got.Next, got.Last)
	e.check(got.LastJob == f.Jobs[0].ID, "LastJob is the job that was stored: got %v", got.LastJob)
	run := e.session().take(f.Jobs[0].ID)
	e.check(run.Job.Recurring == "digest" && run.Job.Occurrence.Equal(f.Expected), "the job knows its occurrence: got %q at %v", run.Job.Recurring, run.Job.Occurrence)
	e.wantIDs(e.list(storage.Filter{Recurring: "digest"}), []storage.ID{f.Jobs[0].ID}, "Filter.Recurring lists its jobs")
}

// Fire.Expected: "a different one means that somebody else fired: nothing happens".
func fireUnexpected(e *env) {
	r := e.every("digest", 0)
	e.put(r)
	f := e.firing(r)
	f.Expected = r.Next.Add(-time.Minute)
	e.fire(f, false, "Next is not what was expected, so somebody else fired")
	got := e.recurring("digest")
	e.check(got.Next.Equal(r.Next) && got.Last.IsZero() && got.LastJob.IsZero(), "nothing happens: got %+v", got)
	e.session().fetchNone("nothing was fired")
}

func fireRepeated(e *env) {
	r := e.every("digest", 0)
	e.put(r)
	f := e.firing(r)
	e.fire(f, true, "the occurrence was expected")
	e.fire(f, false, "a caller that lost the answer makes the same call again, and the recurring job has moved on")
	e.wantIDs(e.session().fetchIDs(10), []storage.ID{f.Jobs[0].ID}, "the occurrence is fired once")
}

// "Fire is one atomic step".
func fireRacing(e *env) {
	r := e.every("digest", 0)
	e.put(r)
	for round := range 5 {
		r = e.recurring("digest")
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for range 12 {
			f := e.firing(r)
			wg.Go(func() {
				moved, err := e.store.Fire(e.ctx, f)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					e.Errorf("Fire: %v", err)
				}
				if moved {
					won++
				}
			})
		}
		wg.Wait()
		e.check(won == 1, "of 12 fires of one occurrence exactly one moves on: got %d in round %d", won, round)
	}
	e.check(len(e.session().fetchIDs(100)) == 5, "each occurrence is fired once: want 5 jobs")
}

// Fire.Jobs: "none: the occurrence is skipped".
func fireSkips(e *env) {
	r := e.every("digest", 0)
	e.put(r)
	f := e.firing(r)
	f.Jobs = nil
	e.fire(f, true, "an occurrence that is skipped moves on too")
	got := e.recurring("digest")
	e.check(got.Last.Equal(f.Expected) && got.Next.Equal(f.Next) && got.LastJob.IsZero(), "Last is the last that was fired or skipped: got %+v", got)
	f = storage.Fire{ID: "digest", Expected: got.Next}
	e.fire(f, true, "there is no further occurrence")
	e.check(e.recurring("digest").Next.IsZero(), "Next zero means never: got %v", e.recurring("digest").Next)
}

func fireAll(e *env) {
	r := e.every("digest", -10*time.Minute)
	e.put(r)
	f := storage.Fire{ID: "digest", Expected: r.Next, Next: e.now().Add(time.Minute)}
	for i := range 10 {
		f.Jobs = append(f.Jobs, e.occurrence(r, r.Next.Add(time.Duration(i)*time.Minute)))
	}
	e.fire(f, true, "ten occurrences were missed")
	e.check(len(e.list(storage.Filter{Recurring: "digest"})) == 10, "each gets its job")
	e.check(e.recurring("digest").LastJob == f.Jobs[9].ID, "LastJob is the last job stored: got %v", e.recurring("digest").LastJob)
}

// MaxMissed = 1000 "jobs of one Fire".
func fireTooMany(e *env) {
	r := e.every("digest", -24*time.Hour)
	e.put(r)
	f := storage.Fire{ID: "digest", Expected: r.Next, Next: e.now().Add(time.Minute)}
	for i := range storage.MaxMissed + 1 {
		f.Jobs = append(f.Jobs, e.occurrence(r, r.Next.Add(time.Duration(i)*time.Minute)))
	}
	moved, err := e.store.Fire(e.ctx, f)
	e.check(err != nil && !moved, "a fire of 1001 jobs is refused: got %v, %v", moved, err)
	e.check(e.recurring("digest").Next.Equal(r.Next) && len(e.list(storage.Filter{})) == 0, "a refused fire changes nothing")
	f.Jobs = f.Jobs[:storage.MaxMissed]
	e.fire(f, true, "a fire of 1000 jobs")
}

// Fire.UnlessRunning "stores no job when LastJob is not final yet".
func fireUnlessRunning(e *env) {
	s := e.session()
	e.put(e.every("digest", 0))
	first := e.firing(e.recurring("digest"))
	e.fire(first, true, "the first occurrence")
	s.take(first.Jobs[0].ID)
	second := e.firing(e.recurring("digest"))
	second.UnlessRunning = true
	e.fire(second, true, "it moves on, with or without a job")
	got := e.recurring("digest")
	e.wantGone(second.Jobs[0].ID, "the job of the last occurrence still runs, so none is stored")
	e.check(got.LastJob == first.Jobs[0].ID && got.Last.Equal(second.Expected) && got.Next.Equal(second.Next), "Last and Next move on, LastJob stays: got %+v", got)
	s.end(first.Jobs[0].ID, storage.Fail)
	third := e.firing(got)
	third.UnlessRunning = true
	e.fire(third, true, "the last job is final")
	e.wantState(third.Jobs[0].ID, storage.Enqueued, "the last job is final, so this one is stored")
}

// "... and else the last one only."
func fireUnlessRunningLast(e *env) {
	r := e.every("digest", -time.Hour)
	e.put(r)
	f := storage.Fire{ID: "digest", Expected: r.Next, Next: e.now().Add(time.Minute), UnlessRunning: true}
	for i := range 3 {
		f.Jobs = append(f.Jobs, e.occurrence(r, r.Next.Add(time.Duration(i)*time.Minute)))
	}
	e.fire(f, true, "three occurrences were missed")
	e.wantIDs(e.session().fetchIDs(10), []storage.ID{f.Jobs[2].ID}, "jobs that must not overlap are not stored three at once, but the last one only")
}

// "(id, occurrence) is stored at most once ever while retained."
func fireOccurrenceOnce(e *env) {
	e.put(e.every("digest", 0))
	r := e.recurring("digest")
	f := e.firing(r)
	e.fire(f, true, "the occurrence was expected")
	e.must(e.store.RemoveRecurring(e.ctx, "digest"), "RemoveRecurring")
	e.put(r)
	again := e.firing(r)
	e.fire(again, true, "a new recurring job of the same id moves on")
	e.wantIDs(e.session().fetchIDs(10), []storage.ID{f.Jobs[0].ID}, "an occurrence is stored at most once, though its recurring job was put anew")
	e.check(e.recurring("digest").LastJob == f.Jobs[0].ID, "LastJob is the holder that it duplicates: got %v", e.recurring("digest").LastJob)
}

// "LastJob becomes the last job stored, or the holder that it duplicates."
func fireDuplicate(e *env) {
	holder := e.enqueue(unique("u"))
	r := e.every("digest", 0, func(r *storage.Recurring) { r.Job.Unique = &storage.Unique{Key: "u"} })
	e.put(r)
	f := e.firing(r)
	e.fire(f, true, "a duplicate moves on too")
	e.wantGone(f.Jobs[0].ID, "another job holds the unique key")
	e.check(e.recurring("digest").LastJob == holder, "LastJob is the holder that it duplicates: got %v", e.recurring("digest").LastJob)
}

// Fire: "It does not for one that is paused".
func firePaused(e *env) {
	s := e.session()
	r := e.every("digest", 0)
	e.put(r)
	e.must(e.store.PauseRecurring(e.ctx, "digest", true, "anna", time.Time{}), "PauseRecurring")
	got := e.recurring("digest")
	e.check(got.Paused && got.PausedBy == "anna", "it is paused by anna: got %+v", got)
	e.check(len(s.tick().Due) == 0, "a paused one is never due")
	e.fire(e.firing(r), false, "it was paused between the reading and the firing")
	s.fetchNone("a paused recurring job fires nothing")
	e.put(r)
	e.check(e.recurring("digest").Paused, "putting it again keeps it paused")
}

// PauseRecurring: "on resume next becomes its new Next when not zero".
func resumeNext(e *env) {
	r := e.every("digest", 0)
	e.put(r)
	pause := func(paused bool, next time.Time) storage.Recurring {
		e.must(e.store.PauseRecurring(e.ctx, "digest", paused, "anna", next), "PauseRecurring")
		return e.recurring("digest")
	}
	pause(true, time.Time{})
	got := pause(false, time.Time{})
	e.check(!got.Paused && got.Next.Equal(r.Next), "resumed without a new next: want %v, got %+v", r.Next, got)
	pause(true, time.Time{})
	next := e.now().Add(time.Hour)
	got = pause(false, next)
	e.check(!got.Paused && got.Next.Equal(next), "resumed with a new next: want %v, got %v", next, got.Next)
}

// Fire.Trigger "is an extra run ...: Expected and Next are ignored, Next and Last stay,
// LastJob is set. Its job has no Occurrence and is idempotent by id."
func trigger(e *env) {
	r := e.every("digest", time.Hour)
	e.put(r)
	f := storage.Fire{ID: "digest", Jobs: []storage.NewJob{e.occurrence(r, time.Time{})}, Trigger: true}
	e.fire(f, true, "a trigger needs no expected time")
	got := e.recurring("digest")
	e.check(got.Next.Equal(r.Next) && got.Last.IsZero() && got.LastJob == f.Jobs[0].ID, "Next and Last stay, LastJob is set: got %+v", got)
	_, err := e.store.Fire(e.ctx, f)
	e.must(err, "Fire repeated")
	e.wantIDs(e.session().fetchIDs(10), []storage.ID{f.Jobs[0].ID}, "a repeated trigger is idempotent by its job's id")
	second := storage.Fire{ID: "digest", Jobs: []storage.NewJob{e.occurrence(r, time.Time{})}, Trigger: true}
	e.fire(second, true, "another trigger")
	e.wantState(second.Jobs[0].ID, storage.Enqueued, "a trigger has no occurrence, so another one is another job")
}

func triggerPaused(e *env) {
	r := e.every("digest", time.Hour)
	e.put(r)
	e.must(e.store.PauseRecurring(e.ctx, "digest", true, "anna", time.Time{}), "PauseRecurring")
	f := storage.Fire{ID: "digest", Jobs: []storage.NewJob{e.occurrence(r, time.Time{})}, Trigger: true}
	e.fire(f, true, "a trigger runs it, paused or not")
	e.wantState(f.Jobs[0].ID, storage.Enqueued, "the triggered job")
}

// doc.go, Time: "Times are cut to milliseconds".
func fireMilliseconds(e *env) {
	fine := e.now().Add(123456 * time.Nanosecond)
	r := e.every("digest", 0, func(r *storage.Recurring) { r.Next = fine })
	e.put(r)
	f := e.firing(r)
	e.fire(f, true, "the expected time is the stored one, to the millisecond")
	got := e.recurring("digest")
	e.wantCut(got.Last, "Last")
	e.wantCut(got.Next, "Next")
}
