package runtime

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/runtime/internal/report"
	"github.com/gojobgen/jobgen/storage"
)

// run is one job with this server: first in the line for a worker, then in it.
type run struct {
	session *session
	kind    *kind
	job     *storage.Job
	token   storage.Token
	fetched storage.Fetched // its own: a long run must not keep alive what was fetched with it
	opts    overrides

	began  time.Time
	cancel context.CancelCauseFunc
	ctx    runContext
	jc     JobContext
	source report.Source
	judged atomic.Bool // its outcome is made

	outcome storage.Outcome // the handler's
	told    bool            // the store knows that it started; the reporter's
}

// newRun makes the run of a fetched job.
func (se *session) newRun(f *storage.Fetched) *run {
	r := &run{session: se, kind: se.server.dispatcher.kinds[f.Job.Kind], token: f.Token, fetched: *f, told: !f.Ahead}
	r.job = &r.fetched.Job
	return r
}

// prepare makes what the handler gets.
func (r *run) prepare(began time.Time) {
	r.began = began
	r.source.Start(r.session.reporter, r.token, r)
	r.jc.run = r
	r.ctx.run = r
	r.ctx.Context, r.cancel = context.WithCancelCause(r.session.server.base)
	if len(r.job.Options) > 0 {
		if err := json.Unmarshal(r.job.Options, &r.opts); err != nil {
			r.jc.Logger().Warn().Err(err).Msg("stored options do not decode; the registered ones apply")
		}
	}
}

// Refused implements [report.Run]: the store says that the token is dead.
func (r *run) Refused() { r.cancel(ErrLost) }

// do runs the handler and hands its outcome to the settler, also when the handler
// panics or ends its goroutine. It returns when the handler ended.
func (r *run) do() (ended time.Time) {
	ctx, stop := r.limit()
	var result []byte
	var err error
	returned := false
	defer func() {
		ended = time.Now()
		if !returned {
			result, err = nil, escape(recover())
		}
		var cause error
		if ctx.Err() != nil {
			cause = context.Cause(ctx) // before stop ends it
		}
		if stop != nil {
			stop()
		}
		r.cancel(nil)
		if r.claimOutcome() {
			r.outcome = r.judge(result, err, cause)
			r.tell(&r.outcome)
			r.settle(&r.outcome, ended.Sub(r.began))
		}
	}()
	result, err = r.call(ctx)
	returned = true
	return ended
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
func (r *run) tell(o *storage.Outcome) {
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
func (r *run) settle(o *storage.Outcome, took time.Duration) {
	o.Token, o.Duration = r.token, took
	r.source.End(o)
	r.session.settler.Add(o)
}

// limit puts the timeout on the handler's context. The returned function, nil without
// a timeout, takes it off.
func (r *run) limit() (context.Context, context.CancelFunc) {
	d := r.timeout()
	if d <= 0 {
		return &r.ctx, nil
	}
	return context.WithTimeoutCause(&r.ctx, d, timeoutError(d))
}

// call runs middleware and handler.
func (r *run) call(ctx context.Context) (result []byte, err error) {
	d := r.session.server.dispatcher
	if len(d.middleware) == 0 {
		return r.kind.run(ctx, r.payload())
	}
	err = d.wrap(func(ctx context.Context) (err error) {
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
