// Package generated is the part of the runtime that only generated code uses. Its
// functions are the one place where typed wrappers meet the engine; service code
// has no reason to import it.
package generated

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/internal/spec"
)

// V1 is the contract between generated code and this package. Generated code
// refers to it, so that code of a dropped contract does not compile: run go
// generate again, or update the module.
const V1 = 1

// Spec is what generated code says about a job.
type Spec = spec.Spec

// Param is one parameter of a job.
type Param = spec.Param

// Retry is the retry policy of a job as annotated.
type Retry = spec.Retry

// Cron is a recurring job declared in code.
type Cron = spec.Cron

// NewCall makes the value that a ...Job function returns.
func NewCall[R any](s *Spec, args any, opts []runtime.Option) runtime.Call[R] {
	return runtime.NewCall[R](s, args, opts...)
}

// Enqueue stores the call to run as soon as a worker is free.
func Enqueue[R any](ctx context.Context, via runtime.Enqueuer, call runtime.Call[R]) (runtime.Handle[R], error) {
	ids, err := via.EnqueueAll(ctx, call)
	if err != nil {
		return runtime.Handle[R]{}, err
	}
	return runtime.HandleFor[R](ids[0]), nil
}

// Schedule stores the call to run at the given time.
func Schedule[R any](ctx context.Context, via runtime.Enqueuer, at time.Time, call runtime.Call[R]) (runtime.Handle[R], error) {
	return Enqueue(ctx, via, call.With(runtime.At(at)))
}

// Continue stores the call to run after parent.
func Continue[R any](ctx context.Context, via runtime.Enqueuer, parent runtime.Parent, call runtime.Call[R]) (runtime.Handle[R], error) {
	return Enqueue(ctx, via, call.With(runtime.Following(parent)))
}

// ContinueInput stores the call, made without the argument param, to run after
// parent succeeded, with parent's result as that argument.
func ContinueInput[P, R any](ctx context.Context, via runtime.Enqueuer, parent runtime.Handle[P], param string, call runtime.Call[R]) (runtime.Handle[R], error) {
	return Enqueue(ctx, via, runtime.WithInput(call, parent, param))
}

// Register makes d run the jobs of s with run. Generated Register functions call
// it once for each method. It panics when the kind or one of its aliases is taken.
func Register[A, R any](d *runtime.Dispatcher, s *Spec, run func(context.Context, *A) (R, error)) {
	runtime.RegisterKind(d, s, run)
}
