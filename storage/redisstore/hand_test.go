package redisstore_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/gojobgen/jobgen/storage"
)

// put inserts jobs in one call, in the queue q and of the kind k unless they say otherwise.
func (p *parked) put(t *testing.T, jobs ...storage.NewJob) (ids []storage.ID) {
	t.Helper()
	for i := range jobs {
		j := &jobs[i]
		if j.ID.IsZero() {
			j.ID = storage.NewIDIn(1)
		}
		if j.Queue == "" {
			j.Queue = "q"
		}
		if j.Kind == "" {
			j.Kind = "k"
		}
		j.Payload = []byte(`{"a":1}`)
		ids = append(ids, j.ID)
	}
	mustInsert(t, p.client, storage.Group{Jobs: jobs})
	return ids
}

func idsOf(jobs []storage.Fetched) (ids []storage.ID) {
	for _, j := range jobs {
		ids = append(ids, j.Job.ID)
	}
	return ids
}

// Calls of several sorts of jobs, or of many, are not given to a parked call, in part or whole.
func TestParkedTakesShortCallsOfOneSort(t *testing.T) {
	p := newParked(t)
	for _, jobs := range [][]storage.NewJob{
		{{Priority: 1}, {Priority: 2}},
		{{}, {Due: storage.When{In: 3_600_000_000_000}}},
		{{Due: storage.When{In: 3_600_000_000_000}}},
		make([]storage.NewJob, 33),
	} {
		p.succeed(t, p.fetch(t, 100)...)
		if got := p.fetch(t, 100); len(got) > 0 { // parks the next
			t.Fatalf("got %d jobs of nothing", len(got))
		}
		var now []storage.ID
		for i, id := range p.put(t, jobs...) {
			want := storage.Enqueued
			if jobs[i].Due.In > 0 {
				want = storage.Scheduled
			} else {
				now = append(now, id)
			}
			wantState(t, p.client, id, want, "nothing is given of such a call")
		}
		got := p.fetch(t, 100)
		if !slices.Equal(idsOf(got), now) {
			t.Fatalf("got %v, want %v", idsOf(got), now)
		}
		p.succeed(t, got...)
	}
}

// Names are compared as what they are, each with its own.
func TestParkedReads(t *testing.T) {
	kinds := []storage.KindInfo{{Kind: "a", Fingerprint: "b"}, {Kind: "c", Fingerprint: "d"}}
	for _, j := range []storage.NewJob{
		{Kind: "b", Fingerprint: "c"}, {Kind: "d", Fingerprint: "a"}, {Queue: "a", Kind: "a", Fingerprint: "b"}, {Queue: "b", Kind: "a", Fingerprint: "b"},
	} {
		p := newParked(t)
		p.kinds, p.queues = storage.NewKindSet(kinds), []string{"r", "q"}
		p.none(t)
		wantState(t, p.client, p.put(t, j)[0], storage.Enqueued, "the session does not read it")
		wantState(t, p.client, p.put(t, storage.NewJob{Queue: "r", Kind: "a", Fingerprint: "b"})[0], storage.Processing, "the session reads it")
	}
}

// What waits in a queue that comes first has its turn before what an insert would give.
func TestParkedTurnOfQueues(t *testing.T) {
	p := newParked(t)
	p.queues = []string{"first", "q"}
	p.fetch(t, 1)
	early := p.put(t, storage.NewJob{Queue: "first", Priority: 1}, storage.NewJob{Queue: "first", Priority: 2}) // not handed over
	late := p.insert(t, 1)
	wantState(t, p.client, late[0], storage.Enqueued, "others come first")
	p.want(t, p.fetch(t, 10), append(early, late...))
}

// What is paused is not given, also where nothing waits before it.
func TestParkedPaused(t *testing.T) {
	for _, target := range []struct {
		what storage.PauseTarget
		name string
	}{{storage.PauseQueue, "q"}, {storage.PauseKind, "k"}} {
		p := newParked(t)
		pause := func(on bool) {
			if err := p.client.Pause(t.Context(), target.what, target.name, on, ""); err != nil {
				t.Fatal(err)
			}
		}
		for _, parks := range []string{"before", "while"} {
			pause(true)
			if parks == "while" {
				p.none(t)
			}
			ids := p.insert(t, 1)
			wantState(t, p.client, ids[0], storage.Enqueued, "it is paused, and the last call "+parks+" that")
			p.none(t)
			pause(false)
			p.want(t, p.fetch(t, 10), ids)
			p.none(t)
		}
	}
}

// A session that has no worker left is given nothing, also where it holds jobs ready.
func TestParkedHasNoRoom(t *testing.T) {
	p := newParked(t)
	held := storage.NewJob{Kind: "k", Queue: "q"}
	p.insert(t, 1)
	p.succeed(t, p.fetch(t, 10)...)
	var g []storage.NewJob
	for range 33 {
		g = append(g, held)
	}
	p.put(t, g...)
	p.call++
	res, err := p.server.Fetch(t.Context(), storage.FetchRequest{Session: p.session, Call: p.call, Queues: p.queues, Kinds: p.kinds, Max: 1, Ahead: 100})
	if err != nil || len(res.Jobs) != 33 {
		t.Fatalf("got %d jobs, %v", len(res.Jobs), err)
	}
	wantState(t, p.client, p.insert(t, 1)[0], storage.Enqueued, "no worker is free")
}

// An id that is stored already is not given again, alone or among others.
func TestParkedRepeatedInsert(t *testing.T) {
	p := newParked(t)
	ids := p.put(t, storage.NewJob{})
	p.put(t, storage.NewJob{ID: ids[0]}) // while nobody looked at it yet
	jobs := p.fetch(t, 10)
	p.want(t, jobs, ids)
	p.none(t)
	p.put(t, storage.NewJob{ID: ids[0]})
	p.none(t)
	p.succeed(t, jobs...)
	p.put(t, storage.NewJob{ID: ids[0]})
	p.none(t)
	wantState(t, p.client, ids[0], storage.Succeeded, "it ran")
	more := p.put(t, storage.NewJob{}, storage.NewJob{ID: ids[0]}) // then all of the call was
	p.none(t)
	wantState(t, p.client, ids[0], storage.Succeeded, "it ran")
	if _, err := p.client.Job(t.Context(), more[0]); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a part of a call that was made before was stored: %v", err)
	}
}

// What is in hand is known, alone or among others, also where another session waits for more.
func TestParkedRepeatedInHand(t *testing.T) {
	for _, n := range []int{1, 2, 40} {
		p := newParked(t)
		other := newWorker(t, p.server, "q", "k")
		other.fetch(t, 10)
		ids := p.put(t, storage.NewJob{})
		again := append(make([]storage.NewJob, n-1), storage.NewJob{ID: ids[0]})
		p.put(t, again...)
		got := append(idsOf(p.fetch(t, 100)), idsOf(other.fetch(t, 100))...)
		if got = append(got, idsOf(p.fetch(t, 100))...); !slices.Equal(got, ids) {
			t.Errorf("a repeated call of %d jobs, one of which is in hand: got %v, want %v", n, got, ids)
		}
	}
}

// However many sessions wait, each job is given to one of them, with what one was given before
// in hand.
func TestParkedMany(t *testing.T) {
	p := newParked(t)
	workers := []*worker{p.worker}
	for range 9 {
		w := newWorker(t, p.server, "q", "k")
		w.fetch(t, 10)
		workers = append(workers, w)
	}
	var ids []storage.ID
	for n := range 8 {
		ids = append(ids, p.insert(t, 1+n%3)...)
	}
	got := make(map[storage.ID]bool)
	for range 2 {
		for _, w := range workers {
			for _, id := range idsOf(w.fetch(t, 10)) {
				if got[id] {
					t.Errorf("job %v was given twice", id)
				}
				got[id] = true
			}
		}
	}
	for _, id := range ids {
		if !got[id] {
			t.Errorf("job %v was not given", id)
		}
	}
}

// An id of a batch is none for a job, as without a parked call.
func TestParkedBatchID(t *testing.T) {
	p := newParked(t)
	batch := storage.NewIDIn(1)
	mustInsert(t, p.client, storage.Group{Batches: []storage.NewBatch{{ID: batch, Open: true}}})
	insert := func(ids ...storage.ID) error {
		var g storage.Group
		for _, id := range ids {
			g.Jobs = append(g.Jobs, storage.NewJob{ID: id, Kind: "k", Queue: "q"})
		}
		r, err := p.client.Insert(t.Context(), g)
		if err == nil {
			err = r[0].Err
		}
		return err
	}
	for _, ids := range [][]storage.ID{{batch}, {storage.NewIDIn(1), batch}} {
		if err := insert(ids...); !errors.Is(err, storage.ErrIDConflict) {
			t.Errorf("%d jobs with the id of a batch: got %v", len(ids), err)
		}
		p.none(t)
	}
}

// What was given is told as any other job that runs, and goes where they go.
func TestParkedIsSeen(t *testing.T) {
	p := newParked(t)
	ids := p.insert(t, 3)
	seen := func(processing, succeeded int) {
		t.Helper()
		queues, err := p.client.Queues(t.Context())
		if err != nil || len(queues) != 1 || queues[0].Name != "q" || queues[0].Processing != processing || queues[0].Enqueued != 0 {
			t.Fatalf("got %+v, %v", queues, err)
		}
		for state, n := range map[storage.State]int{storage.Processing: processing, storage.Succeeded: succeeded} {
			for _, f := range []storage.Filter{{States: []storage.State{state}}, {States: []storage.State{state, storage.Deleted}, Queue: "q", Kind: "k"}} {
				page, err := p.client.Jobs(t.Context(), storage.Query{Filter: f})
				if err != nil || len(page.Jobs) != n {
					t.Fatalf("%v: got %d jobs, want %d, %v", f, len(page.Jobs), n, err)
				}
			}
		}
	}
	seen(3, 0)
	jobs := p.fetch(t, 10)
	p.want(t, jobs, ids)
	for i := range jobs {
		p.succeed(t, jobs[i])
		seen(2-i, i+1)
	}
}

// Of what was given some is over when the session ends: the rest goes back.
func TestParkedRestGoesBack(t *testing.T) {
	p := newParked(t)
	ids := p.insert(t, 3)
	p.succeed(t, p.fetch(t, 10)[0])
	if err := p.client.CloseSession(t.Context(), p.session); err != nil {
		t.Fatal(err)
	}
	other := newWorker(t, p.server, "q", "k")
	if got := idsOf(other.fetch(t, 10)); !slices.Equal(got, ids[1:]) {
		t.Fatalf("got %v, want %v", got, ids[1:])
	}
}

// What nobody heard of waits as any other job.
func TestParkedUnheard(t *testing.T) {
	for n := range 2 {
		p := newParked(t)
		p.server.Close()
		ids := p.insert(t, n+1)
		w := newWorker(t, p.client, "q", "k")
		if got := idsOf(w.fetch(t, 10)); !slices.Equal(got, ids) {
			t.Fatalf("got %v, want %v", got, ids)
		}
	}
}

// Where the answer of the call before and that of the parked one are lost, both are
// answered again, also when somebody looked meanwhile.
func TestParkedBothAnswersLost(t *testing.T) {
	p := newParked(t)
	p.server.Deafen(t)
	first := p.put(t, storage.NewJob{Priority: 1}, storage.NewJob{Priority: 2})
	p.want(t, p.fetch(t, 10), first) // parks the next one
	second := p.insert(t, 3)
	wantState(t, p.client, second[0], storage.Processing, "it was given to the parked call")
	p.call--
	p.want(t, p.fetch(t, 10), first)
	p.want(t, p.fetch(t, 10), second)
	p.call -= 2
	p.none(t) // a late copy: the call behind it was made
}

// A repeated answer has its order, also of more than the server keeps in order.
func TestParkedOrderOfRepeatedAnswer(t *testing.T) {
	p := newParked(t)
	p.server.Deafen(t)
	w := &worker{s: p.server, session: storage.NewID(), queues: []string{"long"}, kinds: p.kinds}
	name := "a server whose name is longer than what is kept in short hashes of small values"
	if err := p.server.OpenSession(t.Context(), storage.Session{ID: w.session, Server: name, Queues: w.queues, Kinds: []storage.KindInfo{{Kind: "k"}}, Lease: storage.MaxLease}); err != nil {
		t.Fatal(err)
	}
	if err := p.client.CloseSession(t.Context(), p.session); err != nil {
		t.Fatal(err)
	}
	w.fetch(t, 100)
	jobs := make([]storage.NewJob, 16)
	for i := range jobs {
		jobs[i].Queue = "long"
	}
	ids := p.put(t, jobs...)
	wantState(t, p.client, ids[0], storage.Processing, "it was given to the parked call")
	if got := idsOf(w.fetch(t, 100)); !slices.Equal(got, ids) {
		t.Fatalf("got %v, want %v", got, ids)
	}
}

// Of two inserts the first answers the call, while nobody looks at what it gave; the second
// waits for the next call.
func TestParkedOneAnswer(t *testing.T) {
	p := newParked(t)
	first, second := p.insert(t, 1), p.insert(t, 2)
	p.want(t, p.fetch(t, 10), first)
	jobs := p.fetch(t, 10)
	p.want(t, jobs, second)
	p.none(t)
	third := p.insert(t, 1)
	p.want(t, p.fetch(t, 10), third)
	p.succeed(t, jobs...)
}
