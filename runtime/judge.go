package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gojobgen/jobgen/storage"
)

// judge turns what a handler returned into the outcome of its run. cause is why
// its context ended, if it did.
func (r *run) judge(result []byte, err, cause error) storage.Outcome {
	if err == nil {
		return storage.Outcome{Kind: storage.Succeed, Result: result, Retain: r.retain()}
	}
	if s, ok := errors.AsType[*snooze](err); ok {
		return storage.Outcome{Kind: storage.Snooze, Delay: s.delay, Reason: s.Error()}
	}
	var panicked *PanicError
	if !errors.As(err, &panicked) {
		switch {
		case errors.Is(cause, ErrCancelled):
			return storage.Outcome{Kind: storage.Delete, Failure: failure(err), Reason: "cancelled while running", Retain: r.retain()}
		case errors.Is(cause, ErrStopping):
			return storage.Outcome{Kind: storage.Release, Reason: "released by the stop of server " + r.session.server.opts.Name}
		case errors.Is(cause, ErrLost):
			return storage.Outcome{Kind: storage.Release, Reason: "released: the server lost contact with the store"}
		case errors.Is(cause, ErrTimeout) && errors.Is(err, context.DeadlineExceeded):
			err = fmt.Errorf("%w: %w", cause, err)
		}
	}
	return r.failed(err)
}

// failed decides between another try and the end.
func (r *run) failed(err error) storage.Outcome {
	policy, used := r.policy(), r.job.Retries
	o := storage.Outcome{Failure: failure(err)}
	if _, hopeless := errors.AsType[*noRetry](err); !hopeless && used < policy.Max {
		o.Kind, o.Delay = storage.Retry, policy.Delay(used+1)
		if after, ok := errors.AsType[*retryAfter](err); ok {
			o.Delay = after.delay
		}
		o.Reason = fmt.Sprintf("retry %d of %d", used+1, policy.Max)
		return o
	}
	o.Kind, o.Retain = storage.Fail, r.retain()
	switch {
	case used < policy.Max:
		o.Reason = "no retry can cure it"
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

// failure is the stored form of err.
func failure(err error) *storage.Failure {
	f := &storage.Failure{Type: errorType(err), Message: cut(err.Error(), storage.MaxFailure/2)}
	if p, ok := errors.AsType[*PanicError](err); ok {
		f.Type = "panic"
		f.Stack = cut(cleanStack(p.Stack), storage.MaxFailure/2)
	}
	return f
}

// errorType is the Go type of the innermost error that is not a mere wrapper.
func errorType(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return strings.TrimPrefix(fmt.Sprintf("%T", err), "*")
		}
		err = next
	}
}

// cleanStack drops the frames of recovering: a reader looks for the line that panicked.
func cleanStack(stack []byte) string {
	text := string(stack)
	head, rest, ok := strings.Cut(text, "\n")
	if i := strings.Index(rest, "\npanic("); ok && i >= 0 {
		frames := rest[i+1:]
		for range 2 { // panic( and its position
			_, frames, _ = strings.Cut(frames, "\n")
		}
		return head + "\n" + frames
	}
	return text
}

// cut shortens text to at most limit bytes, at a whole character, and says so.
func cut(text string, limit int) string {
	const mark = " ... (cut)"
	if len(text) <= limit {
		return text
	}
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
