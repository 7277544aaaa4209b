package runtime

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// RetryPolicy says how often and when a failed job runs again. The zero value
// never retries.
type RetryPolicy struct {
	// Max counts retries after the first run.
	Max int `json:"max"`
	// Delays before the first, second, ... retry; the last one repeats.
	Delays []time.Duration `json:"delays,omitempty"`
	// Base and Cap give an exponential curve where Delays is empty: Base, 2 Base,
	// 4 Base, ... up to Cap (0: a day), each up to a tenth longer at random.
	Base time.Duration `json:"base,omitempty"`
	Cap  time.Duration `json:"cap,omitempty"`
	// Discard ends a job that used up its retries in deleted instead of failed.
	Discard bool `json:"discard,omitempty"`
}

// DefaultRetry is the policy where nothing else is set: ten retries spread over
// about four and a half hours, 15 s after the first failure and nearly two
// hours before the last retry.
func DefaultRetry() RetryPolicy { return RetryPolicy{Max: 10} }

// NoRetries never retries.
func NoRetries() RetryPolicy { return RetryPolicy{} }

// Delay is the wait before retry n, counted from 1. Without Delays and Base it is
// Hangfire's curve, (n-1)^4 + 15 + r*n seconds with r random from 0 to 29: quick at
// first, patient later, and spread so that jobs that failed together do not return
// together.
func (p RetryPolicy) Delay(n int) time.Duration {
	n = max(n, 1)
	switch {
	case len(p.Delays) > 0:
		return p.Delays[min(n, len(p.Delays))-1]
	case p.Base > 0:
		return p.exponential(n)
	}
	n = min(n, 100) // the fourth power stays far from overflow
	back := n - 1
	return time.Duration(back*back*back*back+15+rand.IntN(30)*n) * time.Second
}

func (p RetryPolicy) exponential(n int) time.Duration {
	limit := p.Cap
	if limit <= 0 {
		limit = 24 * time.Hour
	}
	d := p.Base
	for i := 1; i < n && d < limit; i++ {
		d *= 2
	}
	d = min(d, limit)
	return d + rand.N(d/10+1)
}

func (p RetryPolicy) validate() error {
	switch {
	case p.Max < 0:
		return fmt.Errorf("retry policy: Max is %d; it must not be negative", p.Max)
	case len(p.Delays) > p.Max:
		return fmt.Errorf("retry policy: %d delays for %d retries; raise Max or drop delays", len(p.Delays), p.Max)
	case p.Base < 0 || p.Cap < 0:
		return fmt.Errorf("retry policy: Base %v and Cap %v must not be negative", p.Base, p.Cap)
	}
	for i, d := range p.Delays {
		if d < 0 {
			return fmt.Errorf("retry policy: delay %d is %v; it must not be negative", i+1, d)
		}
	}
	return nil
}

func (p RetryPolicy) String() string {
	switch {
	case p.Max == 0:
		return "no retries"
	case len(p.Delays) > 0:
		return fmt.Sprintf("%d retries after %v", p.Max, p.Delays)
	case p.Base > 0:
		return fmt.Sprintf("%d retries, exponential from %v", p.Max, p.Base)
	}
	return fmt.Sprintf("%d retries", p.Max)
}
