package runtime

import (
	"context"
	"sync"
	"time"
)

// callTimeout bounds one call of a loop, so that a connection that hangs is given up.
const callTimeout = 10 * time.Second

// calls are the calls of a session's loops that the store has not answered. After an
// outage those sent before or during it may hang for long although the store is back.
type calls struct {
	mu   sync.Mutex
	sent map[*context.CancelFunc]time.Time
}

// start bounds one call by callTimeout and giveUp; the returned function ends the bound.
func (c *calls) start(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	key := &cancel
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent == nil {
		c.sent = make(map[*context.CancelFunc]time.Time)
	}
	c.sent[key] = time.Now()
	return ctx, func() {
		c.mu.Lock()
		delete(c.sent, key)
		c.mu.Unlock()
		cancel()
	}
}

// giveUp ends the calls sent before one that was answered after an outage: the loops
// make them again.
func (c *calls) giveUp(answered time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for cancel, sent := range c.sent {
		if sent.Before(answered) {
			(*cancel)()
		}
	}
}
