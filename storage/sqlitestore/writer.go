package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
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
		return fmt.Errorf("sqlitestore: %w", err)
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
			return fmt.Errorf("sqlitestore: waiting to write to %s: %w", s.path, ctx.Err())
		}
		<-p.done
	}
	return p.err
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

// writer owns the write connection. All its methods run in one goroutine.
type writer struct {
	s       *Store
	link    *rawLink
	names   *names // nil: to be read
	meta    meta
	version int64 // of the file, as last seen
	stale   bool  // meta has to be read again
	quiet   int   // polls without news
}

// loop writes until the store is closed and nothing waits.
func (w *writer) loop() {
	defer func() {
		w.s.closing = w.link.close()
		close(w.s.ended)
	}()
	w.version, _ = w.dataVersion()
	w.stale = true
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
	if len(parts) == 1 {
		parts[0].answer(err)
		return
	}
	for _, p := range parts { // one of them is at fault: each for itself
		err := w.begin()
		if err == nil {
			err = w.run([]*part{p})
		}
		if err == nil {
			err = p.err
		}
		p.answer(err)
	}
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
			return cure(p.err)
		}
	}
	if err := t.flush(); err != nil {
		w.rollback()
		return cure(err)
	}
	if _, err := w.link.exec(sqlCommit); err != nil {
		w.rollback()
		return cure(err)
	}
	w.meta = t.meta
	w.s.bell.ring(t.woken)
	return nil
}

func (w *writer) rollback() {
	w.names = nil
	w.stale = true
	_ = w.link.run("ROLLBACK") // fails where SQLite has done it already
}

var (
	sqlBegin   = sqlText(`BEGIN IMMEDIATE`)
	sqlCommit  = sqlText(`COMMIT`)
	sqlVersion = sqlText(`PRAGMA data_version`)
)

// begin opens a transaction with the write lock. While another process, or a caller's
// transaction, holds the lock, it tries again as long as a caller waits.
func (w *writer) begin() error {
	pause := time.Millisecond
	for {
		_, err := w.link.exec(sqlBegin)
		if err == nil {
			break
		}
		if codeOf(err) != codeBusy {
			return cure(err)
		}
		if pause == maxPause && w.s.isClosed() {
			return w.s.errClosed()
		}
		retry := time.NewTimer(pause)
		<-retry.C
		pause = min(pause*3/2+time.Millisecond/2, maxPause)
		if !w.s.waiting() {
			return cure(err)
		}
	}
	if err := w.look(); err != nil {
		w.rollback()
		return cure(err)
	}
	return nil
}

// maxPause is the longest pause between two tries to get the write lock.
const maxPause = 25 * time.Millisecond

// look sees what others have changed since, within the transaction.
func (w *writer) look() error {
	version, err := w.dataVersion()
	if err != nil {
		return err
	}
	if version != w.version {
		w.s.bell.ringAll()
		w.quiet = 0
		w.version = version
		w.stale = true
	}
	if w.stale {
		if err := w.meta.read(w.link); err != nil {
			return err
		}
	}
	if w.names == nil || w.names.generation != w.meta.generation {
		if w.names, err = loadNames(w.link, w.meta.generation); err != nil {
			return err
		}
	}
	w.stale = false
	return nil
}

func (w *writer) dataVersion() (version int64, err error) {
	_, err = one(w.link, func(r *rows) { version = r.int64(0) }, sqlVersion)
	return version, err
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

// poll wakes those who wait when another connection has changed the file.
func (w *writer) poll() {
	version, err := w.dataVersion()
	if err != nil || version == w.version {
		w.quiet++
		return
	}
	w.quiet = 0
	w.s.bell.ringAll()
	w.version = version
	w.stale = true
}
