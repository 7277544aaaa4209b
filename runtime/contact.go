package runtime

import (
	"context"
	"sync"
	"time"
)

// gate blocks who waits for it while it is shut. The zero gate is open.
type gate struct {
	mu     sync.Mutex
	closed chan struct{} // non-nil while shut; closed when it opens
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil {
		g.closed = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		close(g.closed)
		g.closed = nil
	}
}

func (g *gate) wait(ctx context.Context) error {
	g.mu.Lock()
	closed := g.closed
	g.mu.Unlock()
	if closed == nil {
		return ctx.Err()
	}
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// storeClock is the store's clock as of its last sight, carried on by our monotonic
// one: a jump of our wall clock does not move it.
type storeClock struct {
	once  sync.Once
	known chan struct{} // closed by the first sight
	mu    sync.Mutex
	then  time.Time // the store's
	at    time.Time // ours, at that moment
}

func (c *storeClock) seen(now time.Time) {
	c.mu.Lock()
	c.then, c.at = now, time.Now()
	c.mu.Unlock()
	c.once.Do(func() { close(c.known) })
}

func (c *storeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.then.Add(time.Since(c.at))
}
