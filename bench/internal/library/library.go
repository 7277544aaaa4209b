// Package library runs the same jobs with jobgen, asynq and River, each through its
// own public client and server.
package library

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/backend"
	"github.com/gojobgen/jobgen/bench/internal/usage"
	"github.com/gojobgen/jobgen/bench/jobs"
)

// Library is a library in one configuration.
type Library struct {
	Name     string // as in the reports: jobgen, asynq-tuned, ...
	Settings string // one line
	open     func(ctx context.Context, s Setup) (Instance, error)
}

// Setup is where a library is to work.
type Setup struct {
	Space backend.Space
	Wire  *usage.Wire // dials every connection
	// OneStore: enqueue and work through the same store or client value, as in a
	// program that does both. Otherwise each side has connections of its own, as in two
	// programs, and neither knows what the other does but through the server.
	OneStore bool
}

// Open prepares the library's tables in an empty space and its client.
func (l Library) Open(ctx context.Context, s Setup) (Instance, error) {
	i, err := l.open(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.Name, err)
	}
	return i, nil
}

// Instance is a library at work in one space.
type Instance interface {
	// Enqueue stores one job and returns when it is durable.
	Enqueue(ctx context.Context, o jobs.Order) error
	// EnqueueMany stores jobs in the fastest way that the library has.
	EnqueueMany(ctx context.Context, os []jobs.Order) error
	// Schedule stores jobs that fall due at one time.
	Schedule(ctx context.Context, at time.Time, os []jobs.Order) error
	// ScheduledLeft reports whether a scheduled job has not become enqueued yet.
	ScheduledLeft(ctx context.Context) (bool, error)
	// Serve starts a server; stop ends it in its orderly way.
	Serve(ctx context.Context, o ServeOptions) (stop func() error, err error)
	// List reads a page of a hundred finished jobs, newest first.
	List(ctx context.Context) error
	// Close lets go of connections.
	Close() error
}

// ServeOptions are what a server is to do.
type ServeOptions struct {
	Workers int
	Queues  []string // none: the default queue
	Run     func(jobs.Order)
	// Recurring is how many recurring jobs there are; each runs at every Every.
	Recurring int
	Every     time.Duration
}

// Keeper is an Instance that can store finished jobs without running them.
type Keeper interface {
	Keep(ctx context.Context, n int) error
}

// ErrCannot says that the library has nothing that does this.
var ErrCannot = errors.New("the library has no such thing")

const (
	// Ours is the name of this module's library in the reports.
	Ours = "jobgen"
	// DefaultQueue is the queue of all libraries' jobs.
	DefaultQueue = "default"
	// bulk is how many jobs are stored in one call.
	bulk = 1000
	// poolSize is how many connections each side may open: more than a machine with a
	// few cores has use for, and enough that no caller of 16 waits for one.
	poolSize = 20
)

// Of lists the libraries for a backend, ours first. All: untuned ones too.
func Of(backendName string, all bool) []Library {
	switch backendName {
	case "redis":
		list := []Library{jobgenRedis, asynqTuned}
		if all {
			list = append(list, asynqServers4, asynqServers10, asynqDefault)
		}
		return list
	case "postgres":
		list := []Library{jobgenPostgres, riverPostgresTuned}
		if all {
			list = append(list, riverPostgres)
		}
		return list
	case "sqlite":
		list := []Library{jobgenSQLite, riverSQLiteTuned}
		if all {
			list = append(list, riverSQLite)
		}
		return list
	case "mysql":
		return []Library{jobgenMySQL}
	}
	return nil
}

// inBulk calls f with at most bulk orders at a time.
func inBulk(os []jobs.Order, f func([]jobs.Order) error) error {
	for len(os) > 0 {
		n := min(len(os), bulk)
		if err := f(os[:n]); err != nil {
			return err
		}
		os = os[n:]
	}
	return nil
}
