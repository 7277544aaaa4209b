package storagetest

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/gojobgen/jobgen/storage"
)

// modelLease is the lease of the sessions in the model, and modelDelay how long its
// jobs are scheduled.
const (
	modelLease = 8 * time.Second
	modelDelay = 5 * time.Second
)

// actions are the steps of a random history; the one without a name comes after each.
func (m *model) actions() map[string]func(*rapid.T) {
	acts := map[string]func(*rapid.T){
		"insert":  m.actInsert,
		"insert2": m.actInsert,
		"fetch":   m.actFetch,
		"settle":  m.actSettle,
		"settle2": m.actSettle,
		"late":    m.actLate,
		"cancel":  m.actCancel,
		"requeue": m.actRequeue,
		"run now": m.actRunNow,
		"remove":  m.actRemove,
		"close":   m.actClose,
		"":        func(*rapid.T) { m.seq++; m.compare() },
	}
	if m.h.Synctest || m.h.Advance != nil {
		acts["sleep"] = m.actSleep
		acts["lose"] = m.actLose
	}
	return acts
}

// pick draws one of the jobs that ok holds for; without one the step is skipped.
func (m *model) pick(t *rapid.T, what string, ok func(*modelJob) bool) *modelJob {
	var fit []*modelJob
	for _, j := range m.order {
		if !j.gone && ok(j) {
			fit = append(fit, j)
		}
	}
	if len(fit) == 0 {
		t.Skipf("no job to %s", what)
	}
	return fit[rapid.IntRange(0, len(fit)-1).Draw(t, what)]
}

func (m *model) actInsert(t *rapid.T) {
	j := &modelJob{
		queue:    m.queues()[rapid.IntRange(0, 1).Draw(t, "queue")],
		priority: rapid.IntRange(0, 3).Draw(t, "priority"),
		settled:  make(map[int]storage.OutcomeKind),
	}
	in := m.job(on(j.queue), priority(j.priority))
	j.id = in.ID
	scheduled := rapid.IntRange(0, 5).Draw(t, "due") == 0
	if parents := rapid.IntRange(-2, 3).Draw(t, "parents"); parents > 0 && len(m.order) > 0 {
		scheduled = false
		in.On = storage.Condition(rapid.IntRange(0, 3).Draw(t, "on"))
		for range parents {
			p := m.pick(t, "parent", func(p *modelJob) bool { return !slices.Contains(in.Parents, p.id) })
			in.Parents = append(in.Parents, p.id)
			if len(in.Parents) == len(m.order) {
				break
			}
		}
	} else if n := rapid.IntRange(0, 5).Draw(t, "key"); n < 2 {
		j.key = fmt.Sprint(m.name, "-key-", n)
		in.Unique = &storage.Unique{Key: j.key}
	}
	if n := rapid.IntRange(0, 4).Draw(t, "limit"); n < 2 {
		j.limit = &storage.Limit{Key: m.name + "-limit", Max: n + 1}
		in.Limits = []storage.Limit{*j.limit}
	}
	if scheduled {
		in.Due.In = modelDelay
	}
	got := m.insert(storage.Group{Jobs: []storage.NewJob{in}})[0]
	if holder, taken := m.keys[j.key]; taken {
		m.check(got.Duplicate && got.ID == holder, "the key %q is held by %v: got %+v", j.key, holder, got)
		return
	}
	m.add(j, in, scheduled)
	m.check(!got.Duplicate && got.ID == j.id && got.State == j.state, "want a job that is %v, got %+v", j.state, got)
}

// add stores a job in the model.
func (m *model) add(j *modelJob, in storage.NewJob, scheduled bool) {
	m.jobs[j.id] = j
	m.order = append(m.order, j)
	if j.key != "" {
		m.keys[j.key] = j.id
	}
	switch {
	case scheduled:
		j.state = storage.Scheduled
	case len(in.Parents) == 0:
		m.enqueued(j)
	default:
		j.state = storage.Awaiting
		for _, id := range in.Parents {
			p := m.jobs[id]
			edge := &modelEdge{parent: p, child: j, on: in.On}
			if p.state.Final() {
				edge.ended, edge.met = p.state, in.On.Met(p.state)
			}
			j.parents, p.children = append(j.parents, edge), append(p.children, edge)
		}
		m.judge(j)
	}
}

func (m *model) actFetch(t *rapid.T) {
	s := m.sessions[rapid.IntRange(0, len(m.sessions)-1).Draw(t, "session")]
	max := rapid.IntRange(1, 4).Draw(t, "max")
	m.given(s, max, s.fetch(max))
}

var modelKinds = []storage.OutcomeKind{storage.Succeed, storage.Fail, storage.Delete, storage.Retry, storage.Snooze, storage.Release}

func (m *model) actSettle(t *rapid.T) {
	j := m.pick(t, "settle", func(j *modelJob) bool { return j.state == storage.Processing })
	k := modelKinds[rapid.IntRange(0, len(modelKinds)-1).Draw(t, "kind")]
	s := j.session
	var wait time.Duration
	if k != storage.Release && rapid.Bool().Draw(t, "delayed") {
		wait = modelDelay
	}
	m.tokens = append(m.tokens, s.end(j.id, k, delay(wait)))
	j.settled[j.fetches] = k
	m.settle(j, k, wait)
}

// settle ends a run in the model.
func (m *model) settle(j *modelJob, k storage.OutcomeKind, wait time.Duration) {
	next := storage.Enqueued
	if wait > 0 {
		next = storage.Scheduled
	}
	switch k {
	case storage.Succeed:
		m.end(j, storage.Succeeded)
	case storage.Fail:
		m.end(j, storage.Failed)
	case storage.Delete:
		m.end(j, storage.Deleted)
	case storage.Retry:
		if !j.cancelled {
			j.retries++
		}
		m.back(j, next)
	case storage.Snooze:
		m.back(j, next)
	case storage.Release:
		m.back(j, storage.Enqueued)
		j.loose = true
	}
}

// actLate settles a run that is over: the same outcome as its own is accepted where it
// is the last settled one, any other is refused.
func (m *model) actLate(t *rapid.T) {
	if len(m.tokens) == 0 {
		t.Skip("no run is over")
	}
	token := m.tokens[rapid.IntRange(0, len(m.tokens)-1).Draw(t, "token")]
	k := modelKinds[rapid.IntRange(0, len(modelKinds)-1).Draw(t, "kind")]
	j := m.jobs[token.Job]
	want := storage.Refused
	if j.settled[token.Fetch] == k && !j.gone {
		want = storage.Accepted // its history has at most a few dozen entries
	}
	vs, err := m.store.Settle(m.ctx, storage.SettleRequest{Session: token.Session, Outcomes: []storage.Outcome{outcome(token, k)}})
	m.must(err, "Settle")
	m.check(vs[0] == want, "run %d of job %v is over by %v: want %s to be %s, got %s", token.Fetch, j.id, j.settled[token.Fetch], k, verdict(want), verdict(vs[0]))
}

func (m *model) actCancel(t *rapid.T) {
	j := m.pick(t, "cancel", func(*modelJob) bool { return true })
	c := storage.Control{Action: storage.Cancel, IDs: []storage.ID{j.id}}
	switch {
	case j.state.Final():
		m.skipped(c, "Cancel of a final job")
	case j.state == storage.Processing:
		m.do(storage.Cancel, j.id)
		j.cancelled = true
	default:
		m.do(storage.Cancel, j.id)
		j.skippedBy = storage.ID{}
		m.end(j, storage.Deleted)
	}
}

// actRequeue leaves out jobs with an edge that was judged and not met: what becomes of
// them by a requeue of their own, the contract leaves open.
func (m *model) actRequeue(t *rapid.T) {
	j := m.pick(t, "requeue", func(j *modelJob) bool {
		return !slices.ContainsFunc(j.parents, func(edge *modelEdge) bool { return !edge.met && edge.ended != 0 })
	})
	c := storage.Control{Action: storage.Requeue, IDs: []storage.ID{j.id}}
	if _, taken := m.keys[j.key]; !j.state.Final() || taken {
		m.skipped(c, "Requeue of a job that is not final, or whose key is taken")
		return
	}
	m.do(storage.Requeue, j.id)
	j.retries, j.lost, j.skippedBy = 0, 0, storage.ID{}
	if j.key != "" {
		m.keys[j.key] = j.id
	}
	j.state = storage.Awaiting
	if len(j.parents) == 0 {
		m.enqueued(j)
	}
	m.restore(j)
	m.judge(j)
}

func (m *model) actRunNow(t *rapid.T) {
	j := m.pick(t, "run", func(j *modelJob) bool { return j.state == storage.Scheduled })
	m.do(storage.RunNow, j.id)
	m.enqueued(j)
}

func (m *model) actRemove(t *rapid.T) {
	j := m.pick(t, "remove", func(j *modelJob) bool { return j.state.Final() })
	waited := slices.ContainsFunc(j.children, func(edge *modelEdge) bool { return edge.child.state == storage.Awaiting })
	if waited {
		m.skipped(storage.Control{Action: storage.Remove, IDs: []storage.ID{j.id}}, "an awaiting job still waits for it")
		return
	}
	m.do(storage.Remove, j.id)
	j.gone = true
}

// lost takes what a session ran back, and opens another in its place.
func (m *model) lost(dead *session, count int) {
	for _, j := range m.order {
		if j.session != dead {
			continue
		}
		m.tokens = append(m.tokens, dead.runs[j.id].Token)
		j.lost += count
		if j.lost > storage.DefaultMaxLost && !j.cancelled {
			m.end(j, storage.Failed)
			continue
		}
		m.back(j, storage.Enqueued)
		j.loose = true
	}
	m.sessions = slices.DeleteFunc(m.sessions, func(s *session) bool { return s == dead })
	m.open()
}

func (m *model) actClose(t *rapid.T) {
	s := m.sessions[rapid.IntRange(0, len(m.sessions)-1).Draw(t, "session")]
	s.close()
	m.lost(s, 0)
}

// promote is what Tick does with what is due in the model.
func (m *model) promote() {
	m.seq++
	for _, j := range m.order {
		if j.state == storage.Scheduled {
			m.enqueued(j)
			j.loose = true // several are promoted by one Tick or by several
		}
	}
}

func (m *model) actSleep(*rapid.T) {
	m.wait(2*modelDelay, nil)
	m.promote()
}

func (m *model) actLose(t *rapid.T) {
	dead := m.sessions[rapid.IntRange(0, len(m.sessions)-1).Draw(t, "session")]
	m.wait(2*modelLease, dead)
	m.promote()
	m.lost(dead, 1)
}
