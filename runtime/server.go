package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gojobgen/jobgen/runtime/internal/work"
	"github.com/gojobgen/jobgen/storage"
)

// Server takes jobs from a store and runs them with a dispatcher's handlers. Make
// one with [NewServer]; several may share a store, a dispatcher and a process.
type Server struct {
	store      storage.Store
	dispatcher *Dispatcher
	opts       ServerOptions
	kinds      []storage.KindInfo
	pool       *work.Pool[*run]
	base       context.Context // of all handlers: Run's values without its end
	faults     faultLog
	running    []atomic.Pointer[run] // by worker

	mu      sync.Mutex
	started bool
}

// NewServer makes a server. It does not touch the store and does not fail; Run does.
func NewServer(store storage.Store, d *Dispatcher, opts ServerOptions) *Server {
	return &Server{store: store, dispatcher: d, opts: opts}
}

// Run works until ctx ends, then stops: it takes no more jobs, lets the running
// ones finish within StopTimeout, ends their contexts, and releases those that
// still do not return. It returns nil when ctx ended and everything was settled,
// and otherwise says what was wrong: an option, or the jobs that did not stop. A
// store that fails is no reason to return: the server tries again. It may be called
// once. Handlers see ctx's values, not its end.
func (s *Server) Run(ctx context.Context) error { return s.serve(ctx, false) }

// RunUntilIdle is Run that also stops, with nil, once nothing is left that it could
// run now: no job of its queues is enqueued or running. Scheduled jobs stay, and
// those that a pause, a limit or a rate holds back. It is for programs that are
// started to work off what there is, and for tests.
func (s *Server) RunUntilIdle(ctx context.Context) error { return s.serve(ctx, true) }

func (s *Server) serve(ctx context.Context, untilIdle bool) error {
	if err := s.prepare(ctx); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	for {
		session, err := s.open(ctx)
		if err != nil {
			if ctx.Err() != nil {
				err = nil
			}
			return wrapStop(errors.Join(err, s.stop(nil))) // handlers of a lost session
		}
		lost, err := session.live(ctx, untilIdle)
		if !lost {
			return wrapStop(err)
		}
		s.opts.Logger.Warn().Stringer("session", session.info.ID).
			Msg("session lost: its jobs run elsewhere; opening a new one")
	}
}

func wrapStop(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("server: %w", err)
}

func (s *Server) prepare(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return fmt.Errorf("%w: Run was called before; make a new server", ErrInvalid)
	}
	if err := s.opts.complete(); err != nil {
		return err
	}
	if s.store == nil || s.dispatcher == nil {
		return fmt.Errorf("%w: a store and a dispatcher are required", ErrInvalid)
	}
	s.started = true
	s.base = context.WithoutCancel(ctx)
	s.faults.logger = s.opts.Logger
	s.running = make([]atomic.Pointer[run], s.opts.Concurrency)
	s.pool = work.New(s.opts.Concurrency, s.work, giveBack)
	s.kinds = s.dispatcher.catalogue(*s.opts.Retry)
	if len(s.kinds) == 0 {
		s.opts.Logger.Warn().Msg("no jobs are registered with the dispatcher: the server runs none")
	}
	return nil
}
