package redisstore_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/redis/go-redis/v9"
)

// parked is a session whose next call is parked, and another program that enqueues.
type parked struct {
	*worker
	name   string // of the namespace
	count  *counting
	client *redisstore.Store
	server *redisstore.Store
}

func newParked(t *testing.T) *parked {
	t.Helper()
	return newParkedOn(t, dial(t), dial(t))
}

func newParkedOn(t *testing.T, rdb, other *redis.Client) *parked {
	t.Helper()
	name, count := fresh(), &counting{}
	rdb.AddHook(count)
	server := open(t, rdb, redisstore.Namespace(name))
	p := &parked{name: name, worker: newWorker(t, server, "q", "k"), count: count, client: open(t, other, redisstore.Namespace(name)), server: server}
	p.waitShortly(t) // begins to listen
	p.none(t)
	return p
}

// none fetches what is not there, so that the next call is parked.
func (p *parked) none(t *testing.T) {
	t.Helper()
	if jobs := p.fetch(t, 10); len(jobs) != 0 {
		t.Fatalf("nothing was to be fetched, got %d jobs", len(jobs))
	}
}

func (p *parked) insert(t *testing.T, n int) (ids []storage.ID) {
	t.Helper()
	var g storage.Group
	for range n {
		j := storage.NewJob{ID: storage.NewIDIn(1), Kind: "k", Queue: "q", Payload: []byte(`{"a":1}`)}
		g.Jobs = append(g.Jobs, j)
		ids = append(ids, j.ID)
	}
	mustInsert(t, p.client, g)
	return ids
}

// wait waits for work that comes.
func (p *parked) wait(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := p.s.Wait(ctx, p.queues, p.mark); err != nil {
		t.Fatal(err)
	}
}

func (p *parked) want(t *testing.T, jobs []storage.Fetched, ids []storage.ID) {
	t.Helper()
	if len(jobs) != len(ids) {
		t.Fatalf("want %d jobs, got %d", len(ids), len(jobs))
	}
	for i, j := range jobs {
		if j.Job.ID != ids[i] || j.Token != (storage.Token{Job: ids[i], Session: p.session, Fetch: 1}) || j.Ahead || string(j.Job.Payload) != `{"a":1}` || j.Job.StartedAt.IsZero() {
			t.Fatalf("job %d: got %+v", i, j)
		}
	}
}

// An insert answers the call that is parked: the jobs are there without a round trip.
func TestParked(t *testing.T) {
	p := newParked(t)
	for n := range 3 {
		ids := p.insert(t, n+1)
		p.wait(t)
		p.count.take()
		jobs := p.fetch(t, 10)
		if sent := p.count.take(); len(sent) != 0 {
			t.Fatalf("the answer of a parked call is there already: got %q", sent)
		}
		p.want(t, jobs, ids)
		p.none(t)
		p.succeed(t, jobs...)
		for _, id := range ids {
			wantState(t, p.client, id, storage.Succeeded, "it ran")
		}
	}
}

// Where the answer is lost, the call gives what it was given, once.
func TestParkedAnswerLost(t *testing.T) {
	p := newParked(t)
	p.server.Deafen(t)
	ids := p.insert(t, 2)
	jobs := p.fetch(t, 10)
	p.want(t, jobs, ids)
	p.none(t)
	p.succeed(t, jobs...)
}

// Where the answer of the call before is lost as well, that call is still answered.
func TestParkedAnswerBeforeLost(t *testing.T) {
	p := newParked(t)
	p.server.Deafen(t)
	first := p.insert(t, 2)
	p.want(t, p.fetch(t, 10), first) // fewer than wanted: the next call is parked
	second := p.insert(t, 1)
	p.call-- // as if it had not been answered
	jobs := p.fetch(t, 10)
	p.want(t, jobs, first)
	next := p.fetch(t, 10)
	p.want(t, next, second)
	p.call -= 2
	p.none(t) // a late copy: the call behind it was made
	p.call++
	p.none(t)
	p.succeed(t, append(jobs, next...)...)
}

// A call that was made in another way is parked no more.
func TestParkedLate(t *testing.T) {
	p := newParked(t)
	limited := storage.NewJob{ID: storage.NewIDIn(1), Kind: "k", Queue: "q", Limits: []storage.Limit{{Key: "l", Max: 5}}}
	mustInsert(t, p.client, storage.Group{Jobs: []storage.NewJob{limited}})
	got := p.fetch(t, 10) // by the full script
	ids := p.insert(t, 1)
	again := p.worker.call
	p.call--
	if jobs := p.fetch(t, 10); len(jobs) != len(got) || len(got) != 1 || jobs[0].Token != got[0].Token || p.call != again {
		t.Fatalf("a repeated call gives what it gave: got %+v, %+v", got, jobs)
	}
	p.want(t, p.fetch(t, 10), ids)
}

// Nothing is given past what comes first, is paused, or is not asked for.
func TestParkedInTurn(t *testing.T) {
	p := newParked(t)
	many := p.insert(t, 20) // more than it has room for
	p.count.take()
	one := p.insert(t, 1)
	p.want(t, p.fetch(t, 10), many[:10])
	p.want(t, p.fetch(t, 20), append(many[10:], one...))

	if err := p.client.Pause(t.Context(), storage.PauseQueue, "q", true, "test"); err != nil {
		t.Fatal(err)
	}
	late := p.insert(t, 1)
	p.none(t)
	wantState(t, p.client, late[0], storage.Enqueued, "its queue is paused")
	if err := p.client.Pause(t.Context(), storage.PauseQueue, "q", false, "test"); err != nil {
		t.Fatal(err)
	}
	p.want(t, p.fetch(t, 10), late)

	for _, j := range []storage.NewJob{{Kind: "k", Queue: "other"}, {Kind: "other", Queue: "q"}, {Kind: "k", Queue: "q", Fingerprint: "f"}} {
		p.none(t)
		j.ID = storage.NewIDIn(1)
		mustInsert(t, p.client, storage.Group{Jobs: []storage.NewJob{j}})
		wantState(t, p.client, j.ID, storage.Enqueued, "the session does not read it")
	}
}

// What a session was given goes back with it, and nothing is given to one that is over or
// that does not listen.
func TestParkedSessionEnds(t *testing.T) {
	p := newParked(t)
	ids := p.insert(t, 1)
	wantState(t, p.client, ids[0], storage.Processing, "it was given to the session that waits")
	if err := p.client.CloseSession(t.Context(), p.session); err != nil {
		t.Fatal(err)
	}
	wantState(t, p.client, ids[0], storage.Enqueued, "the session is over")
	more := p.insert(t, 1)
	wantState(t, p.client, more[0], storage.Enqueued, "nobody waits")

	idle := newWorker(t, p.server, "other", "k")
	idle.fetch(t, 10)
	if err := p.client.CloseSession(t.Context(), idle.session); err != nil {
		t.Fatalf("a session whose call is parked and that ran nothing: %v", err)
	}

	w := newWorker(t, p.server, "q", "k")
	w.succeed(t, w.fetch(t, 10)...)
	w.fetch(t, 10) // parks the next one
	p.server.Close()
	last := p.insert(t, 1)
	wantState(t, p.client, last[0], storage.Enqueued, "nobody listens")
}

// What goes back stands in the order in which it was enqueued, whatever the ids say.
func TestParkedGoesBackInOrder(t *testing.T) {
	p := newParked(t)
	var ids []storage.ID
	for range 6 {
		ids = append([]storage.ID{storage.NewIDIn(1)}, ids...)
	}
	put := func(ids ...storage.ID) {
		jobs := make([]storage.NewJob, len(ids))
		for i, id := range ids {
			jobs[i].ID = id
		}
		p.put(t, jobs...)
		p.want(t, p.fetch(t, 10), ids)
		p.none(t)
	}
	put(ids[:3]...)
	put(ids[3])
	put(ids[4:]...)
	if err := p.client.CloseSession(t.Context(), p.session); err != nil {
		t.Fatal(err)
	}
	other := newWorker(t, p.server, "q", "k")
	if got := idsOf(other.fetch(t, 10)); !slices.Equal(got, ids) {
		t.Fatalf("jobs that went back: got %v, want %v", got, ids)
	}
}

// A server that is full, or that takes no writes, still tells what there is, and what was
// given is not lost.
func TestParkedWithoutWrites(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t, testservers.RedisOptions{}).Addr, Protocol: 2})
	defer rdb.Close()
	p := newParkedOn(t, rdb, rdb)
	set := func(name, value string) {
		if err := rdb.ConfigSet(t.Context(), name, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	ids := p.insert(t, 2)
	jobs := p.fetch(t, 10)
	set("min-replicas-to-write", "1")
	if _, err := p.client.Job(t.Context(), ids[0]); err != nil {
		t.Errorf("a server that takes no writes: %v", err)
	}
	if _, err := p.client.Recurring(t.Context(), "", 10); err != nil {
		t.Errorf("a server that takes no writes: %v", err)
	}
	if v, err := p.server.Settle(t.Context(), storage.SettleRequest{Session: p.session, Outcomes: []storage.Outcome{{Token: jobs[0].Token, Kind: storage.Succeed}}}); err == nil {
		t.Errorf("nothing can be settled: got %v", v)
	}
	set("min-replicas-to-write", "0")
	set("maxmemory", "1")
	wantState(t, p.client, ids[0], storage.Processing, "it was given")
	set("maxmemory", "0")
	p.succeed(t, jobs...)
	wantState(t, p.client, ids[1], storage.Succeeded, "it ran")
}

// A server that forgot its scripts between two inserts is told the text of the second.
func TestParkedScriptsForgotten(t *testing.T) {
	p := newParked(t)
	for range 2 {
		ids := p.insert(t, 1)
		jobs := p.fetch(t, 10)
		p.want(t, jobs, ids)
		p.none(t)
		p.succeed(t, jobs...)
		if err := dial(t).ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
}
