package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Store keeps jobs in a SQLite file. Make one with [Open].
type Store struct {
	path    string
	prefix  string
	version string // of the SQLite library
	opts    options
	readers *sql.DB
	seen    atomic.Pointer[names] // what readers know of names
	bell    bell

	mu      sync.Mutex
	queue   []*part
	closed  bool
	kick    chan struct{} // holds one
	ended   chan struct{} // the writer is gone
	closing error         // of the write connection, once the writer is gone
	stop    chan struct{} // closed by Close
}

var _ storage.Store = (*Store)(nil)

func (s *Store) start(l *rawLink) {
	s.kick = make(chan struct{}, 1)
	s.ended = make(chan struct{})
	s.stop = make(chan struct{})
	s.bell.init()
	w := &writer{s: s, link: l}
	go w.loop()
}

// Close waits for the writes under way, lets go of the file, and ends every Wait.
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
	if err := errors.Join(s.closing, s.readers.Close()); err != nil {
		return fmt.Errorf("sqlitestore: close %s: %w", s.path, err)
	}
	return nil
}

// Info describes the store.
func (s *Store) Info() storage.Info {
	return storage.Info{Name: "sqlite", Durable: true, Lanes: 1, Version: s.version}
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Store) now() time.Time { return rules.Cut(s.opts.clock()) }

// errClosed is what calls answer after Close.
func (s *Store) errClosed() error {
	return fmt.Errorf("sqlitestore: %s: %w", s.path, storage.ErrClosed)
}

// read calls f with a link that sees one moment of the database, and the names of
// that moment.
func (s *Store) read(ctx context.Context, f func(v *view) error) error {
	if s.isClosed() {
		return s.errClosed()
	}
	dbtx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return s.readFault(ctx, err)
	}
	defer dbtx.Rollback()
	l := &sqlLink{ctx: ctx, conn: dbtx, prefix: s.prefix}
	known, err := s.namesFor(l)
	if err != nil {
		return s.readFault(ctx, err)
	}
	return s.readFault(ctx, f(&view{link: l, names: known, now: s.now()}))
}

// readFault makes one error of what ended a read: a cancelled context and a closed
// store say so themselves.
func (s *Store) readFault(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("sqlitestore: %w", ctx.Err())
	case s.isClosed():
		return s.errClosed()
	}
	return cure(err)
}

// view is one moment of the database.
type view struct {
	link
	names *names
	now   time.Time
}
