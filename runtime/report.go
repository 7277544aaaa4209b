package runtime

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// reportEvery is how often progress and logs of running jobs reach the store.
const reportEvery = time.Second

// save is a checkpoint on its way.
type save struct {
	data []byte
	done chan error
}

// report sends what running handlers told, all runs in one call, once a second and
// at once for a checkpoint. One report of a run is in flight at a time, and one
// that was not answered is sent again as it was.
func (se *session) report(ctx context.Context) {
	beat := time.NewTicker(reportEvery)
	defer beat.Stop()
	for {
		select {
		case <-beat.C:
		case <-se.kick:
		case <-ctx.Done():
			return
		}
		se.reportOnce(ctx)
	}
}

func (se *session) reportOnce(ctx context.Context) {
	var runs []*run
	var reports []storage.Report
	for _, r := range se.server.runs(se.info.ID) {
		if rep := r.nextReport(); rep != nil {
			runs, reports = append(runs, r), append(reports, *rep)
		}
	}
	if len(reports) == 0 {
		return
	}
	call, cancel := context.WithTimeout(ctx, se.info.Lease)
	defer cancel()
	verdicts, err := se.server.store.Report(call, se.info.ID, reports)
	if err != nil {
		se.faults.log("report", err)
		return // the next beat sends the same again
	}
	for i, v := range verdicts {
		runs[i].answered(v)
	}
}

// nextReport is the report in flight, or a new one when there is something to tell.
func (r *run) nextReport() *storage.Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inFlight != nil {
		return r.inFlight
	}
	progress, lines := r.jc.pending()
	if progress == nil && len(lines) == 0 && len(r.saves) == 0 {
		return nil
	}
	r.number++
	r.inFlight = &storage.Report{Token: r.token, Number: r.number, Progress: progress, Logs: lines}
	if r.carried = len(r.saves); r.carried > 0 {
		r.inFlight.Checkpoint = r.saves[r.carried-1].data
	}
	return r.inFlight
}

// answered ends the report in flight and the checkpoints it carried.
func (r *run) answered(v storage.Verdict) {
	var err error
	r.mu.Lock()
	if v != storage.Accepted {
		err = ErrLost
		r.carried = len(r.saves)
	}
	for _, s := range r.saves[:r.carried] {
		s.done <- err
	}
	r.saves, r.carried, r.inFlight = r.saves[r.carried:], 0, nil
	more := len(r.saves) > 0
	r.mu.Unlock()
	if err != nil {
		r.cancel(ErrLost)
	}
	if more {
		r.session.reportNow()
	}
}

func (se *session) reportNow() {
	select {
	case se.kick <- struct{}{}:
	default:
	}
}

// checkpoint waits until data is stored.
func (r *run) checkpoint(ctx context.Context, data []byte) error {
	if data == nil {
		data = []byte{}
	}
	s := save{data, make(chan error, 1)}
	r.mu.Lock()
	r.saves = append(r.saves, s)
	r.mu.Unlock()
	r.session.reportNow()
	select {
	case err := <-s.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// last is what the outcome carries: everything that no answered report did.
func (r *run) last() (uint64, *storage.Progress, []storage.LogLine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	progress, lines := r.jc.pending()
	if r.inFlight != nil {
		lines = append(r.inFlight.Logs, lines...)
		if progress == nil {
			progress = r.inFlight.Progress
		}
	}
	return r.number + 1, progress, lines
}
