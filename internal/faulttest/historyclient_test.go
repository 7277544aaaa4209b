package faulttest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// client is one recorded caller of a store.
type client struct {
	h       *history
	n       int
	store   storage.Store
	random  *rand.Rand
	session storage.ID
	kinds   *storage.KindSet
	call    uint64
	held    []storage.Token // given to this session and not settled
	old     []storage.Token // settled, or of a closed session: nobody should hold them
}

var historyKinds = []storage.KindInfo{{Kind: "history"}}

// mostCalls keeps the recording of a quick store small enough to be judged.
const mostCalls = 20_000

// run works until ctx ends: fetches, settles, settles again with old tokens, closes its
// session, adds jobs.
func (c *client) run(ctx context.Context) {
	c.open()
	for n := 0; n < mostCalls && ctx.Err() == nil && !c.h.broken.Load(); n++ {
		switch draw := c.random.IntN(100); {
		case draw < 45:
			c.fetch()
		case draw < 80:
			c.settleHeld()
		case draw < 92:
			c.settleOld()
		case draw < 94:
			c.close()
			c.open()
		case draw < 98 && c.h.requeue:
			c.requeue()
		default:
			c.insert()
		}
	}
	c.close()
}

// until makes a call again until it is answered. When one never is, the recording ends.
func (c *client) until(call func(context.Context) error) bool {
	var err error
	for begin := time.Now(); time.Since(begin) < 20*time.Second && !c.h.broken.Load(); time.Sleep(10 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), callLimit)
		err = call(ctx)
		cancel()
		if err == nil {
			return true
		}
		if errors.Is(err, storage.ErrSessionLost) || errors.Is(err, storage.ErrInvalid) {
			break
		}
		c.h.mu.Lock()
		c.h.repeats++
		c.h.last = err
		c.h.mu.Unlock()
	}
	if !c.h.broken.Swap(true) {
		c.h.t.Errorf("client %d: a call was not answered: %v", c.n, err)
	}
	return false
}

func (c *client) open() {
	c.session, c.call, c.held = storage.NewID(), 0, nil
	c.kinds = storage.NewKindSet(historyKinds)
	s := storage.Session{ID: c.session, Server: "history", Queues: []string{c.h.queue}, Concurrency: 10, Lease: storage.MaxLease, Kinds: historyKinds}
	c.until(func(ctx context.Context) error { return c.store.OpenSession(ctx, s) })
}

// close ends the session: every job it held is free.
func (c *client) close() {
	called := c.h.now()
	if !c.until(func(ctx context.Context) error { return c.store.CloseSession(ctx, c.session) }) {
		return
	}
	for _, token := range c.held {
		c.h.note(c.n, act{job: token.Job, kind: "close", session: c.session}, answer{}, called)
	}
	c.old = append(c.old, c.held...)
	c.held = nil
}

func (c *client) insert() {
	j := storage.NewJob{ID: storage.NewID(), Kind: "history", Queue: c.h.queue, Priority: 1, Payload: []byte(`{}`)}
	called := c.h.now()
	c.h.mu.Lock()
	c.h.jobs = append(c.h.jobs, j.ID)
	c.h.mu.Unlock()
	if c.until(func(ctx context.Context) error { return insert(ctx, c.store, storage.Group{Jobs: []storage.NewJob{j}}) }) {
		c.h.note(c.n, act{job: j.ID, kind: "insert"}, answer{}, called)
	}
}

func (c *client) fetch() {
	c.call++
	req := storage.FetchRequest{Session: c.session, Call: c.call, Queues: []string{c.h.queue}, Kinds: c.kinds, Max: 1 + c.random.IntN(3)}
	var got storage.FetchResult
	called := c.h.now()
	c.until(func(ctx context.Context) (err error) { got, err = c.store.Fetch(ctx, req); return err })
	for _, f := range got.Jobs {
		c.h.note(c.n, act{job: f.Job.ID, kind: "fetch", session: f.Token.Session, fetch: f.Token.Fetch}, answer{}, called)
		c.held = append(c.held, f.Token)
	}
}

var historyOutcomes = []storage.OutcomeKind{storage.Succeed, storage.Fail, storage.Release, storage.Retry, storage.Release, storage.Retry, storage.Snooze}

// settleHeld settles some of what the session runs, now and then one twice.
func (c *client) settleHeld() {
	n := min(len(c.held), 1+c.random.IntN(3))
	if n == 0 {
		return
	}
	tokens := slices.Clone(c.held[:n])
	c.held = c.held[n:]
	c.old = append(c.old, tokens...)
	if c.random.IntN(8) == 0 {
		tokens = append(tokens, tokens[0])
	}
	c.settle(tokens)
}

// settleOld tries tokens that ought to be dead.
func (c *client) settleOld() {
	if len(c.old) > 0 {
		c.settle([]storage.Token{c.old[c.random.IntN(len(c.old))]})
	}
}

func (c *client) settle(tokens []storage.Token) {
	r := storage.SettleRequest{Session: tokens[0].Session} // a request carries the ends of one session
	for _, token := range tokens {
		r.Outcomes = append(r.Outcomes, storage.Outcome{Token: token, Kind: historyOutcomes[c.random.IntN(len(historyOutcomes))],
			Failure: &storage.Failure{Message: "as the test wants it"}})
	}
	for i := range r.Outcomes {
		if k := r.Outcomes[i].Kind; k != storage.Fail && k != storage.Retry {
			r.Outcomes[i].Failure = nil
		}
	}
	var verdicts []storage.Verdict
	called := c.h.now()
	if !c.until(func(ctx context.Context) (err error) { verdicts, err = c.store.Settle(ctx, r); return err }) {
		return
	}
	for i, o := range r.Outcomes {
		c.h.note(c.n, act{job: o.Token.Job, kind: "settle", session: o.Token.Session, fetch: o.Token.Fetch, outcome: o.Kind}, answer{verdict: verdicts[i]}, called)
	}
}

func (c *client) requeue() {
	id := c.h.job(c.random)
	called := c.h.now()
	r, err := c.store.Control(context.Background(), storage.Control{Action: storage.Requeue, IDs: []storage.ID{id}})
	if err != nil {
		c.h.t.Errorf("client %d: requeue: %v", c.n, err)
		return
	}
	c.h.note(c.n, act{job: id, kind: "requeue"}, answer{done: len(r.Done) == 1}, called)
}
