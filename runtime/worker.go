package runtime

import (
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/report"
	"github.com/gojobgen/jobgen/storage"
)

// taken is a fetched job on its way to a worker.
type taken struct {
	session *session
	fetched *storage.Fetched // its own: a long run must not keep alive what was fetched with it
}

// unknownPause is how long a job waits whose kind the store should not have given.
const unknownPause = time.Minute

// work runs a taken job in the worker's goroutine.
func (s *Server) work(t taken) {
	se, f := t.session, t.fetched
	if s.dispatcher.kinds[f.Job.Kind] == nil {
		se.settler.Add(storage.Outcome{
			Token: f.Token, Kind: storage.Snooze, Delay: unknownPause, Reason: "server " + s.opts.Name + " has no handler for it",
		})
		return
	}
	r := se.newRun(f)
	if !s.admit(r) {
		r.cancel(ErrLost)
		giveBack([]taken{t})
		return
	}
	if f.Ahead {
		se.settler.Started(f.Token)
	}
	defer s.leave(r)
	r.do()
}

// admit notes that r runs, unless its session has lost contact: then it must not
// start, since the job may run elsewhere.
func (s *Server) admit(r *run) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.session.gone {
		return false
	}
	s.running[r.token] = r
	return true
}

func (s *Server) leave(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, r.token)
}

// runs are the running jobs of a session; of nil, all.
func (s *Server) runs(se *session) []*run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*run
	for _, r := range s.running {
		if se == nil || r.session == se {
			out = append(out, r)
		}
	}
	return out
}

// sources are what the running jobs of the session tell. It also makes sure that
// the store knows about once a second which jobs started.
func (se *session) sources() []*report.Source {
	se.settler.Flush()
	runs := se.server.runs(se)
	out := make([]*report.Source, len(runs))
	for i, r := range runs {
		out[i] = r.jc.source
	}
	return out
}

// giveBack returns jobs that were fetched and not started.
func giveBack(jobs []taken) {
	for _, t := range jobs {
		t.session.settler.Add(storage.Outcome{Token: t.fetched.Token, Kind: storage.Release, Reason: "released before it started"})
	}
}
