package sqlcore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Config describes a store to the core.
type Config struct {
	Package string // of the store, for errors: "sqlitestore"
	Place   string // the file or server, for errors
	Info    storage.Info
	Texts   *Texts
	// Shared: others insert while a transaction of the core is open, without its lock.
	// Places in queues are times then, counters are rows that are added up, and what is
	// known of jg_meta is what Tx.Meta says.
	Shared bool
	// Promote is how many plain jobs that are due a Tick makes enqueued that names no budget,
	// where that is more than the budget: a step has its price, however much it moves.
	Promote int
}

// Store keeps jobs in a database. Every write is a part of a transaction that holds
// the namespace's write lock (see [Driver.Begin]), so each call is one step.
type Store struct {
	config Config
	driver Driver
	seen   atomic.Pointer[names] // what readers know of names
	bell   bell

	gathered gather // what hot inserts gather
	hot      hot    // what hot paths remember

	mu      sync.Mutex
	queue   []*part
	closed  bool
	kick    chan struct{} // holds one
	ended   chan struct{} // the writer is gone
	closing error         // of the driver, once the writer is gone
	stop    chan struct{} // closed by Close
}

var _ storage.Store = (*Store)(nil)

// New makes a store of a database whose tables are there, and takes over the driver.
func New(c Config, d Driver) *Store {
	s := &Store{config: c, driver: d, kick: make(chan struct{}, 1), ended: make(chan struct{}), stop: make(chan struct{})}
	s.bell.init()
	w := &writer{s: s, stale: true}
	go w.loop()
	return s
}

// Close waits for the writes under way, lets go of the database, and ends every Wait.
// Jobs that sessions of this process run stay theirs until they are closed or lost.
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if !first {
		<-s.ended
		return nil
	}
	close(s.stop)
	<-s.ended
	s.bell.close()
	if s.closing != nil {
		return s.fault(fmt.Errorf("close %s: %w", s.config.Place, s.closing))
	}
	return nil
}

// Info describes the store.
func (s *Store) Info() storage.Info { return s.config.Info }

// fault is an error as callers of the store see it.
func (s *Store) fault(err error) error { return fmt.Errorf("%s: %w", s.config.Package, err) }

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// errClosed is what calls answer after Close.
func (s *Store) errClosed() error {
	return s.fault(fmt.Errorf("%s: %w", s.config.Place, storage.ErrClosed))
}

// read calls f with a link that sees one moment of the database, and the names of
// that moment.
func (s *Store) read(ctx context.Context, f func(v *view) error) error {
	if s.isClosed() {
		return s.errClosed()
	}
	moment, err := s.driver.View(ctx)
	if err != nil {
		return s.readFault(ctx, err)
	}
	defer moment.Close()
	known, err := s.namesFor(moment)
	if err != nil {
		return s.readFault(ctx, err)
	}
	return s.readFault(ctx, f(&view{Link: moment, names: known, now: rules.Cut(moment.Now())}))
}

// readFault makes one error of what ended a read: a cancelled context and a closed
// store say so themselves.
func (s *Store) readFault(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return s.fault(ctx.Err())
	case s.isClosed():
		return s.errClosed()
	}
	return s.fault(s.driver.Cure(err))
}

// view is one moment of the database.
type view struct {
	Link
	names *names
	now   time.Time
}
