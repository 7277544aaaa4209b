package redisstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
	"github.com/gojobgen/jobgen/storage/redisstore"
)

// twins are this store and the one in memory, which is told the same. What they answer and
// show has to be alike, whichever of the ways of a job were taken: packs of the line,
// shelves of the index, claims with and without an end, and all that takes them apart.
type twins struct {
	t        *testing.T
	rng      *rand.Rand
	a, b     storage.Store
	sessions []storage.ID
	calls    map[storage.ID]uint64
	last     map[storage.ID]storage.FetchRequest
	ids      []storage.ID
	running  []storage.Fetched
	settled  []storage.SettleRequest
	log      []string
}

var twinKinds = []storage.KindInfo{{Kind: "a"}, {Kind: "b"}}

func TestTwins(t *testing.T) {
	steps, seeds := 80, uint64(4)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := &twins{t: t, rng: rand.New(rand.NewPCG(seed, 7)), a: open(t, dial(t), redisstore.Namespace(fresh())), b: memstore.New(),
				calls: make(map[storage.ID]uint64), last: make(map[storage.ID]storage.FetchRequest)}
			w.open()
			w.open()
			for range steps {
				w.step()
				if t.Failed() {
					t.Fatalf("steps: %s", strings.Join(w.log, "; "))
				}
			}
		})
	}
}

func (w *twins) step() {
	steps := []struct {
		name string
		do   func()
	}{
		{"insert", w.insert}, {"insert", w.insert}, {"fetch", w.fetch}, {"fetch", w.fetch}, {"settle", w.settle}, {"settle", w.settle},
		{"fetch again", w.fetchAgain}, {"settle again", w.settleAgain}, {"control", w.control}, {"continue", w.attach},
		{"close", w.closeOne}, {"pause", w.pause}, {"tick", w.tick},
	}
	s := steps[w.rng.IntN(len(steps))]
	w.log = append(w.log, s.name)
	s.do()
	w.compare()
}

func (w *twins) open() {
	id := storage.NewID()
	w.both("open", func(s storage.Store) (any, error) {
		return nil, s.OpenSession(w.t.Context(), storage.Session{ID: id, Server: "server " + id.String()[:4], Queues: []string{"q", "r"}, Kinds: twinKinds, Lease: storage.MaxLease})
	})
	w.sessions = append(w.sessions, id)
}

// both does the same with both stores, and fails the test where they answer differently.
func (w *twins) both(what string, do func(storage.Store) (any, error)) any {
	w.t.Helper()
	a, errA := do(w.a)
	b, errB := do(w.b)
	if (errA == nil) != (errB == nil) {
		w.t.Errorf("%s: Redis says %v, memory %v", what, errA, errB)
	}
	if x, y := fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b); x != y {
		w.t.Errorf("%s: Redis answers\n%s\nmemory\n%s", what, x, y)
	}
	return a
}

func (w *twins) job() storage.NewJob {
	j := storage.NewJob{ID: storage.NewIDIn(1), Kind: []string{"a", "b"}[w.rng.IntN(2)], Queue: []string{"q", "q", "r"}[w.rng.IntN(3)], Payload: []byte(`{}`)}
	if w.rng.IntN(5) == 0 {
		j.Priority = w.rng.IntN(4)
	}
	if w.rng.IntN(10) == 0 {
		j.Due.In = time.Hour
	}
	return j
}

func (w *twins) insert() {
	var groups []storage.Group
	alike := w.job()
	for range 1 + w.rng.IntN(5) {
		var g storage.Group
		for range 1 + w.rng.IntN(30) {
			j := w.job()
			if w.rng.IntN(3) > 0 {
				id := j.ID
				j = alike
				j.ID = id
			}
			g.Jobs = append(g.Jobs, j)
			w.ids = append(w.ids, j.ID)
		}
		groups = append(groups, g)
	}
	w.put(groups)
}

func (w *twins) put(groups []storage.Group) {
	w.both("insert", func(s storage.Store) (any, error) { return s.Insert(w.t.Context(), groups...) })
}

func (w *twins) attach() {
	if len(w.ids) > 0 {
		j := w.job()
		j.Due = storage.When{}
		j.Parents, j.On = []storage.ID{w.any()}, storage.OnSuccess
		j.InputFrom, j.InputParam = j.Parents[0], "x"
		w.ids = append(w.ids, j.ID)
		w.put([]storage.Group{{Jobs: []storage.NewJob{j}}})
	}
}

func (w *twins) any() storage.ID { return w.ids[w.rng.IntN(len(w.ids))] }

func (w *twins) fetch() {
	id := w.sessions[w.rng.IntN(len(w.sessions))]
	w.calls[id]++
	kinds := twinKinds
	if w.rng.IntN(4) == 0 {
		kinds = kinds[:1]
	}
	r := storage.FetchRequest{Session: id, Call: w.calls[id], Queues: []string{"q", "r"}[w.rng.IntN(2):], Kinds: storage.NewKindSet(kinds), Max: w.rng.IntN(60)}
	if w.rng.IntN(3) == 0 || r.Max == 0 {
		r.Ahead = 1 + w.rng.IntN(40)
	}
	w.last[id] = r
	w.running = append(w.running, w.ask(r)...)
}

func (w *twins) fetchAgain() {
	for _, r := range w.last {
		w.ask(r)
		if r.Call > 1 {
			r.Call--
			w.ask(r)
		}
	}
}

// ask gives what Redis gave; of a repeated call the order does not matter.
func (w *twins) ask(r storage.FetchRequest) (jobs []storage.Fetched) {
	w.both("fetch", func(s storage.Store) (any, error) {
		res, err := s.Fetch(w.t.Context(), r)
		if s == w.a {
			jobs = res.Jobs
		}
		var seen []string
		for _, j := range res.Jobs {
			seen = append(seen, fmt.Sprint(j.Token, j.Ahead, shown(&j.Job, true)))
		}
		return seen, err
	})
	return jobs
}

func (w *twins) settle() {
	bySession := make(map[storage.ID]*storage.SettleRequest)
	var left []storage.Fetched
	for _, j := range w.running {
		r := bySession[j.Token.Session]
		if r == nil {
			r = &storage.SettleRequest{Session: j.Token.Session}
			bySession[r.Session] = r
		}
		switch {
		case w.rng.IntN(3) == 0:
			left = append(left, j)
			if j.Ahead && w.rng.IntN(2) == 0 {
				r.Started = append(r.Started, j.Token)
			}
		default:
			r.Outcomes = append(r.Outcomes, w.outcome(j))
		}
	}
	w.running = left
	for _, id := range w.sessions {
		if r := bySession[id]; r != nil {
			w.settled = append(w.settled, *r)
			w.tell(*r)
		}
	}
}

func (w *twins) outcome(j storage.Fetched) storage.Outcome {
	o := storage.Outcome{Token: j.Token, Kind: storage.Succeed, Duration: time.Duration(w.rng.IntN(5)) * time.Microsecond}
	switch w.rng.IntN(12) {
	case 0:
		o.Kind, o.Failure = storage.Fail, &storage.Failure{Message: "no"}
	case 1:
		o.Kind, o.Failure = storage.Retry, &storage.Failure{Message: "later"}
	case 2:
		o.Kind, o.Delay, o.Failure = storage.Retry, time.Hour, &storage.Failure{Message: "much later"}
	case 3:
		o.Kind = storage.Release
	case 4, 5, 6:
	default:
		o.Result = []byte(fmt.Sprint(w.rng.IntN(1000)))
	}
	return o
}

func (w *twins) tell(r storage.SettleRequest) {
	w.both("settle", func(s storage.Store) (any, error) { return s.Settle(w.t.Context(), r) })
}

// settleAgain sends late copies of what was settled before.
func (w *twins) settleAgain() {
	if len(w.settled) > 0 {
		w.tell(w.settled[w.rng.IntN(len(w.settled))])
	}
}

func (w *twins) control() {
	if len(w.ids) == 0 {
		return
	}
	c := storage.Control{Action: storage.Action(1 + w.rng.IntN(5)), Due: storage.When{In: time.Hour}, By: "test"}
	for range 1 + w.rng.IntN(12) {
		if id := w.any(); !slices.Contains(c.IDs, id) {
			c.IDs = append(c.IDs, id)
		}
	}
	w.log = append(w.log, c.Action.String())
	w.both("control", func(s storage.Store) (any, error) {
		res, err := s.Control(w.t.Context(), c)
		return res.Done, err
	})
}

func (w *twins) closeOne() {
	i := w.rng.IntN(len(w.sessions))
	id := w.sessions[i]
	w.sessions = slices.Delete(w.sessions, i, i+1)
	delete(w.last, id)
	w.both("close", func(s storage.Store) (any, error) { return nil, s.CloseSession(w.t.Context(), id) })
	w.open()
}

func (w *twins) pause() {
	paused := w.rng.IntN(2) == 0
	w.both("pause", func(s storage.Store) (any, error) {
		return nil, s.Pause(w.t.Context(), storage.PauseKind, "b", paused, "test")
	})
}

func (w *twins) tick() {
	w.both("tick", func(s storage.Store) (any, error) {
		res, err := s.Tick(w.t.Context(), storage.TickRequest{Session: w.sessions[0]})
		return fmt.Sprint(res.Moved, res.More, res.Cancelled), err
	})
}

// compare compares all that is shown.
func (w *twins) compare() {
	var states [][]storage.State
	for _, s := range storage.States() {
		states = append(states, []storage.State{s})
	}
	states = append(states, nil, []storage.State{storage.Enqueued, storage.Succeeded})
	for _, list := range states {
		f := storage.Filter{States: list}
		if w.rng.IntN(3) == 0 {
			f.Queue = "q"
		}
		if w.rng.IntN(3) == 0 {
			f.Kind = "a"
		}
		w.pages(f, w.rng.IntN(2) == 0)
	}
	w.both("count", func(s storage.Store) (any, error) {
		return s.Count(w.t.Context(), storage.Filter{From: time.Now().Add(-time.Hour)}, 1000)
	})
	w.both("count", func(s storage.Store) (any, error) { return s.Count(w.t.Context(), storage.Filter{}, 1000) })
	w.both("sessions", func(s storage.Store) (any, error) {
		all, err := s.Servers(w.t.Context())
		running := make(map[storage.ID]int)
		for _, one := range all {
			running[one.ID] = one.Running
		}
		return running, err
	})
	for range min(len(w.ids), 5) {
		id := w.any()
		w.both("job", func(s storage.Store) (any, error) { return details(w.t.Context(), s, id) })
	}
}

func (w *twins) pages(f storage.Filter, oldest bool) {
	limit := 1 + w.rng.IntN(40)
	w.both(fmt.Sprintf("list %+v oldest %v by %d", f, oldest, limit), func(s storage.Store) (any, error) {
		q := storage.Query{Filter: f, Oldest: oldest, Limit: limit}
		var seen []string
		for {
			page, err := s.Jobs(w.t.Context(), q)
			for i := range page.Jobs {
				seen = append(seen, shown(&page.Jobs[i], false))
			}
			if err != nil || !page.More {
				return seen, err
			}
			q.After = page.Jobs[len(page.Jobs)-1].ID
		}
	})
}

func details(ctx context.Context, s storage.Store, id storage.ID) (any, error) {
	d, err := s.Job(ctx, id)
	text := shown(&d.Job, true)
	for _, e := range d.History {
		text += fmt.Sprint("\n", e.State, e.Reason, e.Attempt, e.Fetch, e.Session, e.Server, e.Duration > 0)
	}
	for _, e := range slices.Concat(d.ParentsOf, d.Children) {
		text += fmt.Sprintf("\n%+v", e)
	}
	return text, err
}

// shown is what is alike of a job, with no times.
func shown(j *storage.Job, whole bool) string {
	text := fmt.Sprint(j.ID, j.Kind, j.Queue, j.Priority, j.State, j.Reason, j.Held, j.Attempt, j.Retries, j.Lost, j.Fetches, j.Session, j.Server,
		j.CancelRequested, j.Parents, j.Failure != nil, j.StartedAt.IsZero(), j.FinishedAt.IsZero(), j.DueAt.IsZero(), j.EnqueuedAt.IsZero(), j.RetainedTo.IsZero())
	if whole {
		text += fmt.Sprintf(" %q %q %q", j.Payload, j.Input, j.Result)
	}
	return text
}
