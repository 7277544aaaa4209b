package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// stop ends the server's work. Its session, nil when there is none, goes on ticking
// meanwhile.
func (s *Server) stop(se *session) error {
	giveBack(s.pool.Take(nil))
	stuck := s.release(s.waitForRuns())
	var err error
	if se != nil {
		err = se.close()
	}
	if len(stuck) > 0 {
		err = errors.Join(err, fmt.Errorf("%d jobs did not stop within %v and were released to run elsewhere: %s",
			len(stuck), s.opts.StopTimeout+s.opts.StopGrace, strings.Join(stuck, ", ")))
	}
	return err
}

// waitForRuns waits until the handlers have returned. After StopTimeout it ends
// their contexts, and after StopGrace it says which go on.
func (s *Server) waitForRuns() []*run {
	done := make(chan struct{})
	go func() {
		s.pool.Wait()
		close(done)
	}()
	if waitFor(done, s.opts.StopTimeout) {
		return nil
	}
	for _, r := range s.runs(nil) {
		r.cancel(ErrStopping)
	}
	if waitFor(done, s.opts.StopGrace) {
		return nil
	}
	return s.runs(nil)
}

func waitFor(done <-chan struct{}, limit time.Duration) bool {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// release gives back jobs whose handlers did not return, and names them.
func (s *Server) release(stuck []*run) []string {
	var names []string
	for _, r := range stuck {
		if r.claimOutcome() {
			names = append(names, fmt.Sprintf("%s %v", r.job.Kind, r.job.ID))
			o := storage.Outcome{Kind: storage.Release, Reason: "released: the handler outlived the stop of server " + s.opts.Name}
			r.settle(&o, time.Since(r.began))
		}
	}
	return names
}

// close writes what is left to write and ends the session, which gives back what
// could not be written.
func (se *session) close() error {
	limit := se.server.opts.StopGrace + time.Second
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	err := se.settler.Wait(ctx, 0)
	se.settler.Stop()
	if err != nil { // the store fails: a last short try, and then the lease ends
		limit = time.Second
	}
	ctx, cancel = context.WithTimeout(context.Background(), limit)
	defer cancel()
	if cerr := se.server.store.CloseSession(ctx, se.info.ID); cerr != nil {
		err = errors.Join(err, fmt.Errorf("close session: %w", cerr))
	}
	return err
}
