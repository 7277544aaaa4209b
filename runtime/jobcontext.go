package runtime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"sync"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/runtime/internal/report"
	"github.com/gojobgen/jobgen/storage"
)

// JobContext is the run of a job as its handler sees it. Its methods are safe for
// concurrent use until the handler returns.
type JobContext struct {
	run    *run
	once   sync.Once // the logger is made
	logger zerolog.Logger
}

type contextKey struct{}

// FromContext is the job that the handler called with ctx runs, or nil outside of a handler.
func FromContext(ctx context.Context) *JobContext {
	j, _ := ctx.Value(contextKey{}).(*JobContext)
	return j
}

// ID is the job's id.
func (j *JobContext) ID() ID { return j.run.job.ID }

// Kind is the name under which the job was stored; for an old job it may be an alias.
func (j *JobContext) Kind() string { return j.run.job.Kind }

// Queue is the queue the job came from.
func (j *JobContext) Queue() string { return j.run.job.Queue }

// Attempt is the number of this run, from 1. It is never reset.
func (j *JobContext) Attempt() int { return j.run.job.Attempt }

// Retries is how many retries have been used since the job was enqueued or requeued.
func (j *JobContext) Retries() int { return j.run.job.Retries }

// Metadata is a copy of what travels with the job.
func (j *JobContext) Metadata() map[string]string { return maps.Clone(j.run.job.Metadata) }

// Job is the stored job as it was fetched. Its slices and maps must not be changed.
func (j *JobContext) Job() storage.Job { return *j.run.job }

// Logger writes to the server's log, as far as its level lets it, and to the log
// kept with the job, which is shown live and bounded by storage.MaxLogLines.
// zerolog.Ctx(ctx) is the same logger.
func (j *JobContext) Logger() *zerolog.Logger {
	j.once.Do(func() { j.logger = zerolog.New(&logWriter{j.run}) })
	return &j.logger
}

// Progress notes how far the run is, from 0 to 100, with a word on what it does. It
// never blocks; the last value is stored about once a second.
func (j *JobContext) Progress(percent float64, note string) {
	if math.IsNaN(percent) {
		percent = 0
	}
	j.run.source.Progress(&storage.Progress{Percent: min(max(percent, 0), 100), Note: note})
}

// Checkpoint durably keeps data, at most storage.MaxCheckpoint bytes, for the next
// run of this job, should this one not finish. It waits until the store answers; to
// keep one when the handler's own context has ended, give it another
// (context.WithoutCancel). It fails with [ErrLost] when the job runs elsewhere by now.
func (j *JobContext) Checkpoint(ctx context.Context, data []byte) error {
	if len(data) > storage.MaxCheckpoint {
		return fmt.Errorf("checkpoint of %s: %w: %d bytes, the limit is %d", j.run.job.Kind, ErrTooLarge, len(data), storage.MaxCheckpoint)
	}
	err := j.run.source.Checkpoint(ctx, data)
	if errors.Is(err, report.ErrOver) {
		err = ErrLost
	}
	if err != nil {
		return fmt.Errorf("checkpoint of %s: %w", j.run.job.Kind, err)
	}
	return nil
}

// LastCheckpoint is what an earlier run kept; nil if none did.
func (j *JobContext) LastCheckpoint() []byte { return j.run.job.Checkpoint }
