package runtime

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/gojobgen/jobgen/storage"
)

// judge turns what a handler returned into the outcome of its run. cause is why
// its context ended, if it did. Methods of the handler's error may panic; that too
// is a failure of the job, not of the server.
func (r *run) judge(result []byte, err, cause error) (o storage.Outcome) {
	defer func() {
		if value := recover(); value != nil {
			o = r.failed(&PanicError{Value: fmt.Sprintf("the handler's error panicked: %v", value), Stack: debug.Stack()})
		}
	}()
	if err == nil {
		return storage.Outcome{Kind: storage.Succeed, Result: result, Retain: r.retain()}
	}
	if _, panicked := errors.AsType[*PanicError](err); panicked {
		return r.failed(err)
	}
	if s, ok := errors.AsType[*snooze](err); ok {
		return storage.Outcome{Kind: storage.Snooze, Delay: s.delay, Reason: s.Error()}
	}
	switch {
	case errors.Is(cause, ErrCancelled):
		return storage.Outcome{Kind: storage.Delete, Failure: failure(err), Reason: "cancelled while running", Retain: r.retain()}
	case isHopeless(err):
		// The handler has a verdict of its own, whatever else happened.
	case errors.Is(cause, ErrStopping):
		return storage.Outcome{Kind: storage.Release, Reason: "released by the stop of server " + r.session.info.Server}
	case errors.Is(cause, ErrLost):
		return storage.Outcome{Kind: storage.Release, Reason: "released: the server lost contact with the store"}
	case errors.Is(cause, ErrTimeout) && errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return r.failed(err)
}

// failed decides between another try and the end.
func (r *run) failed(err error) storage.Outcome {
	policy, used := r.policy(), r.job.Retries
	o := storage.Outcome{Failure: failure(err)}
	hopeless := isHopeless(err)
	if !hopeless && used < policy.Max {
		o.Kind, o.Delay = storage.Retry, policy.Delay(used+1)
		if after, ok := errors.AsType[*retryAfter](err); ok {
			o.Delay = after.delay
		}
		o.Reason = fmt.Sprintf("retry %d of %d", used+1, policy.Max)
		return o
	}
	o.Kind, o.Retain = storage.Fail, r.retain()
	switch {
	case hopeless:
		o.Reason = "no retry can cure it"
		return o
	case policy.Max == 0:
		o.Reason = "no retries"
	default:
		o.Reason = fmt.Sprintf("%d retries used up", policy.Max)
	}
	if policy.Discard {
		o.Kind = storage.Delete
	}
	return o
}

func isHopeless(err error) bool {
	_, ok := errors.AsType[*noRetry](err)
	return ok
}
