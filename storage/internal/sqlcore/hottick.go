package sqlcore

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// foldAfter is after how many writes of hot paths the core's Tick adds up the counters.
const foldAfter = 2000

// tickHot is Tick where nothing is due; it reports false where the core has to do it.
func (s *Store) tickHot(ctx context.Context, d IdleTicker, r *storage.TickRequest) (result storage.TickResult, done bool, err error) {
	h, known := s.hot.session(r.Session), s.seen.Load()
	if h == nil || known == nil || s.isClosed() || s.hot.busy(h) || s.hot.mayFold() {
		return result, false, nil
	}
	t := IdleTick{Session: h.no, Owner: h.owner, Generation: known.generation}
	for _, q := range known.open(s.hot.served(h)) {
		t.Queues = append(t.Queues, q.no)
	}
	got, err := d.TickIdle(ctx, t)
	if err != nil {
		return result, true, s.readFault(ctx, err)
	}
	look := got.Ready
	if len(got.Held) > 0 && s.hot.mayLook(h, time.Now()) {
		look = append(look, got.Held...)
	}
	ready := make(map[string]bool, len(look))
	for _, no := range look {
		ready[known.queues[no].name] = true
	}
	s.bell.ring(ready)
	if got.Alone && s.bell.listened() && (got.NextDue < 0 || got.NextDue > lookEvery) {
		got.NextDue = lookEvery
	}
	return storage.TickResult{Now: got.Now, NextDue: got.NextDue}, got.Idle, nil
}

// lookEvery is how far ticks are apart that look for the work of others.
const lookEvery = time.Second

// heldEvery is how often an idle server fetches because of held lines: what is on them may
// have come to be for it since they were looked at last.
const heldEvery = 15 * time.Second

// mayLook reports whether a session is to look at held lines now.
func (h *hot) mayLook(session *hotSession, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(session.held) < heldEvery {
		return false
	}
	session.held = now
	return true
}

// busy reports whether a session's last Tick left something for this one.
func (h *hot) busy(session *hotSession) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return session.more
}

// served are the queues of a session's last fetch.
func (h *hot) served(session *hotSession) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return session.queues
}

// serve notes the queues of a fetch.
func (h *hot) serve(session *hotSession, queues []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	session.queues = queues
}

// mayFold reports whether counters are to be added up now, and counts anew.
func (h *hot) mayFold() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.writes < foldAfter {
		return false
	}
	h.writes = 0
	return true
}
