package memstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// story does random things to a store and checks after each that all it keeps agrees.
type story struct {
	t        *testing.T
	r        *rand.Rand
	s        *Store
	now      time.Time
	ids      []storage.ID
	batches  []storage.ID
	sessions []storage.ID
	calls    map[storage.ID]uint64
	tokens   []storage.Token
	kinds    []*storage.KindSet
}

func TestStories(t *testing.T) {
	steps := 800
	if testing.Short() {
		steps = 300
	}
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			y := newStory(t, seed)
			for i := range steps {
				y.step()
				if i%8 == 0 {
					y.s.checkAll(t)
				}
			}
			y.finish()
		})
	}
}

func newStory(t *testing.T, seed uint64) *story {
	y := &story{t: t, r: rand.New(rand.NewPCG(seed, 7)), now: time.Unix(1e9, 0), calls: make(map[storage.ID]uint64)}
	y.s = New(WithClock(func() time.Time { return y.now }))
	if seed%2 == 1 {
		y.s.most = 2 // Tick has to do most of what is released
	}
	y.kinds = []*storage.KindSet{
		storage.NewKindSet([]storage.KindInfo{{Kind: "a"}, {Kind: "b"}}),
		storage.NewKindSet([]storage.KindInfo{{Kind: "b"}, {Kind: "c", Fingerprint: "1"}, {Kind: "a"}}),
	}
	return y
}

func (y *story) step() {
	y.now = y.now.Add(time.Duration(y.r.IntN(400)) * time.Millisecond)
	if y.r.IntN(300) == 0 {
		y.now = y.now.Add(time.Duration(y.r.IntN(40)) * time.Hour)
	}
	acts := []func(){
		y.insert, y.insert, y.insert, y.fetch, y.fetch, y.fetch, y.settle, y.settle, y.settle, y.settle,
		y.control, y.control, y.tick, y.tick, y.session, y.cancelBatch, y.pause, y.silence,
	}
	acts[y.r.IntN(len(acts))]()
}

func must[T any](y *story) func(T, error) T {
	return func(v T, err error) T {
		y.t.Helper()
		if err != nil {
			y.t.Fatal(err)
		}
		return v
	}
}

func pick[T any](y *story, from []T) (x T) {
	if len(from) > 0 {
		// The newer ones more often.
		x = from[len(from)-1-min(y.r.IntN(len(from)), y.r.IntN(len(from)))]
	}
	return x
}

func (y *story) insert() {
	var g storage.Group
	if y.r.IntN(4) == 0 {
		b := storage.NewBatch{ID: storage.NewIDIn(1), Open: y.r.IntN(4) == 0}
		if y.r.IntN(2) == 0 {
			b.Parent = pick(y, y.batches)
		}
		g.Batches = append(g.Batches, b)
	}
	for range y.r.IntN(5) {
		g.Jobs = append(g.Jobs, y.job(&g))
	}
	if y.r.IntN(4) == 0 && len(y.batches) > 0 {
		g.Seal = append(g.Seal, pick(y, y.batches))
	}
	res := must[[]storage.InsertResult](y)(y.s.Insert(context.Background(), g))
	if res[0].Err != nil {
		return // a parent was swept, or the nesting is too deep
	}
	for i, in := range res[0].Jobs {
		if !in.Duplicate {
			y.ids = append(y.ids, g.Jobs[i].ID)
		}
	}
	for _, b := range g.Batches {
		y.batches = append(y.batches, b.ID)
	}
}

func (y *story) job(g *storage.Group) storage.NewJob {
	j := storage.NewJob{ID: storage.NewIDIn(1), Kind: pick(y, []string{"a", "b", "c"}), Queue: pick(y, []string{"p", "q"}), Priority: y.r.IntN(3)}
	switch y.r.IntN(6) {
	case 0:
		j.Unique = &storage.Unique{Key: fmt.Sprint(y.r.IntN(5)), Until: storage.Until(y.r.IntN(2)), For: time.Duration(y.r.IntN(3)) * time.Minute}
	case 1:
		j.Limits = []storage.Limit{{Key: "l", Max: 1 + y.r.IntN(2)}, {Key: fmt.Sprint("l", y.r.IntN(2)), Max: 1}}
	case 2:
		j.Limits = []storage.Limit{{Key: "r", Max: 1 + y.r.IntN(2), Per: time.Second}, {Key: "l", Max: 2}}
	case 3:
		j.Expires = time.Duration(1+y.r.IntN(9)) * time.Second
	}
	if y.r.IntN(5) == 0 {
		j.Due.In = time.Duration(y.r.IntN(3000)) * time.Millisecond
	}
	parents := append(y.ids[max(0, len(y.ids)-20):len(y.ids):len(y.ids)], y.batches[max(0, len(y.batches)-3):]...)
	for _, n := range g.Jobs {
		parents = append(parents, n.ID)
	}
	if len(parents) > 0 && y.r.IntN(2) == 0 {
		j.On = storage.Condition(y.r.IntN(4))
		for range 1 + y.r.IntN(3) {
			j.Parents = append(j.Parents, pick(y, parents))
		}
	}
	if y.r.IntN(3) == 0 {
		if len(g.Batches) > 0 {
			j.Batch = g.Batches[0].ID
		} else {
			j.Batch = pick(y, y.batches)
		}
	}
	return j
}

func (y *story) session() {
	if len(y.sessions) > 0 && y.r.IntN(4) == 0 {
		y.s.CloseSession(context.Background(), pick(y, y.sessions))
		return
	}
	id := storage.NewID()
	if err := y.s.OpenSession(context.Background(), storage.Session{ID: id, Server: "s", Queues: []string{"p", "q"}}); err != nil {
		y.t.Fatal(err)
	}
	y.sessions = append(y.sessions, id)
}

func (y *story) fetch() {
	if len(y.sessions) == 0 {
		y.session()
	}
	id := pick(y, y.sessions)
	y.calls[id]++
	res, err := y.s.Fetch(context.Background(), storage.FetchRequest{
		Session: id, Call: y.calls[id], Queues: []string{"p", "q"}, Kinds: pick(y, y.kinds), Max: y.r.IntN(4), Ahead: y.r.IntN(3),
	})
	if err != nil {
		return // a session that ended
	}
	for _, f := range res.Jobs {
		y.tokens = append(y.tokens, f.Token)
		if f.Ahead && len(f.Job.Limits) > 0 {
			y.t.Fatal("a job with limits was given ahead")
		}
	}
}

func (y *story) settle() {
	for range y.r.IntN(4) {
		token := pick(y, y.tokens)
		r := storage.SettleRequest{Session: token.Session}
		if y.r.IntN(3) == 0 {
			r.Started = []storage.Token{token}
		} else {
			r.Outcomes = []storage.Outcome{{
				Token: token, Kind: storage.OutcomeKind(1 + y.r.IntN(6)), Delay: time.Duration(y.r.IntN(2)) * time.Second,
				Result: []byte("1"), Failure: &storage.Failure{Message: "no"}, Retain: time.Minute,
			}}
		}
		must[[]storage.Verdict](y)(y.s.Settle(context.Background(), r))
	}
}

func (y *story) control() {
	c := storage.Control{Action: storage.Action(1 + y.r.IntN(5)), Due: storage.When{In: time.Second}, By: "story"}
	if y.r.IntN(3) == 0 {
		c.Action = storage.Requeue
	}
	for range 3 {
		if len(y.ids) > 0 {
			c.IDs = append(c.IDs, pick(y, y.ids))
		}
	}
	if y.r.IntN(4) == 0 || len(c.IDs) == 0 {
		c.IDs, c.Filter, c.Limit = nil, &storage.Filter{Queue: "p", States: []storage.State{storage.Failed, storage.Deleted}}, 5
	}
	must[storage.ControlResult](y)(y.s.Control(context.Background(), c))
}

// cancelBatch cancels all of a batch; "all" marks that it went through.
func (y *story) cancelBatch() {
	if len(y.batches) == 0 || y.r.IntN(4) > 0 {
		return
	}
	id := pick(y, y.batches)
	for {
		more, err := y.s.CancelBatch(context.Background(), id, "some")
		if err != nil {
			return // swept
		}
		if !more {
			break
		}
	}
	y.s.CancelBatch(context.Background(), id, "all")
}

// silence lets all sessions but one be silent for longer than their lease.
func (y *story) silence() {
	if len(y.sessions) == 0 || y.r.IntN(3) > 0 {
		return
	}
	id := pick(y, y.sessions)
	for range 20 {
		y.now = y.now.Add(storage.DefaultLease / 4)
		y.s.Tick(context.Background(), storage.TickRequest{Session: id, Budget: 5})
	}
}

func (y *story) pause() {
	y.s.Pause(context.Background(), storage.PauseTarget(1+y.r.IntN(2)), pick(y, []string{"p", "a", "b"}), y.r.IntN(3) == 0, "story")
}

func (y *story) tick() {
	if len(y.sessions) > 0 {
		y.s.Tick(context.Background(), storage.TickRequest{Session: pick(y, y.sessions), Budget: 1 + y.r.IntN(50)})
	}
}

// finish runs what is left: nothing may wait for ever.
func (y *story) finish() {
	ctx := context.Background()
	for _, name := range []string{"p", "a", "b"} {
		y.s.Pause(ctx, storage.PauseQueue, name, false, "")
		y.s.Pause(ctx, storage.PauseKind, name, false, "")
	}
	for _, id := range y.sessions {
		y.s.CloseSession(ctx, id)
	}
	y.sessions = nil
	y.session()
	id, kinds := y.sessions[0], storage.NewKindSet([]storage.KindInfo{{Kind: "a"}, {Kind: "b"}, {Kind: "c"}})
	for call := uint64(1); call < 20_000; call++ {
		y.now = y.now.Add(time.Second / 2)
		must[storage.TickResult](y)(y.s.Tick(ctx, storage.TickRequest{Session: id}))
		res := must[storage.FetchResult](y)(y.s.Fetch(ctx, storage.FetchRequest{Session: id, Call: call, Queues: []string{"p", "q"}, Kinds: kinds, Max: 10}))
		var outcomes []storage.Outcome
		for _, f := range res.Jobs {
			outcomes = append(outcomes, storage.Outcome{Token: f.Token, Kind: storage.Succeed})
		}
		must[[]storage.Verdict](y)(y.s.Settle(ctx, storage.SettleRequest{Session: id, Outcomes: outcomes}))
		if y.s.states[storage.Enqueued].len() == 0 && y.s.due.len() == 0 && len(y.s.later) == 0 {
			break
		}
	}
	y.s.checkAll(y.t)
	for _, state := range []storage.State{storage.Enqueued, storage.Processing, storage.Scheduled} {
		if n := y.s.states[state].len(); n > 0 {
			y.t.Errorf("%d jobs are still %v", n, state)
		}
	}
	y.sweepAll(id)
}

// sweepAll lets all retentions pass: nothing is left but what waits for an open batch.
func (y *story) sweepAll(id storage.ID) {
	ctx := context.Background()
	var g storage.Group
	for _, b := range y.s.batches {
		g.Seal = append(g.Seal, b.ID)
	}
	must[[]storage.InsertResult](y)(y.s.Insert(ctx, g))
	for range 100 {
		y.now = y.now.Add(24 * time.Hour)
		must[storage.TickResult](y)(y.s.Tick(ctx, storage.TickRequest{Session: id, Budget: 10_000}))
		must[storage.ControlResult](y)(y.s.Control(ctx, storage.Control{Action: storage.Cancel, Filter: &storage.Filter{}}))
		y.s.checkAll(y.t)
	}
	if len(y.s.jobs)+len(y.s.batches)+len(y.s.keys)+len(y.s.limits)+len(y.s.occurrences) > 0 {
		y.t.Errorf("left: %d jobs, %d batches, %d keys, %d limits", len(y.s.jobs), len(y.s.batches), len(y.s.keys), len(y.s.limits))
	}
}
