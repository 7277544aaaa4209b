package storagetest

import (
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Filter "selects jobs; each set field narrows it". Query asks for "one page of jobs in
// the order of their ids".
var listTests = append([]test{
	{"pages both ways", listPages},
	{"a page is twenty when nothing is said", listDefault},
	{"a list is without payload and result", listSlim},
	{"two fields narrow together", listTogether},
	{"counts are by state, each to its cap", countCaps},
	{"jobs made in the same moment are told apart", listSameMoment},
	{"a page behind an id that is gone", listBehindGone},
}, filterTests()...)

// filterTests makes a test of each field of Filter, with Jobs and with Count.
func filterTests() []test {
	var tests []test
	add := func(name string, setup func(e *env) (storage.Filter, []storage.ID)) {
		tests = append(tests, test{"filter by " + name, func(e *env) {
			f, want := setup(e)
			e.wantSet(e.list(f), want, "Jobs filtered by "+name)
			c, err := e.store.Count(e.ctx, f, 1000)
			e.must(err, "Count")
			n := 0
			for _, k := range c.By {
				n += k
			}
			e.check(n == len(want), "Count filtered by %s: want %d jobs, got %v", name, len(want), c.By)
		}})
	}
	for _, state := range storage.States() {
		add("state "+state.String(), func(e *env) (storage.Filter, []storage.ID) {
			return storage.Filter{States: []storage.State{state}}, []storage.ID{inStates(e, e.session())[state]}
		})
	}
	add("two states", func(e *env) (storage.Filter, []storage.ID) {
		jobs := inStates(e, e.session())
		return storage.Filter{States: []storage.State{storage.Failed, storage.Enqueued}}, []storage.ID{jobs[storage.Failed], jobs[storage.Enqueued]}
	})
	add("nothing", func(e *env) (storage.Filter, []storage.ID) {
		var all []storage.ID
		for _, id := range inStates(e, e.session()) {
			all = append(all, id)
		}
		return storage.Filter{}, all
	})
	add("queue", func(e *env) (storage.Filter, []storage.ID) {
		e.enqueue()
		return storage.Filter{Queue: "q"}, []storage.ID{e.enqueue(on("q")), e.enqueue(on("q"), in(time.Hour))}
	})
	add("kind", func(e *env) (storage.Filter, []storage.ID) {
		e.enqueue()
		return storage.Filter{Kind: kindB}, []storage.ID{e.enqueue(kind(kindB)), e.enqueue(kind(kindB), on("q"))}
	})
	add("server", func(e *env) (storage.Filter, []storage.ID) {
		running := e.enqueue()
		e.session(named("host-1")).take(running)
		done := e.enqueue()
		e.session(named("host-2")).end(done, storage.Succeed)
		e.enqueue()
		return storage.Filter{Server: "host-1"}, []storage.ID{running}
	})
	add("recurring job", func(e *env) (storage.Filter, []storage.ID) {
		e.enqueue(recurs("other", e.now()))
		e.enqueue()
		return storage.Filter{Recurring: "digest"}, []storage.ID{e.enqueue(recurs("digest", e.now())), e.enqueue(recurs("digest", e.now().Add(time.Hour)))}
	})
	add("batch", func(e *env) (storage.Filter, []storage.ID) {
		e.newBatch(storage.NewBatch{}, e.job())
		batch, ids := e.newBatch(storage.NewBatch{}, e.job(), e.job())
		return storage.Filter{Batch: batch}, ids
	})
	add("parent", func(e *env) (storage.Filter, []storage.ID) {
		a, b := e.enqueue(), e.enqueue()
		e.enqueue(after(b))
		return storage.Filter{Parent: a}, []storage.ID{e.enqueue(after(a)), e.enqueue(afterOn(storage.OnAny, b, a))}
	})
	add("parent batch", func(e *env) (storage.Filter, []storage.ID) {
		batch, _ := e.newBatch(storage.NewBatch{}, e.job())
		return storage.Filter{Parent: batch}, []storage.ID{e.enqueue(after(batch))}
	})
	add("retrying", func(e *env) (storage.Filter, []storage.ID) {
		s := e.session()
		retrying := e.enqueue()
		s.end(retrying, storage.Retry, delay(time.Hour))
		s.end(e.enqueue(), storage.Snooze, delay(time.Hour))
		e.enqueue(in(time.Hour))
		return storage.Filter{Retrying: true}, []storage.ID{retrying}
	})
	add("time of making", func(e *env) (storage.Filter, []storage.ID) {
		e.enqueue(withID(idAt(e, -3*time.Hour)))
		want := []storage.ID{e.enqueue(withID(idAt(e, -2*time.Hour))), e.enqueue(withID(idAt(e, -time.Hour-time.Millisecond)))}
		e.enqueue(withID(idAt(e, -time.Hour)))
		e.enqueue()
		return storage.Filter{From: want[0].Time(), To: want[1].Time().Add(time.Millisecond)}, want
	})
	return tests
}

// idAt makes an id as a client would have made it at another time.
func idAt(e *env, d time.Duration) storage.ID {
	id := e.id()
	ms := e.now().Truncate(time.Hour).Add(d).UnixMilli()
	for i := 5; i >= 0; i-- {
		id[i] = byte(ms)
		ms >>= 8
	}
	return id
}

// Query.After: "the last id of the page before"; Page.More.
func listPages(e *env) {
	ids := e.enqueueEach(23)
	e.wantPages(storage.Filter{}, 5, ids)
	p, err := e.store.Jobs(e.ctx, storage.Query{Limit: 23})
	e.must(err, "Jobs")
	e.check(len(p.Jobs) == 23 && !p.More, "a page that holds all has no more behind it: got %d, %v", len(p.Jobs), p.More)
}

// wantPages walks over all pages of limit jobs that match, in both directions. ids are those
// wanted, oldest first; they are more than one page.
func (e *env) wantPages(f storage.Filter, limit int, ids []storage.ID) {
	e.Helper()
	for _, oldest := range []bool{true, false} {
		want := slices.Clone(ids)
		if !oldest {
			slices.Reverse(want)
		}
		var got []storage.ID
		q := storage.Query{Filter: f, Oldest: oldest, Limit: limit}
		for range len(ids)/limit + 2 {
			p, err := e.store.Jobs(e.ctx, q)
			e.must(err, "Jobs")
			for _, j := range p.Jobs {
				got = append(got, j.ID)
			}
			e.check(p.More == (len(got) < len(ids)), "More says whether there is another page: after %d of %d jobs it is %v", len(got), len(ids), p.More)
			e.check(len(p.Jobs) == limit || !p.More, "a page is full when there is another: got %d jobs", len(p.Jobs))
			if !p.More {
				break
			}
			q.After = got[len(got)-1]
		}
		e.wantIDs(got, want, "all pages together, in the order of the ids, each job once")
	}
}

// Query.Limit: "0: 20".
func listDefault(e *env) {
	e.enqueueEach(25)
	p, err := e.store.Jobs(e.ctx, storage.Query{})
	e.must(err, "Jobs")
	e.check(len(p.Jobs) == 20 && p.More, "a page is 20 jobs when nothing is said: got %d", len(p.Jobs))
}

// Page: "without payload, input, result, options and checkpoint".
func listSlim(e *env) {
	s := e.session()
	parent := e.enqueue()
	j := e.job(after(parent), inputFrom(parent, "x"))
	j.Metadata, j.Options = map[string]string{"k": "v"}, []byte(`{}`)
	e.add(j)
	s.end(parent, storage.Succeed, result(`1`))
	s.reported(storage.Report{Token: s.take(j.ID).Token, Number: 1, Checkpoint: []byte("x")})
	s.end(j.ID, storage.Succeed, result(`2`))
	p, err := e.store.Jobs(e.ctx, storage.Query{Limit: 1})
	e.must(err, "Jobs")
	got := p.Jobs[0]
	e.check(got.ID == j.ID && got.State == storage.Succeeded && got.Kind == kindA && got.Queue == queue && got.Metadata["k"] == "v", "a list has the rest of the job: got %+v", got)
	e.check(got.Payload == nil && got.Input == nil && got.Result == nil && got.Options == nil && got.Checkpoint == nil,
		"a list is without payload, input, result, options and checkpoint: got %+v", got)
}

func listTogether(e *env) {
	s := e.session(serving("a", "b"))
	want := e.finished(s, storage.Fail, on("a"), kind(kindB))
	e.finished(s, storage.Fail, on("a"))
	e.finished(s, storage.Fail, on("b"), kind(kindB))
	e.finished(s, storage.Succeed, on("a"), kind(kindB))
	f := storage.Filter{States: []storage.State{storage.Failed}, Queue: "a", Kind: kindB, From: want.Time(), To: want.Time().Add(time.Millisecond)}
	e.wantIDs(e.list(f), []storage.ID{want}, "each set field narrows the filter")
}

// Count: "each state up to limit"; Capped: "the true number is higher".
func countCaps(e *env) {
	s := e.session()
	e.enqueueEach(7)
	for _, f := range s.fetch(3) {
		s.end(f.Job.ID, storage.Succeed)
	}
	c, err := e.store.Count(e.ctx, storage.Filter{}, 3)
	e.must(err, "Count")
	e.check(c.By[storage.Enqueued] == 3 && c.Capped[storage.Enqueued], "four enqueued jobs, counted to 3: got %v, capped %v", c.By, c.Capped)
	e.check(c.By[storage.Succeeded] == 3 && !c.Capped[storage.Succeeded], "three succeeded jobs, counted to 3, are all: got %v, capped %v", c.By, c.Capped)
	e.check(c.By[storage.Failed] == 0 && !c.Capped[storage.Failed], "no job failed: got %v", c.By)
}

func listSameMoment(e *env) {
	var ids []storage.ID
	at := idAt(e, 0)
	for i := range 9 {
		id := at
		id[6], id[7], id[9] = at[6], at[7], byte(9-i)
		ids = append(ids, e.enqueue(withID(id)))
	}
	var got []storage.ID
	q := storage.Query{Oldest: true, Limit: 2}
	for range 10 {
		p, err := e.store.Jobs(e.ctx, q)
		e.must(err, "Jobs")
		for _, j := range p.Jobs {
			got = append(got, j.ID)
		}
		if !p.More {
			break
		}
		q.After = got[len(got)-1]
	}
	e.wantIDs(got, sorted(ids), "ids of the same moment differ in their random bits, and pages are by the whole id")
}

func listBehindGone(e *env) {
	ids := e.enqueueEach(4)
	s := e.session()
	s.end(ids[1], storage.Succeed)
	e.do(storage.Remove, ids[1])
	p, err := e.store.Jobs(e.ctx, storage.Query{Oldest: true, After: ids[1], Limit: 10})
	e.must(err, "Jobs")
	var got []storage.ID
	for _, j := range p.Jobs {
		got = append(got, j.ID)
	}
	e.wantIDs(got, ids[2:], "a page begins behind an id, whether its job is still there or not")
}
