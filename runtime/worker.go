package runtime

import (
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/report"
	"github.com/gojobgen/jobgen/storage"
)

// unknownPause is how long a job waits whose kind the store should not have given.
const unknownPause = time.Minute

// work runs a job in the worker's goroutine and returns when it ended.
func (s *Server) work(r *run, began time.Time) time.Time {
	if r.kind == nil {
		r.session.settler.Add(&storage.Outcome{
			Token: r.token, Kind: storage.Snooze, Delay: unknownPause, Reason: "server " + s.opts.Name + " has no handler for it",
		})
		return began
	}
	r.prepare(began)
	if !s.admit(r) {
		r.cancel(ErrLost)
		giveBack([]*run{r})
		return began
	}
	defer s.leave(r)
	return r.do()
}

// admit notes that r runs, unless its session has lost contact: then it must not
// start, since the job may run elsewhere.
func (s *Server) admit(r *run) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.session.gone {
		return false
	}
	if r.next = s.running; r.next != nil {
		r.next.prev = r
	}
	s.running = r
	return true
}

func (s *Server) leave(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.next != nil {
		r.next.prev = r.prev
	}
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		s.running = r.next
	}
	r.next, r.prev = nil, nil
}

// runs are the running jobs of a session; of nil, all.
func (s *Server) runs(se *session) []*run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*run
	for r := s.running; r != nil; r = r.next {
		if se == nil || r.session == se {
			out = append(out, r)
		}
	}
	return out
}

// sources are what the running jobs of the session tell. It also tells the store,
// about once a second, which jobs fetched ahead have started since.
func (se *session) sources() []*report.Source {
	var out []*report.Source
	var started []storage.Token
	s := se.server
	s.mu.Lock()
	for r := s.running; r != nil; r = r.next {
		if r.session != se {
			continue
		}
		out = append(out, &r.source)
		if !r.told {
			r.told = true
			started = append(started, r.token)
		}
	}
	s.mu.Unlock()
	se.settler.Started(started)
	return out
}

// giveBack returns jobs that were fetched and not started.
func giveBack(runs []*run) {
	for _, r := range runs {
		r.session.settler.Add(&storage.Outcome{Token: r.token, Kind: storage.Release, Reason: "released before it started"})
	}
}
