package runtime

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"
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

// storeClock knows how far the store's clock is from ours.
type storeClock struct {
	once  sync.Once
	known chan struct{} // closed by the first sight
	mu    sync.Mutex
	ahead time.Duration
}

func (c *storeClock) seen(now time.Time) {
	c.mu.Lock()
	c.ahead = time.Until(now)
	c.mu.Unlock()
	c.once.Do(func() { close(c.known) })
}

func (c *storeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// faultLog logs storage faults of the loops, each kind of call at most once in
// quietFor: a store that is down for an hour should not fill a disk.
type faultLog struct {
	logger zerolog.Logger
	mu     sync.Mutex
	last   map[string]time.Time
}

const quietFor = 10 * time.Second

func (f *faultLog) with(doing string) func(error) {
	return func(err error) { f.log(doing, err) }
}

func (f *faultLog) log(doing string, err error) {
	f.mu.Lock()
	quiet := time.Since(f.last[doing]) < quietFor
	if !quiet {
		if f.last == nil {
			f.last = make(map[string]time.Time)
		}
		f.last[doing] = time.Now()
	}
	f.mu.Unlock()
	if !quiet {
		f.logger.Error().Err(err).Msg("store: " + doing + " failed; trying again")
	}
}
