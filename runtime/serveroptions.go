package runtime

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/storage"
)

// ServerOptions configures a [Server]. The zero value works one queue, "default".
type ServerOptions struct {
	// Queues in strict order: a job of the first one always goes first. Defaults to
	// DefaultQueue alone.
	Queues []string
	// Weights, instead of Queues: each fetch tries the queues in a random order in which
	// a queue comes first in proportion to its weight, so that none starves.
	Weights map[string]int
	// Concurrency is how many jobs run at once. Defaults to 20.
	Concurrency int
	// Retry is the policy for jobs that name none. Defaults to DefaultRetry().
	Retry *RetryPolicy
	// StopTimeout is how long running jobs may go on after Run's context ended; then
	// their contexts end with ErrStopping. Defaults to 20 s.
	StopTimeout time.Duration
	// StopGrace is how long they have to return after that; what still runs then is
	// released and named in Run's error. Defaults to 5 s.
	StopGrace time.Duration
	// Lease is how long the store waits for a sign of life before the server's jobs
	// run elsewhere. Defaults to storage.DefaultLease; from 1 s to storage.MaxLease.
	Lease time.Duration
	// MaxLost is how many times a job may go down with its server before it rests in
	// failed. Defaults to storage.DefaultMaxLost.
	MaxLost int
	// Owner is the service's name: recurring jobs declared in code belong to it, and
	// are removed when the service goes on without declaring them. Defaults to "default".
	Owner string
	// Revision rises with the service's versions, so that an older one that is still
	// running does not overwrite a newer one's declarations. Defaults to 0.
	Revision int64
	// Version of the service, for people.
	Version string
	// Name of the server, for people. Defaults to host name and process id.
	Name string
	// Logger is the server's log and, behind it, the handlers'. Defaults to none.
	Logger zerolog.Logger
	// Clock gives the time for log lines. Leases and due times follow the store's
	// clock. Defaults to time.Now.
	Clock func() time.Time
}

// complete checks the options and fills in the defaults.
func (o *ServerOptions) complete() error {
	if err := o.completeQueues(); err != nil {
		return err
	}
	setDefault(&o.Concurrency, 20)
	setDefault(&o.StopTimeout, 20*time.Second)
	setDefault(&o.StopGrace, 5*time.Second)
	setDefault(&o.Lease, storage.DefaultLease)
	setDefault(&o.MaxLost, storage.DefaultMaxLost)
	setDefault(&o.Owner, "default")
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Retry == nil {
		policy := DefaultRetry()
		o.Retry = &policy
	}
	if o.Name == "" {
		host, _ := os.Hostname()
		o.Name = fmt.Sprintf("%s:%d", host, os.Getpid())
	}
	switch {
	case o.Concurrency < 1 || o.Concurrency > 100_000:
		return fmt.Errorf("%w: Concurrency is %d; use 1 to 100000", ErrInvalid, o.Concurrency)
	case o.Lease < time.Second || o.Lease > storage.MaxLease:
		return fmt.Errorf("%w: Lease is %v; use 1s to %v", ErrInvalid, o.Lease, storage.MaxLease)
	case o.StopTimeout < 0 || o.StopGrace < 0:
		return fmt.Errorf("%w: StopTimeout and StopGrace must not be negative", ErrInvalid)
	case o.MaxLost < 0:
		return fmt.Errorf("%w: MaxLost is %d; it must not be negative", ErrInvalid, o.MaxLost)
	}
	if err := o.Retry.validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

func (o *ServerOptions) completeQueues() error {
	if len(o.Queues) > 0 && len(o.Weights) > 0 {
		return fmt.Errorf("%w: Queues (strict order) and Weights exclude each other", ErrInvalid)
	}
	o.Queues = slices.Clone(o.Queues)
	for name, weight := range o.Weights {
		if weight < 1 {
			return fmt.Errorf("%w: queue %q has weight %d; use 1 or more", ErrInvalid, name, weight)
		}
		o.Queues = append(o.Queues, name)
	}
	if len(o.Weights) > 0 {
		slices.Sort(o.Queues)
	}
	if len(o.Queues) == 0 {
		o.Queues = []string{DefaultQueue}
	}
	for i, name := range o.Queues {
		if err := checkQueue(name); err != nil {
			return err
		}
		if slices.Contains(o.Queues[:i], name) {
			return fmt.Errorf("%w: queue %q is listed twice", ErrInvalid, name)
		}
	}
	return nil
}

// order is the order of the queues for one fetch: as listed, or drawn by weight.
func (o *ServerOptions) order() []string {
	if len(o.Weights) == 0 {
		return o.Queues
	}
	left := slices.Clone(o.Queues)
	total := 0
	for _, name := range left {
		total += o.Weights[name]
	}
	order := make([]string, 0, len(left))
	for len(left) > 0 {
		draw := rand.IntN(total)
		i := 0
		for draw >= o.Weights[left[i]] {
			draw -= o.Weights[left[i]]
			i++
		}
		order = append(order, left[i])
		total -= o.Weights[left[i]]
		left = slices.Delete(left, i, i+1)
	}
	return order
}
