package mysqlstore

import (
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// clock is what is known of the server's clock between two answers of the server: the
// last one heard, and the time since by the monotonic clock of this process. It gives
// new jobs their places without a round trip.
type clock struct {
	mu    sync.Mutex
	heard time.Time // by the server's clock
	at    time.Time // when, by ours
	place int64     // last one given
}

// hear notes what the server's clock was just now. An answer that was long on its way
// would set the clock back, so what is known from a quicker one stays for a while.
func (c *clock) hear(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	since := time.Since(c.at)
	if c.heard.IsZero() || since > maxHeard || now.After(c.heard.Add(since)) {
		c.heard, c.at = now, time.Now()
	}
}

// old reports whether too much time has passed to rely on it.
func (c *clock) old() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard.IsZero() || time.Since(c.at) > maxHeard
}

// maxHeard is how long the clocks are taken to run alike.
const maxHeard = 5 * time.Second

// places reserves n places, if any, behind all that this process gave before, and says what time
// it is.
func (c *clock) places(n int) (now time.Time, first int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now = c.heard.Add(time.Since(c.at))
	first = max((now.UnixMicro()-sqlcore.PlacesFrom())<<sqlcore.PlaceBits, c.place+1)
	c.place = first + int64(n) - 1
	return now, first
}
