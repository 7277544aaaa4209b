// Package pause spaces the tries of calls that fail: the first ones soon after each
// other, later ones about a second apart, at random a little earlier, so that many
// servers do not fall upon a store that comes back in step.
package pause

import (
	"context"
	"math/rand/v2"
	"time"
)

// First and Last bound the pauses.
const (
	First = 50 * time.Millisecond
	Last  = time.Second
)

// Pauses are the pauses between the tries of one call. The zero value is ready; it is
// not safe for concurrent use.
type Pauses struct{ next time.Duration }

// Reset starts over: a try succeeded.
func (p *Pauses) Reset() { p.next = 0 }

// Next is how long to wait after a try that failed and was made at the given time. The
// time it took is part of the pause: who waited long for nothing tries again soon.
func (p *Pauses) Next(tried time.Time) time.Duration {
	d := min(max(p.next, First), Last)
	p.next = 2 * d
	return max(d-rand.N(d/4)-time.Since(tried), First)
}

// Sleep waits for Next; false when ctx ended first.
func (p *Pauses) Sleep(ctx context.Context, tried time.Time) bool { return For(ctx, p.Next(tried)) }

// For waits for d; false when ctx ended first.
func For(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
