package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/storage"
)

// run is one job in a worker.
type run struct {
	session *session
	kind    *kind
	job     *storage.Job
	token   storage.Token
	ctx     context.Context
	cancel  context.CancelCauseFunc
	jc      *JobContext
	opts    overrides
	began   time.Time
	judged  atomic.Bool // its outcome is made
}

// newRun makes the run of a fetched job, with the context that its handler gets.
func (se *session) newRun(f *storage.Fetched) *run {
	opts := &se.server.opts
	r := &run{session: se, kind: se.server.dispatcher.kinds[f.Job.Kind], job: &f.Job, token: f.Token, began: time.Now()}
	r.jc = &JobContext{job: r.job, source: se.reporter.New(f.Token, func() { r.cancel(ErrLost) })}
	r.jc.logger = zerolog.New(&logWriter{keep: r.jc.source.Log, now: opts.Clock, server: &opts.Logger, job: r.job})
	ctx := context.WithValue(se.server.base, contextKey{}, r.jc)
	r.ctx, r.cancel = context.WithCancelCause(r.jc.logger.WithContext(ctx))
	if len(r.job.Options) > 0 {
		if err := json.Unmarshal(r.job.Options, &r.opts); err != nil {
			r.jc.logger.Warn().Err(err).Msg("stored options do not decode; the registered ones apply")
		}
	}
	return r
}

// do runs the handler and hands its outcome to the settler, also when the handler
// panics or ends its goroutine.
func (r *run) do() {
	ctx, stop := r.limit()
	var result []byte
	var err error
	returned := false
	defer func() {
		if !returned {
			result, err = nil, escape(recover())
		}
		cause := context.Cause(ctx) // before stop ends it
		stop()
		r.cancel(nil)
		if r.claimOutcome() {
			o := r.judge(result, err, cause)
			r.tell(o)
			r.settle(o)
		}
	}()
	result, err = r.call(ctx)
	returned = true
}

// escape is the error of a handler that did not return.
func escape(value any) error {
	if value == nil {
		value = "the handler called runtime.Goexit"
	}
	return &PanicError{Value: value, Stack: debug.Stack()}
}

// claimOutcome makes sure that one outcome is made for the run: the handler's, or
// the server's when it gives the job back.
func (r *run) claimOutcome() bool { return r.judged.CompareAndSwap(false, true) }

// tell writes to the server's log what somebody may have to look at. Arguments are
// not in it: they may be secret.
func (r *run) tell(o storage.Outcome) {
	log := &r.session.server.opts.Logger
	var event *zerolog.Event
	switch o.Kind {
	case storage.Fail:
		event = log.Error()
	case storage.Retry:
		event = log.Warn().Dur("retry-in", o.Delay)
	default:
		return
	}
	event.Stringer("job", r.job.ID).Str("kind", r.job.Kind).Int("attempt", r.job.Attempt).
		Str("error", o.Failure.Message).Str("reason", o.Reason).Msg("job failed")
}

// settle hands over the run's outcome.
func (r *run) settle(o storage.Outcome) {
	o.Token, o.Duration = r.token, time.Since(r.began)
	r.jc.source.End(&o)
	r.session.settler.Add(o)
}

// limit puts the timeout on the handler's context.
func (r *run) limit() (context.Context, context.CancelFunc) {
	d := r.timeout()
	if d <= 0 {
		return r.ctx, func() {}
	}
	return context.WithTimeoutCause(r.ctx, d, fmt.Errorf("%w after %v", ErrTimeout, d))
}

// call runs middleware and handler.
func (r *run) call(ctx context.Context) (result []byte, err error) {
	err = r.session.server.dispatcher.wrap(func(ctx context.Context) (err error) {
		result, err = r.kind.run(ctx, r.payload())
		return err
	})(ctx)
	return result, err
}

// payload is the arguments, with the parent's result among them.
func (r *run) payload() []byte {
	if r.job.InputParam == "" {
		return r.job.Payload
	}
	input := r.job.Input
	if len(input) == 0 {
		input = []byte("null")
	}
	return splice(r.job.Payload, input, r.job.InputParam)
}

// What binds at the run: the call's options, else the registration's.

func (r *run) timeout() time.Duration {
	if r.opts.Timeout != nil {
		return *r.opts.Timeout
	}
	return r.kind.spec.Timeout
}

func (r *run) retain() time.Duration {
	if r.opts.Retain != nil {
		return *r.opts.Retain
	}
	return r.kind.spec.Retain
}

func (r *run) policy() RetryPolicy {
	if r.opts.Retry != nil {
		return *r.opts.Retry
	}
	return r.kind.retry(*r.session.server.opts.Retry)
}
