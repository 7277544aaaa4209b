package runtime

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gojobgen/jobgen/storage"
)

// PanicError is the failure of a handler that panicked or ended its goroutine.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap gives the panic's value when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
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

// errorType is the Go type of the outermost error that is not a mere wrapper.
func errorType(err error) string {
	for {
		name := fmt.Sprintf("%T", err)
		switch name {
		case "*fmt.wrapError", "*fmt.wrapErrors", "*errors.joinError", "*runtime.noRetry", "*runtime.retryAfter":
		default:
			return strings.TrimPrefix(name, "*")
		}
		if several, ok := any(err).(interface{ Unwrap() []error }); ok {
			all := several.Unwrap()
			err = all[len(all)-1] // the others describe it
		} else {
			err = errors.Unwrap(err)
		}
	}
}

// cleanStack drops the frames of recovering: a reader looks for the line that panicked.
func cleanStack(stack []byte) string {
	head, rest, _ := strings.Cut(string(stack), "\n")
	i := strings.Index(rest, "\npanic(")
	if i < 0 {
		return string(stack)
	}
	frames := rest[i+1:]
	for range 2 { // panic( and its position
		_, frames, _ = strings.Cut(frames, "\n")
	}
	return head + "\n" + frames
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
