package storagetest

import (
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Insert: "Idempotence is the group's: where any job or batch of it is stored
// already, the whole group was, and nothing more is stored. Ids are looked up before keys."
var repeatTests = []test{
	{"a repeated insert stores nothing", repeatedInsert},
	{"a repeated insert of a finished job does not run it again", repeatAfterEnd},
	{"a repeated insert keeps what was stored first", repeatWithOtherPayload},
	{"a repeated group stores no half of itself when a key became free", repeatWithFreeKey},
	{"ids are looked up before keys", idsBeforeKeys},
	{"an id taken by another kind is a conflict", idConflict},
	{"a group of which one job is stored already is stored no further", repeatInPart},
	{"a repeated group counts its batch once", repeatBatch},
	{"the shortest retention outlives the window of repetition", repeatWithinWindow},
	{"the same insert from many callers stores one job", repeatRacing},
	{"a repeated continuation is judged once", repeatContinuation},
	{"an occurrence is stored at most once", occurrenceOnce},
}

func repeatedInsert(e *env) {
	g := storage.Group{Jobs: []storage.NewJob{e.job(), e.job(in(time.Hour))}}
	e.insert(g)
	for _, in := range e.insert(g) {
		e.check(!in.Duplicate, "a repetition of the same job is no duplicate of another: got %+v", in)
	}
	e.wantIDs(e.session().fetchIDs(10), []storage.ID{g.Jobs[0].ID}, "a repeated insert must not store a job twice")
	e.wantState(g.Jobs[1].ID, storage.Scheduled, "a repeated insert must not change a job")
}

func repeatAfterEnd(e *env) {
	j := e.job()
	e.add(j)
	s := e.session()
	s.end(j.ID, storage.Succeed)
	e.add(j)
	e.wantState(j.ID, storage.Succeeded, "a caller that lost the answer makes the call again, and the job must not run twice")
	s.fetchNone("a job that ended must not come back by a repeated insert")
}

func repeatWithOtherPayload(e *env) {
	j := e.job()
	e.add(j)
	j.Payload = []byte(`{"n":2}`)
	e.add(j)
	e.check(string(e.get(j.ID).Payload) == `{"n":1}`, "nothing of a repeated group is stored, the first stands: got %s", e.get(j.ID).Payload)
}

// doc.go, what broke the first version: "A group whose answer was lost was repeated
// when a unique key in it had become free: a half of it appeared twice."
func repeatWithFreeKey(e *env) {
	s := e.session()
	holder := e.enqueue(unique("k"))
	g := storage.Group{Jobs: []storage.NewJob{e.job(unique("k")), e.job()}}
	in := e.insert(g)
	e.check(in[0].Duplicate && !in[1].Duplicate, "the first of the group is a duplicate of the holder: got %+v", in)
	s.end(holder, storage.Succeed)
	in = e.insert(g)
	e.check(in[0].Duplicate, "the job was a duplicate when its group was stored and stays one: got %+v", in[0])
	e.check(in[0].ID == holder || in[0].ID.IsZero(), "a repetition names the holder or nobody: got %v", in[0].ID)
	e.wantGone(g.Jobs[0].ID, "the group was stored already, so nothing more of it is stored, though the key is free now")
}

// "Ids are looked up before keys."
func idsBeforeKeys(e *env) {
	s := e.session()
	a := e.job(unique("k"))
	e.add(a)
	s.end(a.ID, storage.Succeed)
	e.enqueue(unique("k"))
	in := e.insert(storage.Group{Jobs: []storage.NewJob{a}})[0]
	e.check(!in.Duplicate && in.ID == a.ID, "the job was stored under its own id, and the key's new holder is no answer to its repetition: got %+v", in)
}

// "An id that is taken by a job of another kind is ErrIDConflict."
func idConflict(e *env) {
	id := e.enqueue()
	fresh := e.job()
	r := e.tryInsert(storage.Group{Jobs: []storage.NewJob{fresh, e.job(withID(id), kind(kindB))}})
	e.wantErr(r.Err, storage.ErrIDConflict, "an id that is taken by a job of another kind")
	e.wantGone(fresh.ID, "a refused group stores nothing")
	e.check(e.get(id).Kind == kindA, "the first job stays as it is: got kind %s", e.get(id).Kind)
}

// groupSizes are numbers of jobs in a group: stores have other ways for few than for many.
var groupSizes = []int{1, 2, 8, 40}

// groupOf is a group of n new jobs, of which the last has an id.
func (e *env) groupOf(n int, id storage.ID) (g storage.Group) {
	for range n - 1 {
		g.Jobs = append(g.Jobs, e.job())
	}
	g.Jobs = append(g.Jobs, e.job(withID(id)))
	return g
}

// "Where any job or batch of it is stored already, the whole group was, and nothing more is stored."
func repeatInPart(e *env) {
	id := e.enqueue()
	var others []storage.NewJob
	for _, n := range groupSizes {
		g := e.groupOf(n, id)
		in := e.insert(g)
		e.check(!in[n-1].Duplicate && in[n-1].ID == id, "the last of %d jobs is stored under its own id: got %+v", n, in[n-1])
		others = append(others, g.Jobs[:n-1]...)
	}
	e.wantIDs(e.session().fetchIDs(100), []storage.ID{id}, "nothing more of the groups is stored, and the job not twice")
	for _, other := range others {
		e.wantGone(other.ID, "the group was stored already")
	}
}

func repeatBatch(e *env) {
	batch := e.id()
	g := storage.Group{Jobs: []storage.NewJob{e.job(inBatch(batch)), e.job(inBatch(batch))}, Batches: []storage.NewBatch{{ID: batch}}}
	e.insert(g)
	e.insert(g)
	b := e.batch(batch)
	e.check(b.Total == 2 && b.Pending == 2, "a repeated group must not count its jobs again: got %+v", b)
}

// MinRetain "outlives RepeatWindow, so that a repeated insert finds its job even when it is final by now".
func repeatWithinWindow(e *env) {
	j := e.job()
	e.add(j)
	s := e.session()
	s.end(j.ID, storage.Succeed, retain(time.Millisecond))
	e.sleep(storage.RepeatWindow)
	e.keep()
	e.add(j)
	e.wantState(j.ID, storage.Succeeded, "a repetition within RepeatWindow finds the job, however short its retention was to be")
	s.fetchNone("the job ran already")
}

func repeatRacing(e *env) {
	batch := e.id()
	g := storage.Group{Jobs: []storage.NewJob{e.job(inBatch(batch)), e.job(inBatch(batch))}, Batches: []storage.NewBatch{{ID: batch}}}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			rs, err := e.store.Insert(e.ctx, g)
			if err != nil || rs[0].Err != nil {
				e.Errorf("a repeated insert is no error: got %v, %+v", err, rs)
			}
		})
	}
	wg.Wait()
	b := e.batch(batch)
	e.check(b.Total == 2, "16 callers inserted the same group at once: want 2 jobs in its batch, got %d", b.Total)
	e.wantSet(e.session().fetchIDs(50), []storage.ID{g.Jobs[0].ID, g.Jobs[1].ID}, "each job of a group exists once")
}

func repeatContinuation(e *env) {
	s := e.session()
	parent := e.enqueue()
	g := storage.Group{Jobs: []storage.NewJob{e.job(after(parent))}}
	e.insert(g)
	s.end(parent, storage.Succeed)
	s.end(g.Jobs[0].ID, storage.Fail)
	e.insert(g)
	e.wantState(g.Jobs[0].ID, storage.Failed, "the continuation ran already, and its repeated insert changes nothing")
}

// NewJob.Occurrence: "(Recurring, Occurrence) is stored at most once"; Inserted.ID is
// "the holder of its unique key or occurrence".
func occurrenceOnce(e *env) {
	at := e.now().Truncate(time.Second)
	first := e.enqueue(recurs("digest", at))
	in := e.insert(storage.Group{Jobs: []storage.NewJob{e.job(recurs("digest", at))}})[0]
	e.check(in.Duplicate && in.ID == first, "an occurrence that is stored already is a duplicate of its job %v: got %+v", first, in)
	e.session().end(first, storage.Succeed)
	in = e.insert(storage.Group{Jobs: []storage.NewJob{e.job(recurs("digest", at))}})[0]
	e.check(in.Duplicate, "an occurrence is stored at most once while its job is retained, final or not: got %+v", in)
	in = e.insert(storage.Group{Jobs: []storage.NewJob{e.job(recurs("digest", at.Add(time.Minute)))}})[0]
	e.check(!in.Duplicate, "another occurrence is another job: got %+v", in)
	in = e.insert(storage.Group{Jobs: []storage.NewJob{e.job(recurs("other", at))}})[0]
	e.check(!in.Duplicate, "the same time of another recurring job is another occurrence: got %+v", in)
}
