package report

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// every is how often progress and log lines reach the store.
const every = time.Second

// maxBytes bounds the log lines and checkpoints of one call.
const maxBytes = 8 << 20

// Loop reports for the runs of one session. Make one with NewLoop.
type Loop struct {
	store   storage.Worker
	session storage.ID
	timeout time.Duration // of one call
	running func() []*Source
	fault   func(error)
	kick    chan struct{}
	over    chan struct{} // closed when Run returned
}

// NewLoop makes a loop. running lists the sources of the runs at work.
func NewLoop(store storage.Worker, session storage.ID, timeout time.Duration, running func() []*Source, fault func(error)) *Loop {
	return &Loop{
		store: store, session: session, timeout: timeout, running: running, fault: fault,
		kick: make(chan struct{}, 1), over: make(chan struct{}),
	}
}

// Kick asks for a report now.
func (l *Loop) Kick() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// Run reports once a second, and at once for a checkpoint, until ctx ends. One
// report of a run is in flight at a time, and one that was not answered is sent
// again as it was, so that the numbers tell the store what it has.
func (l *Loop) Run(ctx context.Context) {
	defer close(l.over)
	beat := time.NewTicker(every)
	defer beat.Stop()
	for {
		select {
		case <-beat.C:
		case <-l.kick:
		case <-ctx.Done():
			return
		}
		if !l.once(ctx) {
			select { // the store fails: no faster than the beat
			case <-beat.C:
				l.Kick()
			case <-ctx.Done():
				return
			}
		}
	}
}

// once reports what there is to tell, in as many calls as it takes.
func (l *Loop) once(ctx context.Context) bool {
	var sources []*Source
	var reports []storage.Report
	bytes := 0
	for _, s := range l.running() {
		f := s.next()
		if f == nil {
			continue
		}
		sources, reports = append(sources, s), append(reports, f.report)
		if bytes += size(&f.report); bytes > maxBytes {
			if !l.send(ctx, sources, reports) {
				return false
			}
			sources, reports, bytes = nil, nil, 0
		}
	}
	return len(reports) == 0 || l.send(ctx, sources, reports)
}

func size(r *storage.Report) int {
	n := len(r.Checkpoint)
	for i := range r.Logs {
		n += len(r.Logs[i].Message) + len(r.Logs[i].Fields)
	}
	return n
}

func (l *Loop) send(ctx context.Context, sources []*Source, reports []storage.Report) bool {
	call, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	verdicts, err := l.store.Report(call, l.session, reports)
	if err != nil {
		for _, s := range sources {
			s.lost()
		}
		if ctx.Err() == nil {
			l.fault(err)
		}
		return false
	}
	for i, v := range verdicts {
		sources[i].answered(v)
	}
	return true
}
