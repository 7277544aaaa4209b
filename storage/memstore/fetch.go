package memstore

import (
	"context"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// maxLook is how many jobs one fetch looks at beyond those it gives.
const maxLook = 1000

// Fetch implements [storage.Worker].
func (s *Store) Fetch(ctx context.Context, r storage.FetchRequest) (storage.FetchResult, error) {
	if err := rules.Fetch(&r); err != nil {
		return storage.FetchResult{}, err
	}
	if err := s.enter(ctx); err != nil {
		return storage.FetchResult{}, err
	}
	defer s.mu.Unlock()
	sess, err := s.live(r.Session)
	switch {
	case err != nil:
		return storage.FetchResult{}, err
	case r.Call < sess.call:
		return storage.FetchResult{}, nil
	case r.Call == sess.call:
		return s.again(sess), nil
	}
	f := &fetch{s: s, sess: sess, kinds: r.Kinds, start: r.Max, ahead: r.Ahead, looks: maxLook, over: maxLook}
	f.res.Mark = s.wakes
	f.res.Jobs = make([]storage.Fetched, 0, s.atMost(r))
	for _, name := range r.Queues {
		if q := s.queues[name]; q != nil && !q.paused {
			f.take(q)
		}
	}
	sess.call, sess.answer = r.Call, f.res
	sess.gave = sess.gave[:0]
	for _, j := range f.res.Jobs {
		sess.gave = append(sess.gave, j.Token)
	}
	sess.answer.Jobs = nil
	return f.res, nil
}

// atMost is how many jobs a fetch can give.
func (s *Store) atMost(r storage.FetchRequest) int {
	n := 0
	for _, name := range r.Queues {
		if q := s.queues[name]; q != nil && !q.paused {
			n += q.waiting.len()
		}
	}
	return min(n, r.Max+r.Ahead)
}

// again answers a repeated call: with what is still the session's.
func (s *Store) again(sess *session) storage.FetchResult {
	res := sess.answer
	for _, t := range sess.gave {
		if j := sess.running[t.Job]; j != nil && j.Fetches == t.Fetch {
			res.Jobs = append(res.Jobs, fetched(j, t))
		}
	}
	return res
}

func fetched(j *job, t storage.Token) storage.Fetched {
	return storage.Fetched{Job: j.whole(), Token: t, Ahead: j.ahead}
}

// fetch is one running call of Fetch.
type fetch struct {
	s     *Store
	sess  *session
	kinds *storage.KindSet
	start int // jobs still wanted to start
	ahead int // and to hold ready
	looks int // jobs that may still be looked at without being given
	over  int // jobs that may still be passed over
	res   storage.FetchResult
}

// source is one row of jobs that a fetch takes from, in turn.
type source struct {
	jobs *ordered[*job]
	last *job // the last one passed over; nil: none
}

func (c *source) next() (*job, bool) {
	if c.last == nil {
		return c.jobs.min()
	}
	return c.jobs.after(c.last)
}

// take gives jobs of q while any are wanted. The main row, the lines that this session
// can run, and those that have room again are taken from by turn. A job that may not
// be held ready is passed over once nothing more is to be started.
func (f *fetch) take(q *queue) {
	f.s.arise(q)
	sources := f.sources(q)
	for f.start > 0 || f.ahead > 0 {
		j, from := f.first(q, sources)
		if j == nil {
			break
		}
		if f.looks == 0 {
			f.res.More = true
			break
		}
		if f.start == 0 && (j.noAhead || len(j.Limits) > 0) {
			if f.over == 0 {
				break
			}
			f.over--
			from.last = j
			continue
		}
		f.consider(j)
	}
	if l, ok := q.asleep.min(); ok {
		if d := max(l.sleepsTo.Sub(f.s.exact), 1); f.res.Again == 0 || d < f.res.Again {
			f.res.Again = d
		}
	}
}

// sources are the rows of q but for the lines of limits and rates.
func (f *fetch) sources(q *queue) []*source {
	sources := []*source{{jobs: &q.main}}
	for l := range q.kinds {
		_, paused := f.s.pausedKinds[l.kind]
		if !paused && (l.cause == storage.HeldPausedKind || f.kinds.Reads(l.kind, l.print)) {
			sources = append(sources, &source{jobs: &l.jobs})
		}
	}
	return sources
}

// first is the job whose turn it is. Lines of limits hold nothing that may be held
// ready, so they are left out once nothing more is to be started.
func (f *fetch) first(q *queue, sources []*source) (best *job, from *source) {
	for _, c := range sources {
		if j, ok := c.next(); ok && (best == nil || byTurn(j, best) < 0) {
			best, from = j, c
		}
	}
	if f.start == 0 {
		return best, from
	}
	if l, ok := q.ready.min(); ok && (best == nil || byTurn(l.first, best) < 0) {
		return l.first, nil
	}
	return best, from
}

// consider gives j, or moves it to where it belongs.
func (f *fetch) consider(j *job) {
	s := f.s
	switch key, held := f.held(j); {
	case !j.begun && !j.ExpiresAt.IsZero() && !j.ExpiresAt.After(s.now):
		s.leave(j)
		s.finish(j, storage.Deleted, rules.Expired, storage.HistoryEntry{}, 0)
	case j.batch != nil && j.batch.Cancelled:
		s.cancel(j, rules.BatchCancelled(j.batch.ID, j.batch.by))
	case held:
		s.hold(j, key)
	default:
		f.give(j)
		return
	}
	f.looks--
	s.flush()
}

// held is the line that j has to wait on.
func (f *fetch) held(j *job) (lineKey, bool) {
	if _, paused := f.s.pausedKinds[j.Kind]; paused {
		return lineKey{held: rules.PausedKindLine(j.Kind)}, true
	}
	if !f.kinds.Reads(j.Kind, j.Fingerprint) {
		return lineKey{held: rules.KindLine(j.Kind, j.Fingerprint)}, true
	}
	if l, full := f.s.exhausted(j); full {
		return lineKey{held: rules.LimitLine(l), limit: l}, true
	}
	return lineKey{}, false
}

// give hands j to the session.
func (f *fetch) give(j *job) {
	s := f.s
	s.leave(j)
	if j.Unique != nil && j.Unique.Until == storage.UntilStarted {
		s.freeKey(j)
	}
	j.Fetches++
	j.session, j.Session, j.Server = f.sess, f.sess.ID, f.sess.Server
	j.report, j.Progress = 0, nil
	f.sess.running[j.ID] = j
	j.queue.processing++
	s.takeSlots(j)
	s.arrive(j, storage.Processing, "", s.runEntry(j))
	if f.start > 0 {
		f.start--
		s.begin(j, s.now)
	} else {
		f.ahead--
		j.ahead = true
	}
	f.res.Jobs = append(f.res.Jobs, fetched(j, storage.Token{Job: j.ID, Session: f.sess.ID, Fetch: j.Fetches}))
}
