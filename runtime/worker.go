package runtime

import (
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/report"
	"github.com/gojobgen/jobgen/storage"
)

// unknownPause is how long a job waits whose kind the store should not have given.
const unknownPause = time.Minute

// work runs a job in the goroutine of a worker and returns when it ended.
func (s *Server) work(worker int, r *run, began time.Time) time.Time {
	if r.kind == nil {
		r.session.settler.Add(&storage.Outcome{
			Token: r.token, Kind: storage.Snooze, Delay: unknownPause, Reason: "server " + s.opts.Name + " has no handler for it",
		})
		return began
	}
	r.prepare(began)
	s.running[worker].Store(r)
	defer s.running[worker].Store(nil)
	if r.session.gone.Load() { // it may run elsewhere; later on lapsed finds it among the running
		r.cancel(ErrLost)
		giveBack([]*run{r})
		return began
	}
	return r.do()
}

// runs are the running jobs of a session; of nil, all.
func (s *Server) runs(se *session) []*run {
	var out []*run
	for i := range s.running {
		if r := s.running[i].Load(); r != nil && (se == nil || r.session == se) {
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
	for _, r := range se.server.runs(se) {
		out = append(out, &r.source)
		if !r.told {
			r.told = true
			started = append(started, r.token)
		}
	}
	se.settler.Started(started)
	return out
}

// giveBack returns jobs that were fetched and not started.
func giveBack(runs []*run) {
	for _, r := range runs {
		r.session.settler.Add(&storage.Outcome{Token: r.token, Kind: storage.Release, Reason: "released before it started"})
	}
}
