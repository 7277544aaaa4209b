package storagetest

import (
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// lease is the lease of the sessions in tests: short enough to sleep over it for real.
const lease = 2 * time.Second

// session is a server as the store sees it.
type session struct {
	e     *env
	store storage.Store
	info  storage.Session
	kinds *storage.KindSet
	call  uint64
	runs  map[storage.ID]storage.Fetched // fetched and not settled
}

// sessionMod changes a session before it is opened.
type sessionMod func(*session)

func serving(queues ...string) sessionMod { return func(s *session) { s.info.Queues = queues } }
func owner(name string) sessionMod        { return func(s *session) { s.info.Owner = name } }
func maxLost(n int) sessionMod            { return func(s *session) { s.info.MaxLost = n } }
func leased(d time.Duration) sessionMod   { return func(s *session) { s.info.Lease = d } }
func named(server string) sessionMod      { return func(s *session) { s.info.Server = server } }
func from(store storage.Store) sessionMod { return func(s *session) { s.store = store } }

func running(kinds ...storage.KindInfo) sessionMod {
	return func(s *session) { s.info.Kinds = kinds }
}

// session opens a session that serves the default queue and runs kindA and kindB.
func (e *env) session(mods ...sessionMod) *session {
	e.Helper()
	s := &session{
		e: e, store: e.store, runs: make(map[storage.ID]storage.Fetched),
		info: storage.Session{
			ID: e.id(), Server: "server", Owner: "service", Host: "host", PID: 42, Version: "v1",
			Queues: []string{queue}, Concurrency: 10, Lease: lease,
			Kinds: []storage.KindInfo{{Kind: kindA}, {Kind: kindB}},
		},
	}
	for _, m := range mods {
		m(s)
	}
	s.kinds = storage.NewKindSet(s.info.Kinds)
	e.must(s.store.OpenSession(e.ctx, s.info), "OpenSession")
	return s
}

// request is the session's next fetch.
func (s *session) request(max, ahead int) storage.FetchRequest {
	s.call++
	return storage.FetchRequest{
		Session: s.info.ID, Call: s.call, Queues: s.info.Queues, Kinds: s.kinds, Max: max, Ahead: ahead,
	}
}

// send makes one call of Fetch.
func (s *session) send(r storage.FetchRequest) storage.FetchResult {
	s.e.Helper()
	res, err := s.store.Fetch(s.e.ctx, r)
	s.e.must(err, "Fetch")
	if n := len(res.Jobs); n > r.Max+r.Ahead {
		s.e.Fatalf("Fetch takes up to Max + Ahead = %d jobs, got %d", r.Max+r.Ahead, n)
	}
	for _, f := range res.Jobs {
		s.runs[f.Job.ID] = f
	}
	return res
}

// fetch takes up to max jobs and goes on as long as the store says there is more.
func (s *session) fetch(max int) []storage.Fetched {
	s.e.Helper()
	var got []storage.Fetched
	for range 100_000 {
		res := s.send(s.request(max-len(got), 0))
		got = append(got, res.Jobs...)
		if len(got) == max || !res.More {
			return got
		}
	}
	s.e.Fatal("Fetch says for ever that there is more, and gives nothing")
	return nil
}

// fetchIDs is fetch with the ids of what it gave.
func (s *session) fetchIDs(max int) []storage.ID {
	s.e.Helper()
	return idsOf(s.fetch(max))
}

func idsOf(runs []storage.Fetched) []storage.ID {
	var ids []storage.ID
	for _, f := range runs {
		ids = append(ids, f.Job.ID)
	}
	return ids
}

// fetchNone wants that there is nothing to fetch.
func (s *session) fetchNone(why string) {
	s.e.Helper()
	if got := s.fetch(100); len(got) > 0 {
		s.e.Fatalf("%s: want no job, got %d, the first %v of kind %s", why, len(got), got[0].Job.ID, got[0].Job.Kind)
	}
}

// take gives the session's run of this job, and fetches when it has none.
func (s *session) take(id storage.ID) storage.Fetched {
	s.e.Helper()
	if _, ok := s.runs[id]; !ok {
		s.fetch(500)
	}
	f, ok := s.runs[id]
	if !ok {
		d := s.e.get(id)
		s.e.Fatalf("Fetch does not give job %v, which is %v (held %q, reason %q)", id, d.State, d.Held, d.Reason)
	}
	return f
}

// ending changes an outcome before it is sent.
type ending func(*storage.Outcome)

func delay(d time.Duration) ending  { return func(o *storage.Outcome) { o.Delay = d } }
func result(json string) ending     { return func(o *storage.Outcome) { o.Result = []byte(json) } }
func retain(d time.Duration) ending { return func(o *storage.Outcome) { o.Retain = d } }
func because(reason string) ending  { return func(o *storage.Outcome) { o.Reason = reason } }
func failure(f storage.Failure) ending {
	return func(o *storage.Outcome) { o.Failure = &f }
}

// outcome makes the outcome of one run.
func outcome(token storage.Token, k storage.OutcomeKind, mods ...ending) storage.Outcome {
	o := storage.Outcome{Token: token, Kind: k}
	for _, m := range mods {
		m(&o)
	}
	return o
}

// settle sends outcomes in one call and gives the verdicts.
func (s *session) settle(outcomes ...storage.Outcome) []storage.Verdict {
	s.e.Helper()
	vs, err := s.store.Settle(s.e.ctx, storage.SettleRequest{Session: s.info.ID, Outcomes: outcomes})
	s.e.must(err, "Settle")
	if len(vs) != len(outcomes) {
		s.e.Fatalf("Settle answers each outcome: want %d verdicts, got %d", len(outcomes), len(vs))
	}
	return vs
}

// wantVerdict settles one outcome and wants this answer.
func (s *session) wantVerdict(want storage.Verdict, o storage.Outcome, why string) {
	s.e.Helper()
	if got := s.settle(o)[0]; got != want {
		s.e.Fatalf("%s: want %s to be %s, got %s", why, o.Kind, verdict(want), verdict(got))
	}
}

// end ends the run of a job, fetching it first when need be.
func (s *session) end(id storage.ID, k storage.OutcomeKind, mods ...ending) storage.Token {
	s.e.Helper()
	f := s.take(id)
	delete(s.runs, id)
	s.wantVerdict(storage.Accepted, outcome(f.Token, k, mods...), "the token of a run is good until it is settled")
	return f.Token
}

// start says that jobs fetched ahead have started.
func (s *session) start(tokens ...storage.Token) {
	s.e.Helper()
	_, err := s.store.Settle(s.e.ctx, storage.SettleRequest{Session: s.info.ID, Started: tokens})
	s.e.must(err, "Settle")
}

// report sends reports and gives the verdicts.
func (s *session) report(rs ...storage.Report) []storage.Verdict {
	s.e.Helper()
	vs, err := s.store.Report(s.e.ctx, s.info.ID, rs)
	s.e.must(err, "Report")
	if len(vs) != len(rs) {
		s.e.Fatalf("Report answers each report: want %d verdicts, got %d", len(rs), len(vs))
	}
	return vs
}

func verdict(v storage.Verdict) string {
	switch v {
	case storage.Accepted:
		return "Accepted"
	case storage.Refused:
		return "Refused"
	case storage.Unstorable:
		return "Unstorable"
	}
	return fmt.Sprintf("Verdict(%d)", v)
}

// tick is one sign of life.
func (s *session) tick() storage.TickResult {
	s.e.Helper()
	r, err := s.store.Tick(s.e.ctx, storage.TickRequest{Session: s.info.ID})
	s.e.must(err, "Tick")
	return r
}

// ticks does housekeeping until none is left.
func (s *session) ticks() {
	s.e.Helper()
	for range 10_000 {
		if r := s.tick(); r.Moved == 0 && !r.More {
			return
		}
	}
	s.e.Fatal("Tick finds work for ever")
}

// live lets time pass while the sessions tick as servers do.
func (e *env) live(d time.Duration, sessions ...*session) {
	e.Helper()
	const step = lease / 4
	for passed := time.Duration(0); passed < d; passed += step {
		e.sleep(step)
		for _, s := range sessions {
			s.tick()
		}
	}
}

// lose lets a session fall silent until another has declared it dead.
func (e *env) lose(dead, by *session) {
	e.Helper()
	length := dead.info.Lease
	if length == 0 {
		length = storage.DefaultLease
	}
	e.live(length+lease, by)
	by.ticks()
	_, err := dead.store.Tick(e.ctx, storage.TickRequest{Session: dead.info.ID})
	e.wantErr(err, storage.ErrSessionLost,
		"a session that is silent for longer than its lease is dead once another with unbroken contact ticks")
}

// close ends the session.
func (s *session) close() {
	s.e.Helper()
	s.e.must(s.store.CloseSession(s.e.ctx, s.info.ID), "CloseSession")
}
