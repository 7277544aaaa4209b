package runtime

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// stop ends the server's work in the session se, whose ticks go on meanwhile.
func (s *Server) stop(se *session) error {
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	if !waitFor(done, s.opts.StopTimeout) {
		for _, r := range s.runs(storage.ID{}) {
			r.cancel(ErrStopping)
		}
		waitFor(done, s.opts.StopGrace)
	}
	stuck := s.release()
	ctx, cancel := context.WithTimeout(context.Background(), s.opts.StopGrace+time.Second)
	defer cancel()
	err := se.settler.Drain(ctx)
	se.settler.Stop()
	if cerr := s.store.CloseSession(ctx, se.info.ID); err == nil && cerr != nil {
		err = fmt.Errorf("close session: %w", cerr)
	}
	if err == nil && len(stuck) > 0 {
		err = fmt.Errorf("%d jobs did not stop within %v and were released to run elsewhere: %s",
			len(stuck), s.opts.StopTimeout+s.opts.StopGrace, strings.Join(stuck, ", "))
	}
	return err
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

// release gives back the jobs whose handlers did not return, and names them.
func (s *Server) release() []string {
	var names []string
	for _, r := range s.runs(storage.ID{}) {
		if !r.claimOutcome() {
			continue
		}
		names = append(names, fmt.Sprintf("%s %v", r.job.Kind, r.job.ID))
		r.session.settler.Add(storage.Outcome{
			Token: r.token, Kind: storage.Release, Duration: time.Since(r.began),
			Reason: "released: the handler outlived the stop of server " + s.opts.Name,
		})
	}
	return names
}
