package sqlcore

import (
	"context"
	"fmt"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Fetch takes jobs off the queues; see [storage.Worker].
func (s *Store) Fetch(ctx context.Context, r storage.FetchRequest) (result storage.FetchResult, err error) {
	if err := rules.Fetch(&r); err != nil {
		return result, err
	}
	d, hot := s.driver.(PlainFetcher)
	if hot {
		if result, done, err := s.fetchHot(ctx, d, &r); done || err != nil {
			return result, err
		}
	}
	var f *fetching
	err = s.write(ctx, func(t *tx) error {
		f = &fetching{tx: t, req: &r, hot: s.hot.lastCall(r.Session)}
		f.result.Mark = t.bell.mark()
		return f.run()
	})
	if err != nil {
		s.hot.forget(r.Session)
		return storage.FetchResult{}, err
	}
	if hot {
		s.hot.learn(&f.session, r.Queues)
	}
	return f.result, nil
}

// fetching is one fetch on its way through the queues.
type fetching struct {
	*tx
	req     *storage.FetchRequest
	session session
	hot     uint64 // the last call that a hot path gave jobs for
	result  storage.FetchResult
	max     int // jobs still to start
	ahead   int // jobs still to hold ready
	looked  int
	found   int // rows read at once
	runs    []newRun

	slots map[string]int        // running, by concurrency key
	rates map[storage.Limit]int // starts left
}

// minLook is how many jobs a fetch looks at, at least; one that finds many to move
// away ends there and says that there is more.
const minLook = 1000

func (f *fetching) budget() int { return minLook + 2*(f.req.Max+f.req.Ahead) }

func (f *fetching) run() error {
	found, err := f.sessionOf(f.req.Session, &f.session)
	if err != nil {
		return err
	}
	if !found || f.session.dead {
		return refuse(lost(f.req.Session))
	}
	last := max(f.session.call, f.hot)
	switch {
	case f.req.Call < last: // guard: late fetch
		return nil
	case f.req.Call == last: // guard: repeated fetch
		return f.again()
	case f.shared: // guard: fetch repeated elsewhere
		// a hot path may have given jobs for this call
		if err := f.again(); err != nil || len(f.result.Jobs) > 0 {
			return firstError(err, f.addRuns())
		}
	}
	f.max, f.ahead = f.req.Max, f.req.Ahead
	for _, name := range f.req.Queues {
		no, ok := f.names.queueNo[name]
		if !ok || f.names.queues[no].paused {
			continue
		}
		if err := f.queue(f.names.queues[no]); err != nil {
			return err
		}
	}
	if err := f.addRuns(); err != nil {
		return err
	}
	return f.nextRate()
}

func lost(id storage.ID) error {
	return fmt.Errorf("session %v: %w", id, storage.ErrSessionLost)
}

func (f *fetching) full() bool { return f.max == 0 && f.ahead == 0 }

// queue takes what it may from one queue: from its main line and from those held
// lines that this session can run, merged in their original order.
func (f *fetching) queue(queue *queueName) error {
	if f.full() {
		return nil
	}
	if err := f.wakeRates(queue); err != nil {
		return err
	}
	sources, err := f.sources(queue)
	if err != nil {
		return err
	}
	for !f.full() {
		s, err := f.first(queue, sources)
		if err != nil {
			return err
		}
		if s == nil {
			break
		}
		if f.looked >= f.budget() {
			f.result.More = true
			break
		}
		f.looked++
		r := s.buffer[0]
		s.buffer = s.buffer[1:]
		gone, err := f.consider(queue, r)
		if err != nil {
			return err
		}
		if gone && f.shared {
			s.gone = append(s.gone, r) // others may have put jobs between this one and the last
		} else {
			s.left(r.rank, gone)
		}
	}
	return f.leave(queue, sources)
}

// consider decides what becomes of a job that is looked at; it reports whether it
// left its line.
func (f *fetching) consider(queue *queueName, r *record) (gone bool, err error) {
	if !r.whole {
		if err := complete(f.Link, r); err != nil {
			return false, err
		}
	}
	shape := f.names.shapes[r.shape]
	if r.links&linkFlow != 0 && !r.expires.IsZero() && !r.expires.After(f.now) {
		return true, f.discard(r, rules.Expired)
	}
	if _, paused := f.names.paused[shape.kind]; paused {
		return true, f.hold(queue, r, line{held: rules.PausedKindLine(shape.kind), cause: causePaused, name: shape.kind}, 0)
	}
	if !f.req.Kinds.Reads(shape.kind, shape.fingerprint) {
		held := line{held: rules.KindLine(shape.kind, shape.fingerprint), cause: causeKind, name: shape.kind, print: shape.fingerprint}
		return true, f.hold(queue, r, held, 0)
	}
	if r.links&linkLimits != 0 {
		held, err := f.limited(queue, r)
		if held || err != nil {
			return held, err
		}
	}
	if free, err := f.freeBefore(r); err != nil || !free {
		return false, err
	}
	switch {
	case f.max > 0:
		f.max--
		return true, f.take(r, false)
	case r.links&(linkLimits|linkWary) != 0:
		return false, nil // never ahead
	}
	f.ahead--
	return true, f.take(r, true)
}
