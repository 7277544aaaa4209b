package sqlcore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// A part is what one call writes. The writer runs the parts that gathered while it
// was busy in one transaction, and answers their callers when that is committed.
type part struct {
	ctx   context.Context
	run   func(t *tx) error // repeated from the start when the transaction is
	state atomic.Int32
	err   error
	done  chan struct{}
}

const (
	partQueued int32 = iota
	partTaken        // the writer runs it: its caller waits for the end
	partLeft         // its caller gave up before it began
)

// refusal is an error of a part that has written nothing: it is the answer of its
// caller and no matter of the other parts.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// refuse makes err the answer of a part that has written nothing.
func refuse(err error) error { return refusal{err} }

// write runs f in a transaction, alone or with the parts of other callers. The answer
// is nil only when it is committed. F is called again when the transaction fails, so
// it has to set its results anew.
func (s *Store) write(ctx context.Context, f func(t *tx) error) error {
	if err := ctx.Err(); err != nil {
		return s.fault(err)
	}
	p := &part{ctx: ctx, run: f, done: make(chan struct{})}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return s.errClosed()
	}
	s.queue = append(s.queue, p)
	s.mu.Unlock()
	s.wakeWriter()
	select {
	case <-p.done:
	case <-ctx.Done():
		if p.state.CompareAndSwap(partQueued, partLeft) {
			return s.fault(fmt.Errorf("waiting to write to %s: %w", s.config.Place, ctx.Err()))
		}
		<-p.done
	}
	switch {
	case p.err == nil:
		return nil
	case errors.Is(p.err, storage.ErrClosed):
		return s.errClosed()
	}
	return s.fault(p.err)
}

func (s *Store) wakeWriter() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// maxParts bounds one transaction, so that the first caller does not wait for long.
const maxParts = 256

// take gives the parts that wait, at most maxParts.
func (s *Store) take() []*part {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.queue), maxParts)
	taken := make([]*part, 0, n)
	for _, p := range s.queue[:n] {
		if p.state.CompareAndSwap(partQueued, partTaken) {
			taken = append(taken, p)
		}
	}
	s.queue = append(s.queue[:0], s.queue[n:]...)
	return taken
}

// waiting reports whether a part waits whose caller still does, and forgets the others.
func (s *Store) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.queue[:0]
	for _, p := range s.queue {
		if p.state.Load() == partQueued {
			kept = append(kept, p)
		}
	}
	clear(s.queue[len(kept):])
	s.queue = kept
	return len(kept) > 0
}

// writer opens the transactions with the write lock. All its methods run in one goroutine.
type writer struct {
	s     *Store
	tx    Tx     // the open one
	names *names // nil: to be read
	meta  Meta
	stale bool // meta has to be read again
	quiet int  // polls without news
}

// loop writes until the store is closed and nothing waits.
func (w *writer) loop() {
	defer func() {
		w.s.closing = w.s.driver.Close()
		close(w.s.ended)
	}()
	poll := time.NewTimer(time.Hour)
	defer poll.Stop()
	for {
		w.setPoll(poll)
		select {
		case <-w.s.kick:
		case <-poll.C:
			w.poll()
		case <-w.s.stop:
			for w.s.waiting() {
				w.commit()
			}
			return
		}
		for w.s.waiting() {
			// Callers that were just answered often write again at once: let them join.
			runtime.Gosched()
			w.commit()
		}
	}
}

// commit runs the parts that wait in one transaction.
func (w *writer) commit() {
	if err := w.begin(); err != nil {
		for _, p := range w.s.take() {
			p.answer(err)
		}
		return
	}
	parts := w.s.take()
	if len(parts) == 0 {
		w.rollback()
		return
	}
	err := w.run(parts)
	if err == nil {
		for _, p := range parts {
			p.answer(p.err)
		}
		return
	}
	if len(parts) == 1 && !w.s.undone(err) {
		parts[0].answer(err)
		return
	}
	for _, p := range parts { // one of them is at fault: each for itself
		p.answer(w.again(p))
	}
}

// maxTries bounds how often what the database has undone is tried again.
const maxTries = 5

// again runs a part in a transaction of its own, several times if the database undoes it.
func (w *writer) again(p *part) (err error) {
	for range maxTries {
		if err = w.begin(); err == nil {
			err = w.run([]*part{p})
		}
		if err == nil {
			return p.err
		}
		if !w.s.undone(err) {
			break
		}
	}
	return err
}

// undone reports whether a transaction failed for what may be over already.
func (s *Store) undone(err error) bool {
	u, ok := s.driver.(Undoer)
	return ok && u.Undone(err)
}

func (p *part) answer(err error) {
	p.err = err
	close(p.done)
}

// run runs parts in the transaction that is open, and commits it. After an error
// nothing of it is left.
func (w *writer) run(parts []*part) error {
	t := w.newTx()
	for _, p := range parts {
		p.err = t.part(p.run)
		var no refusal
		if errors.As(p.err, &no) {
			p.err = no.error
		} else if p.err != nil {
			w.rollback()
			return w.s.driver.Cure(p.err)
		}
	}
	if err := t.flush(); err != nil {
		w.rollback()
		return w.s.driver.Cure(err)
	}
	if err := w.tx.Commit(); err != nil {
		w.rollback()
		return w.s.driver.Cure(err)
	}
	w.meta = t.meta
	w.s.committed(t)
	return nil
}

func (w *writer) rollback() {
	w.names = nil
	w.stale = true
	w.tx.Rollback()
}

// begin opens a transaction with the write lock.
func (w *writer) begin() (err error) {
	if w.tx, err = w.s.driver.Begin(w.s.waiting); err != nil {
		return w.s.driver.Cure(err)
	}
	if err := w.look(); err != nil {
		w.rollback()
		return w.s.driver.Cure(err)
	}
	return nil
}

// look sees what others have changed since, within the transaction.
func (w *writer) look() (err error) {
	if w.tx.News() {
		w.heard()
	}
	if known, ok := w.tx.Meta(); ok {
		w.meta = known
	} else if w.stale {
		if err := w.meta.read(w.tx); err != nil {
			return err
		}
	}
	if w.names == nil || w.names.generation != w.meta.Generation {
		w.s.bell.ringAll() // there may be queues that had no name when they were asked for
		if w.names, err = loadNames(w.tx, w.meta.Generation); err != nil {
			return err
		}
	}
	w.stale = false
	return nil
}

// setPoll arms the timer that looks for the work of other processes: only while
// somebody waits for work, often when there was some lately, else more and more rarely.
func (w *writer) setPoll(timer *time.Timer) {
	timer.Stop()
	if !w.s.bell.listened() {
		return
	}
	timer.Reset(pollPause(w.quiet))
}

const (
	pollFirst = 5 * time.Millisecond
	pollLast  = 250 * time.Millisecond
	pollIdle  = time.Second
)

// pollPause is how long to wait after so many polls without news.
func pollPause(quiet int) time.Duration {
	switch {
	case quiet > 120:
		return pollIdle
	case quiet > 12:
		return pollLast
	}
	return min(pollFirst<<(quiet/2), pollLast)
}

// poll wakes those who wait when others have written.
func (w *writer) poll() {
	news, err := w.s.driver.Poll()
	if err != nil || !news {
		w.quiet++
		return
	}
	w.heard()
}

// heard wakes everybody, since others have written something.
func (w *writer) heard() {
	w.quiet = 0
	w.stale = true
	w.s.bell.ringAll()
}
