package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/storage"
)

// run is one job in a worker.
type run struct {
	session *session
	kind    *kind
	job     storage.Job
	token   storage.Token
	ctx     context.Context
	cancel  context.CancelCauseFunc
	jc      *JobContext
	opts    overrides
	began   time.Time
	judged  atomic.Bool // an outcome was added

	mu       sync.Mutex
	number   uint64          // of the last report
	inFlight *storage.Report // sent, not answered yet
	saves    []save          // checkpoints not answered yet
	carried  int             // how many of them the report in flight carries
}

// start runs a fetched job in a goroutine of its own.
func (se *session) start(f storage.Fetched) {
	s := se.server
	r := &run{session: se, kind: s.dispatcher.kinds[f.Job.Kind], job: f.Job, token: f.Token, began: time.Now()}
	r.prepare()
	s.mu.Lock()
	s.running[r.token] = r
	s.mu.Unlock()
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		r.do()
		s.mu.Lock()
		delete(s.running, r.token)
		s.mu.Unlock()
		s.slots.Give(1)
	}()
}

// runs are the running jobs of a session; of the zero session, all.
func (s *Server) runs(session storage.ID) []*run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*run
	for _, r := range s.running {
		if session.IsZero() || r.token.Session == session {
			out = append(out, r)
		}
	}
	return out
}

// prepare makes the context that the handler gets.
func (r *run) prepare() {
	opts := &r.session.server.opts
	logger := opts.Logger.With().Stringer("job", r.job.ID).Str("kind", r.job.Kind).Int("attempt", r.job.Attempt).Logger()
	buffer := &lineBuffer{forward: logger, now: opts.Clock}
	r.jc = &JobContext{job: r.job, logs: buffer, save: r.checkpoint, logger: zerolog.New(buffer)}
	ctx := context.WithValue(context.Background(), contextKey{}, r.jc)
	ctx = r.jc.logger.WithContext(ctx)
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	if len(r.job.Options) > 0 {
		if err := json.Unmarshal(r.job.Options, &r.opts); err != nil {
			logger.Warn().Err(err).Msg("stored options do not decode; the registered ones apply")
		}
	}
}

// do runs the handler and hands its outcome to the settler. When the server gave
// the job back meanwhile, there is nothing to say any more.
func (r *run) do() {
	ctx, stop := r.limit()
	result, err := r.call(ctx)
	cause := context.Cause(ctx) // before stop ends it
	stop()
	r.cancel(nil)
	if !r.claimOutcome() {
		return
	}
	o := r.judge(result, err, cause)
	o.Token, o.Duration = r.token, time.Since(r.began)
	o.Number, o.Progress, o.Logs = r.last()
	r.session.settler.Add(o)
}

// claimOutcome makes sure that one outcome is added for the run.
func (r *run) claimOutcome() bool { return r.judged.CompareAndSwap(false, true) }

// limit puts the timeout on the handler's context.
func (r *run) limit() (context.Context, context.CancelFunc) {
	d := r.timeout()
	if d <= 0 {
		return r.ctx, func() {}
	}
	return context.WithTimeoutCause(r.ctx, d, fmt.Errorf("%w after %v", ErrTimeout, d))
}

// call runs middleware and handler; a panic becomes an error with its stack.
func (r *run) call(ctx context.Context) (result []byte, err error) {
	finished := false
	defer func() {
		if finished {
			return
		}
		value := recover()
		if value == nil {
			value = "the handler called runtime.Goexit"
		}
		result, err = nil, &PanicError{Value: value, Stack: debug.Stack()}
	}()
	err = r.session.server.dispatcher.wrap(func(ctx context.Context) (err error) {
		result, err = r.kind.run(ctx, r.payload())
		return err
	})(ctx)
	finished = true
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
