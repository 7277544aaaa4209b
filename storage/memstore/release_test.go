package memstore

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// fixture is a store on a clock of its own with one session.
type fixture struct {
	*testing.T
	s       *Store
	now     time.Time
	session storage.ID
	call    uint64
	kinds   *storage.KindSet
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, now: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), session: storage.NewID()}
	f.s = New(WithClock(func() time.Time { return f.now }))
	f.kinds = storage.NewKindSet([]storage.KindInfo{{Kind: "k"}})
	f.no(f.s.OpenSession(context.Background(), storage.Session{ID: f.session, Server: "srv", Queues: []string{"q"}}))
	return f
}

func (f *fixture) no(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) insert(jobs ...storage.NewJob) []storage.Inserted {
	f.Helper()
	for i := range jobs {
		jobs[i].Kind, jobs[i].Queue = "k", "q"
	}
	res, err := f.s.Insert(context.Background(), storage.Group{Jobs: jobs})
	f.no(err)
	f.no(res[0].Err)
	return res[0].Jobs
}

func (f *fixture) fetch(limit int) []storage.Fetched {
	f.Helper()
	f.call++
	res, err := f.s.Fetch(context.Background(), storage.FetchRequest{Session: f.session, Call: f.call, Queues: []string{"q"}, Kinds: f.kinds, Max: limit})
	f.no(err)
	return res.Jobs
}

func (f *fixture) settle(token storage.Token, kind storage.OutcomeKind) {
	f.Helper()
	v, err := f.s.Settle(context.Background(), storage.SettleRequest{Session: f.session, Outcomes: []storage.Outcome{{Token: token, Kind: kind}}})
	f.no(err)
	if v[0] != storage.Accepted {
		f.Fatalf("verdict %v", v[0])
	}
}

func (f *fixture) tick(budget int) storage.TickResult {
	f.Helper()
	res, err := f.s.Tick(context.Background(), storage.TickRequest{Session: f.session, Budget: budget})
	f.no(err)
	f.s.checkAll(f.T)
	return res
}

func (f *fixture) control(a storage.Action, id storage.ID) storage.ControlResult {
	f.Helper()
	res, err := f.s.Control(context.Background(), storage.Control{Action: a, IDs: []storage.ID{id}})
	f.no(err)
	f.s.checkAll(f.T)
	return res
}

func (f *fixture) count(state storage.State) int { return f.s.states[state].len() }

// A parent with more children than one step releases: Tick does the rest, and until
// then the parent can be neither requeued nor removed.
func TestManyChildren(t *testing.T) {
	const n = storage.MaxRelease + 500
	f := newFixture(t)
	parent := storage.NewIDIn(1)
	f.insert(storage.NewJob{ID: parent})
	children := make([]storage.NewJob, n)
	for i := range children {
		children[i] = storage.NewJob{ID: storage.NewIDIn(1), Parents: []storage.ID{parent}}
	}
	f.insert(children...)
	f.settle(f.fetch(1)[0].Token, storage.Fail)
	if got := f.count(storage.Deleted); got != storage.MaxRelease {
		t.Fatalf("the step skipped %d, want %d", got, storage.MaxRelease)
	}
	for _, a := range []storage.Action{storage.Requeue, storage.Remove} {
		if res := f.control(a, parent); len(res.Skipped) != 1 {
			t.Errorf("%v while its end releases others: %+v", a, res)
		}
	}
	// A child that comes now is judged at once.
	if late := f.insert(storage.NewJob{ID: storage.NewIDIn(1), Parents: []storage.ID{parent}}); late[0].State != storage.Deleted {
		t.Errorf("a late child is %v", late[0].State)
	}
	if res := f.tick(100); res.Moved != 100 || !res.More {
		t.Errorf("a tick with a budget of 100: %+v", res)
	}
	if res := f.tick(0); res.More || f.count(storage.Deleted) != n+1 {
		t.Errorf("after the last tick %d are skipped: %+v", f.count(storage.Deleted), res)
	}
	if res := f.control(storage.Requeue, parent); len(res.Done) != 1 {
		t.Fatalf("requeue: %+v", res)
	}
	if got := f.count(storage.Awaiting); got != storage.MaxRelease {
		t.Errorf("the step restored %d", got)
	}
	// The parent ends again before the rest is restored: nothing is done twice or out of turn.
	f.settle(f.fetch(1)[0].Token, storage.Succeed)
	for f.tick(300).More {
	}
	if got := f.count(storage.Enqueued); got != n+1 {
		t.Errorf("%d children are enqueued, want %d", got, n+1)
	}
}

// A chain is skipped to its end, step by step where it is long.
func TestLongChain(t *testing.T) {
	const n = 2*storage.MaxRelease + 10
	f := newFixture(t)
	jobs := make([]storage.NewJob, n)
	for i := range jobs {
		jobs[i].ID = storage.NewIDIn(1)
		if i > 0 {
			jobs[i].Parents = []storage.ID{jobs[i-1].ID}
		}
	}
	f.insert(jobs...)
	f.control(storage.Cancel, jobs[0].ID)
	for f.tick(0).More {
	}
	if got := f.count(storage.Deleted); got != n {
		t.Errorf("%d of %d are deleted", got, n)
	}
}

// What a parent skipped is kept as long as that parent, which an awaiting child keeps.
func TestKeptWithParent(t *testing.T) {
	f := newFixture(t)
	a, other, skipped, waits := storage.NewIDIn(1), storage.NewIDIn(1), storage.NewIDIn(1), storage.NewIDIn(1)
	f.insert(storage.NewJob{ID: a}, storage.NewJob{ID: other, Due: storage.When{In: 1000 * time.Hour}},
		storage.NewJob{ID: skipped, Parents: []storage.ID{a}, On: storage.OnFailure},
		storage.NewJob{ID: waits, Parents: []storage.ID{a, other}})
	f.settle(f.fetch(1)[0].Token, storage.Succeed)
	f.now = f.now.Add(2 * storage.RetainSucceeded)
	f.tick(0)
	if f.s.jobs[a] == nil || f.s.jobs[skipped] == nil {
		t.Fatal("swept although an awaiting job waits for the parent")
	}
	if res := f.control(storage.Remove, a); len(res.Skipped) != 1 {
		t.Errorf("removed: %+v", res)
	}
	f.control(storage.Cancel, waits)
	f.tick(0)
	if f.s.jobs[a] != nil || f.s.jobs[skipped] != nil {
		t.Error("not swept although nothing waits any more")
	}
}

// A queue in which the session can run nothing for a long way tells that there is more.
func TestMore(t *testing.T) {
	f := newFixture(t)
	var g storage.Group
	for range maxLook + 1 {
		g.Jobs = append(g.Jobs, storage.NewJob{ID: storage.NewIDIn(1), Kind: "unknown", Queue: "q"})
	}
	g.Jobs = append(g.Jobs, storage.NewJob{ID: storage.NewIDIn(1), Kind: "k", Queue: "q"})
	if res, err := f.s.Insert(context.Background(), g); err != nil || res[0].Err != nil {
		t.Fatal(err, res[0].Err)
	}
	r := storage.FetchRequest{Session: f.session, Call: 1, Queues: []string{"q"}, Kinds: f.kinds, Max: 1}
	res, err := f.s.Fetch(context.Background(), r)
	f.no(err)
	if len(res.Jobs) != 0 || !res.More {
		t.Fatalf("first call: %d jobs, more %v", len(res.Jobs), res.More)
	}
	r.Call++
	if res, err = f.s.Fetch(context.Background(), r); err != nil || len(res.Jobs) != 1 {
		t.Fatalf("second call: %+v %v", res, err)
	}
	f.s.checkAll(t)
}

// Jobs that may not be held ready are passed over, and do not make the caller ask again and again.
func TestPassedOver(t *testing.T) {
	f := newFixture(t)
	var jobs []storage.NewJob
	for range maxLook + 1 {
		jobs = append(jobs, storage.NewJob{ID: storage.NewIDIn(1), Limits: []storage.Limit{{Key: "l", Max: 9999}}})
	}
	f.insert(jobs...)
	res, err := f.s.Fetch(context.Background(), storage.FetchRequest{Session: f.session, Call: 1, Queues: []string{"q"}, Kinds: f.kinds, Ahead: 5})
	f.no(err)
	if len(res.Jobs) != 0 || res.More {
		t.Errorf("%d jobs, more %v", len(res.Jobs), res.More)
	}
	f.s.checkAll(t)
}

// What is neither job nor batch is forgotten too.
func TestForgetSmall(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	f.insert(storage.NewJob{ID: storage.NewIDIn(1), Limits: []storage.Limit{{Key: "r", Max: 1, Per: time.Second}}})
	f.settle(f.fetch(1)[0].Token, storage.Succeed)
	gone := storage.Session{ID: storage.NewID(), Owner: "o", Kinds: []storage.KindInfo{{Kind: "old"}, {Kind: "old", Fingerprint: "2"}}}
	f.no(f.s.OpenSession(ctx, gone))
	f.now = f.now.Add(time.Hour)
	f.no(f.s.CloseSession(ctx, gone.ID))
	if err := f.s.OpenSession(ctx, gone); err == nil {
		t.Error("a closed session was opened again")
	}
	kinds, err := f.s.Kinds(ctx)
	if f.no(err); len(kinds) != 2 || kinds[0].Servers != 0 {
		t.Errorf("catalogue: %+v", kinds)
	}
	f.now = f.now.Add(storage.ForgetOwner + time.Hour)
	f.tick(0)
	f.tick(0)
	if kinds, _ = f.s.Kinds(ctx); len(kinds) != 0 {
		t.Errorf("catalogue after all: %+v", kinds)
	}
	if n := len(f.s.rates) + len(f.s.ended) + len(f.s.owners) + len(f.s.jobs) + len(f.s.queues); n > 0 {
		t.Errorf("left: rates %v, ended %v, owners %v, %d jobs, queues %v", f.s.rates, f.s.ended, f.s.owners, len(f.s.jobs), f.s.queues)
	}
}

// A repeated insert is answered with the holders of its duplicates while they are known.
func TestRepeatedDuplicates(t *testing.T) {
	f := newFixture(t)
	u := &storage.Unique{Key: "k"}
	holder, dup, other := storage.NewIDIn(1), storage.NewIDIn(1), storage.NewIDIn(1)
	f.insert(storage.NewJob{ID: holder, Unique: u})
	group := []storage.NewJob{{ID: dup, Unique: u}, {ID: other, Parents: []storage.ID{dup}}}
	first := f.insert(group...)
	if !first[0].Duplicate || first[0].ID != holder {
		t.Fatalf("duplicate: %+v", first[0])
	}
	f.settle(f.fetch(1)[0].Token, storage.Succeed)
	if again := f.insert(group...); again[0].ID != holder || !again[0].Duplicate || again[1] != first[1] || len(f.s.jobs) != 2 {
		t.Errorf("repeated: %+v, first %+v", again, first)
	}
	f.now = f.now.Add(2 * storage.MinRetain)
	f.insert(storage.NewJob{ID: storage.NewIDIn(1), Unique: u}, storage.NewJob{ID: storage.NewIDIn(1), Unique: u})
	if again := f.insert(group...); !again[0].ID.IsZero() || !again[0].Duplicate {
		t.Errorf("repeated late: %+v", again[0])
	}
}
