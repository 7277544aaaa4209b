package redisstore_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/redis/go-redis/v9"
)

// counting counts the commands that a client sends.
type counting struct {
	mu   sync.Mutex
	sent []string
}

func (c *counting) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (c *counting) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.note(cmd)
		return next(ctx, cmd)
	}
}

func (c *counting) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.note(cmds...)
		return next(ctx, cmds)
	}
}

func (c *counting) note(cmds ...redis.Cmder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cmd := range cmds {
		c.sent = append(c.sent, cmd.Name())
	}
}

// take gives what was sent since it was called last.
func (c *counting) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.sent
	c.sent = nil
	return sent
}

// An idle server costs one command for each Tick: while it waits it sends nothing.
func TestIdle(t *testing.T) {
	rdb := dial(t)
	var count counting
	rdb.AddHook(&count)
	s := open(t, rdb, redisstore.Namespace(fresh()))
	w := newWorker(t, s, "q", "k")
	w.waitShortly(t) // begins to listen
	w.tick(t)        // the server learns the scripts
	w.fetch(t, 10)
	count.take()
	for range 5 {
		w.waitShortly(t)
		if sent := count.take(); len(sent) > 0 {
			t.Fatalf("a Wait sends nothing once the store listens: got %q", sent)
		}
		w.tick(t)
		if sent := count.take(); len(sent) != 1 {
			t.Fatalf("a Tick is one command: got %q", sent)
		}
	}
	w.fetch(t, 10)
	if sent := count.take(); len(sent) != 1 {
		t.Errorf("a Fetch that finds nothing is one command: got %q", sent)
	}
}

// worker is a session that runs jobs of one queue.
type worker struct {
	s       storage.Store
	session storage.ID
	queues  []string
	kinds   *storage.KindSet
	call    uint64
	mark    uint64
}

func newWorker(t testing.TB, s storage.Store, queue, kind string) *worker {
	t.Helper()
	kinds := []storage.KindInfo{{Kind: kind}}
	w := &worker{s: s, session: storage.NewID(), queues: []string{queue}, kinds: storage.NewKindSet(kinds)}
	err := s.OpenSession(context.Background(), storage.Session{ID: w.session, Server: "test", Queues: w.queues, Kinds: kinds, Lease: storage.MaxLease})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *worker) fetch(t testing.TB, n int) []storage.Fetched {
	t.Helper()
	w.call++
	res, err := w.s.Fetch(context.Background(), storage.FetchRequest{Session: w.session, Call: w.call, Queues: w.queues, Kinds: w.kinds, Max: n})
	if err != nil {
		t.Fatal(err)
	}
	w.mark = res.Mark
	return res.Jobs
}

func (w *worker) succeed(t testing.TB, jobs ...storage.Fetched) {
	t.Helper()
	r := storage.SettleRequest{Session: w.session}
	for _, j := range jobs {
		r.Outcomes = append(r.Outcomes, storage.Outcome{Token: j.Token, Kind: storage.Succeed, Result: []byte(`1`)})
	}
	verdicts, err := w.s.Settle(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if v != storage.Accepted {
			t.Fatalf("outcome %d: want it accepted, got %v", i, v)
		}
	}
}

func (w *worker) tick(t testing.TB) {
	t.Helper()
	if _, err := w.s.Tick(context.Background(), storage.TickRequest{Session: w.session}); err != nil {
		t.Fatal(err)
	}
}

// waitShortly waits for work that does not come, on the mark of a fetch where the
// store has listened since.
func (w *worker) waitShortly(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_ = w.s.Wait(ctx, w.queues, w.mark) // its error is ctx's
}
