package storagetest

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gojobgen/jobgen/storage"
)

// The model is a small store that is obviously right: it knows states, edges, unique
// keys, limits and tokens, and nothing of speed. Random histories run against it and
// the store, and both have to agree after every step.
var modelTests = []test{
	{"random histories agree with a simple model", func(e *env) {
		defer fewerChecks(e.h.Durable)()
		rounds := 0
		rapid.Check(bubbled{e.t}, func(rt *rapid.T) {
			rounds++
			run := *e
			run.tb, run.keeper = rt, nil
			m := &model{env: &run, name: fmt.Sprint("m", rounds), jobs: make(map[storage.ID]*modelJob), keys: make(map[string]storage.ID)}
			m.open()
			m.open()
			defer m.clear()
			rt.Repeat(m.actions())
			m.compareAll()
		})
	}},
}

// fewerChecks runs fewer histories on a slow store, unless -rapid.checks was given.
func fewerChecks(slow bool) (restore func()) {
	f := flag.Lookup("rapid.checks")
	if !slow || f == nil || f.Value.String() != f.DefValue {
		return func() {}
	}
	_ = f.Value.Set("30")
	return func() { _ = f.Value.Set(f.DefValue) }
}

// bubbled hides Deadline, which must not be called in a synctest bubble.
type bubbled struct{ testing.TB }

// modelJob is a job as the model knows it.
type modelJob struct {
	id        storage.ID
	queue     string
	priority  int
	state     storage.State
	parents   []*modelEdge
	children  []*modelEdge
	key       string
	limit     *storage.Limit
	seq       int  // when it became enqueued; equal within one step
	loose     bool // came back by release or reclaim: "may come first or last of their priority"
	retries   int
	lost      int
	fetches   int
	cancelled bool // requested
	skippedBy storage.ID
	session   *session
	gone      bool
	settled   map[int]storage.OutcomeKind
}

// modelEdge is the bond of a parent and a child.
type modelEdge struct {
	parent, child *modelJob
	on            storage.Condition
	ended         storage.State
	met           bool
}

type model struct {
	*env
	name     string
	jobs     map[storage.ID]*modelJob
	order    []*modelJob
	keys     map[string]storage.ID
	sessions []*session
	seq      int
	tokens   []storage.Token // of ended runs
}

func (m *model) queues() []string { return []string{m.name + "-a", m.name + "-b"} }

func (m *model) open() {
	m.sessions = append(m.sessions, m.session(serving(m.queues()...), leased(modelLease)))
}

// clear takes the round's jobs away, so that the next one is as fast.
func (m *model) clear() {
	for _, s := range m.sessions {
		_ = m.store.CloseSession(m.ctx, s.info.ID)
	}
	var ids []storage.ID
	for _, j := range slices.Backward(m.order) {
		ids = append(ids, j.id)
	}
	for _, a := range []storage.Action{storage.Cancel, storage.Remove} {
		_, _ = m.store.Control(m.ctx, storage.Control{Action: a, IDs: ids})
	}
}

// enqueued puts a job in its queue.
func (m *model) enqueued(j *modelJob) { j.state, j.seq, j.loose = storage.Enqueued, m.seq, false }

// end makes a job final with all that it releases.
func (m *model) end(j *modelJob, state storage.State) {
	j.state, j.cancelled, j.session = state, false, nil
	if m.keys[j.key] == j.id {
		delete(m.keys, j.key)
	}
	for _, edge := range j.children {
		if !edge.met {
			edge.ended, edge.met = state, edge.on.Met(state)
		}
		m.judge(edge.child)
	}
}

// judge releases or skips an awaiting job as its edges say.
func (m *model) judge(j *modelJob) {
	if j.state != storage.Awaiting {
		return
	}
	waiting := false
	for _, edge := range j.parents {
		if !edge.met && edge.ended != 0 {
			j.skippedBy = edge.parent.id
			m.end(j, storage.Deleted)
			return
		}
		waiting = waiting || !edge.met
	}
	if !waiting {
		m.enqueued(j)
	}
}

// back ends a run that makes the job wait again.
func (m *model) back(j *modelJob, state storage.State) {
	if j.cancelled {
		m.end(j, storage.Deleted)
		return
	}
	j.session = nil
	if j.state = state; state == storage.Enqueued {
		m.enqueued(j)
	}
}

// restore makes what the last end of j skipped wait again.
func (m *model) restore(j *modelJob) {
	for _, edge := range j.children {
		if edge.met {
			continue
		}
		edge.ended = 0
		child := edge.child
		if child.gone || child.state != storage.Deleted || child.skippedBy != j.id {
			continue
		}
		child.state, child.skippedBy = storage.Awaiting, storage.ID{}
		m.restore(child)
		m.judge(child)
	}
}

// running counts the slots of a limit that are taken.
func (m *model) running(key string) int {
	n := 0
	for _, j := range m.order {
		if j.state == storage.Processing && j.limit != nil && j.limit.Key == key {
			n++
		}
	}
	return n
}

func (m *model) blocked(j *modelJob) bool {
	return j.limit != nil && m.running(j.limit.Key) >= j.limit.Max
}

// before reports whether a has to be given before b where both can run.
func (m *model) before(a, b *modelJob) bool {
	if a.queue != b.queue {
		return a.queue < b.queue
	}
	if a.priority != b.priority {
		return a.priority < b.priority
	}
	return !a.loose && !b.loose && a.seq < b.seq
}

// given checks what a fetch gave and notes it.
func (m *model) given(s *session, max int, runs []storage.Fetched) {
	for i, f := range runs {
		j := m.jobs[f.Job.ID]
		m.check(j != nil && j.state == storage.Enqueued, "Fetch gives enqueued jobs only: got %v in state %v of the model", f.Job.ID, stateOf(j))
		m.check(!m.blocked(j), "Fetch gave %v, whose limit %+v is exhausted", j.id, j.limit)
		for _, later := range runs[i+1:] {
			k := m.jobs[later.Job.ID]
			m.check(k == nil || !m.before(k, j), "Fetch gave %v before %v, which goes first by queue, priority or sequence", f.Job.ID, later.Job.ID)
		}
		j.fetches++
		m.check(f.Token.Fetch == j.fetches, "the fetch number rises by one with every fetch: want %d, got %d", j.fetches, f.Token.Fetch)
		j.state, j.session, j.cancelled = storage.Processing, s, false
	}
	for _, left := range m.order {
		if left.state != storage.Enqueued || m.blocked(left) {
			continue
		}
		m.check(len(runs) == max, "Fetch asked for %d jobs and gave %d, but %v can run", max, len(runs), left.id)
		for _, f := range runs {
			m.check(!m.before(left, m.jobs[f.Job.ID]), "Fetch gave %v and left %v, which goes first by queue, priority or sequence", f.Job.ID, left.id)
		}
	}
}

func stateOf(j *modelJob) storage.State {
	if j == nil {
		return 0
	}
	return j.state
}

// compare wants that the store has every job in the state of the model.
func (m *model) compare() {
	seen := 0
	for _, q := range m.queues() {
		for query := (storage.Query{Filter: storage.Filter{Queue: q}, Limit: storage.MaxPage}); ; {
			p, err := m.store.Jobs(m.ctx, query)
			m.must(err, "Jobs")
			for _, got := range p.Jobs {
				seen++
				m.same(got)
			}
			if !p.More {
				break
			}
			query.After = p.Jobs[len(p.Jobs)-1].ID
		}
	}
	want := 0
	for _, j := range m.order {
		if !j.gone {
			want++
		}
	}
	m.check(seen == want, "the store lists %d jobs, the model has %d", seen, want)
}

func (m *model) same(got storage.Job) {
	j := m.jobs[got.ID]
	m.check(j != nil && !j.gone, "the store has job %v, which the model does not", got.ID)
	m.check(got.State == j.state, "job %v: want %v, got %v (reason %q)", j.id, j.state, got.State, got.Reason)
	m.check(got.Retries == j.retries && got.Lost == j.lost && got.Fetches == j.fetches,
		"job %v: want %d retries, %d losses, %d fetches, got %d, %d, %d", j.id, j.retries, j.lost, j.fetches, got.Retries, got.Lost, got.Fetches)
	m.check(got.CancelRequested == j.cancelled, "job %v: want CancelRequested %v, got %v", j.id, j.cancelled, got.CancelRequested)
	skipped := strings.Contains(got.Reason, "skipped by run")
	m.check(skipped == (!j.skippedBy.IsZero() && j.state == storage.Deleted), "job %v: the model has it skipped by %v, the reason is %q", j.id, j.skippedBy, got.Reason)
	if !skipped {
		return
	}
	// Where several edges are not met, the store chooses whom to name.
	by := slices.IndexFunc(j.parents, func(edge *modelEdge) bool { return strings.Contains(got.Reason, edge.parent.id.String()) })
	m.check(by >= 0, "job %v: the reason %q names none of its parents", j.id, got.Reason)
	j.skippedBy = j.parents[by].parent.id
}

// compareAll compares the edges too.
func (m *model) compareAll() {
	m.compare()
	for _, j := range m.order {
		if j.gone {
			m.wantGone(j.id, "a removed job")
			continue
		}
		for _, got := range m.get(j.id).ParentsOf {
			i := slices.IndexFunc(j.parents, func(edge *modelEdge) bool { return edge.parent.id == got.Job })
			m.check(i >= 0, "job %v has an edge to %v, which is no parent of it", j.id, got.Job)
			if j.parents[i].met {
				m.check(got.On.Met(got.Ended), "the edge of %v to %v was met and stays so: got %+v", j.id, got.Job, got)
			}
		}
	}
}

// wait lets time pass while the sessions tick, but for those that are to die.
func (m *model) wait(d time.Duration, dead *session) {
	for passed := time.Duration(0); passed < d; passed += modelLease / 4 {
		m.env.sleep(modelLease / 4)
		for _, s := range m.sessions {
			if s != dead {
				s.ticks()
			}
		}
	}
}
