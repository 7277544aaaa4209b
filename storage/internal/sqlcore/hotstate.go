package sqlcore

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// hot is what the hot paths of a Store value remember. All of it may be forgotten at
// any time: then the core does the next call.
type hot struct {
	mu       sync.Mutex
	sessions map[storage.ID]*hotSession
	ends     map[spanKey]int64 // up to which rank a part of a line was emptied
	fullAt   time.Time         // last look from the start of the lines
	fullTook time.Duration
	writes   int // that added to counters since they were last folded
}

// spanKey is a priority of a queue.
type spanKey struct{ queue, priority int }

// hotSession is a session that the core has seen alive.
type hotSession struct {
	no     int
	id     storage.ID
	server string
	owner  string
	queues []string
	sure   bool      // the answer of its last fetch arrived
	full   bool      // that fetch found all it asked for
	more   bool      // its last Tick left something for the next one
	fullAt time.Time // its last look from the start: those of others are of other queues
	kinds  *storage.KindSet
	names  *names
	shapes []int32    // of names that kinds can run
	busy   sync.Mutex // a fetch of it is under way
	room   []PlainRow // of the last answer, for the next
	call   uint64     // the last that a hot path gave jobs for; written with busy held, too
	most   int        // jobs that an answer has room for, if they are as the last ones; 0: no bound is known

	runs map[storage.ID]hotRun // the jobs that it runs
	held time.Time             // when ticks last had it look at held lines
}

// session is what is known of a session; nil: nothing.
func (h *hot) session(id storage.ID) *hotSession {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sessions[id]
}

// learn remembers a session that a transaction of the core found alive.
func (h *hot) learn(s *session, queues []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sessions == nil {
		h.sessions = make(map[storage.ID]*hotSession)
	}
	known := h.sessions[s.id]
	if known == nil {
		known = &hotSession{no: s.no, id: s.id, server: s.server, owner: s.owner}
		h.sessions[s.id] = known
	}
	known.sure, known.queues = true, queues
}

// ticked notes whether a session's Tick left something for the next one.
func (h *hot) ticked(id storage.ID, more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.sessions[id]; s != nil {
		s.more = more
	}
}

// forget forgets a session.
func (h *hot) forget(id storage.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sessions, id)
}

// hotRun is where a run comes from, see [PlainEnd].
type hotRun struct {
	call         uint64
	place, shape int
	links        int
}

// gave notes the call that gave jobs to a session.
func (h *hot) gave(session *hotSession, call uint64, rows []PlainRow) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(rows) > 0 {
		session.call = call
	}
	if session.runs == nil {
		session.runs = make(map[storage.ID]hotRun)
	}
	for i := range rows {
		session.runs[rows[i].ID] = hotRun{call, i + 1, rows[i].Shape, rows[i].Links}
	}
}

// lastCall is the last call for which a hot path gave jobs to a session.
func (h *hot) lastCall(id storage.ID) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.sessions[id]; s != nil {
		return s.call
	}
	return 0
}

// given completes ends by what is known of their runs, and gives the calls of those that
// have begun. What is the core's matter, it takes off the ends.
func (h *hot) given(session *hotSession, p *plainSettle) (calls []uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for i := range p.ends {
		e := p.ends[i]
		run := session.runs[e.Job]
		if run.links&EndNot != 0 {
			delete(session.runs, e.Job)
			continue
		}
		e.Call, e.Place, e.Shape = run.call, run.place, run.shape
		p.ends[n], p.places[n] = e, p.places[i]
		n++
	}
	p.ends, p.places = p.ends[:n], p.places[:n]
	for _, token := range p.begun {
		if run := session.runs[token.Job]; run.call > 0 && !slices.Contains(calls, run.call) {
			calls = append(calls, run.call)
		}
	}
	return calls
}

// settled forgets runs that are over, or the core's matter, and where those that have
// begun came from.
func (h *hot) settled(session *hotSession, ends []PlainEnd, begun []storage.Token) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range ends {
		delete(session.runs, ends[i].Job)
	}
	for _, token := range begun {
		delete(session.runs, token.Job)
	}
}

// readable are the shapes of jobs that a session may run, as of some names.
func (h *hotSession) readable(n *names, kinds *storage.KindSet) []int32 {
	if h.names == n && h.kinds == kinds {
		return h.shapes
	}
	shapes := make([]int32, 0, len(n.shapes))
	for no, s := range n.shapes {
		if _, paused := n.paused[s.kind]; !paused && kinds.Reads(s.kind, s.fingerprint) {
			shapes = append(shapes, int32(no))
		}
	}
	h.names, h.kinds, h.shapes = n, kinds, shapes
	return shapes
}

// committed does what is owed after a commit of the core: rings, and looks at lines
// from their start where jobs may have come back to old places.
func (s *Store) committed(t *tx) {
	if len(t.woken) > 0 {
		s.hot.mu.Lock()
		clear(s.hot.ends)
		s.hot.mu.Unlock()
	}
	if known := s.seen.Load(); t.shared && (known == nil || known.generation != t.names.generation) {
		s.seen.Store(t.names.clone())
	}
	s.ring(t.woken)
}

// Looks from the start of the lines: often enough that what came back to an old place is
// found soon, and rare enough that they do not cost more than a small part of the time.
const (
	fullEvery  = time.Second
	fullShare  = 50
	fullLatest = 2 * time.Second       // however long one takes
	slowLook   = 20 * time.Millisecond // what is quicker costs little
)

// mayLookFull reports whether a look from the start is due, and whether it may be made.
func (h *hot) mayLookFull(session *hotSession, now time.Time) (due, may bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	since := now.Sub(h.fullAt)
	may = h.fullTook < slowLook || since >= min(fullShare*h.fullTook, fullLatest)
	return may && now.Sub(session.fullAt) >= fullEvery, may
}

// spans are the parts of the lines that a fetch reads, in their order. With cursor, they
// begin where the last fetch ended: under an old snapshot what was taken before lies dead
// at the head of a line, and would be walked over again.
func (h *hot) spans(queues []*queueName, cursor bool) []ReadySpan {
	all := make([]ReadySpan, 0, len(queues))
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, q := range queues {
		if !cursor {
			all = append(all, ReadySpan{Queue: q.no, Behind: -1, Upto: math.MaxInt64})
			continue
		}
		for p := range priorities {
			span := ReadySpan{Queue: q.no, Behind: rankOf(p, 0) - 1, Upto: rankOf(p+1, 0)}
			if end, ok := h.ends[spanKey{q.no, p}]; ok {
				span.Behind = end
			}
			all = append(all, span)
		}
	}
	return all
}

const priorities = 4

// lateness is how long a transaction that stores jobs may take until others see them:
// no cursor comes closer to the present, so that what appears late lies behind it.
const lateness = 150 * time.Millisecond

// took moves the cursors behind what was taken. What comes before it in its line was
// taken, or belongs to a look from the start.
func (h *hot) took(n *names, rows []PlainRow, now time.Time) {
	limit := placeAt(now.Add(-lateness))
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ends == nil {
		h.ends = make(map[spanKey]int64)
	}
	for i := range rows {
		shape := n.shapes[rows[i].Shape]
		p := priorityOf(rows[i].Rank)
		for above := range p { // nothing was left there
			h.ends[spanKey{shape.queue.no, above}] = rankOf(above, limit)
		}
		h.ends[spanKey{shape.queue.no, p}] = min(rows[i].Rank, rankOf(p, limit))
	}
}
