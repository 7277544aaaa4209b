package runtime

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gojobgen/jobgen/runtime/internal/codec"
	"github.com/gojobgen/jobgen/runtime/internal/spec"
	"github.com/gojobgen/jobgen/storage"
)

// Dispatcher maps kinds to the service's own code. Generated Register functions
// fill it before a [Server] is made of it; it must not change after that.
type Dispatcher struct {
	kinds      map[string]*kind // by kind and alias
	order      []*kind
	middleware []Middleware
}

// Middleware wraps every run of a job. It runs in the handler's goroutine, sees
// the job through [FromContext], and decides with the error it returns as the
// handler does. A panic passes through it.
type Middleware func(ctx context.Context, next func(context.Context) error) error

// kind is one registered method.
type kind struct {
	spec *spec.Spec
	run  func(ctx context.Context, payload []byte) (result []byte, err error)
}

// NewDispatcher makes an empty dispatcher.
func NewDispatcher() *Dispatcher { return &Dispatcher{kinds: make(map[string]*kind)} }

// Use adds middleware around every handler; the first one is outermost.
func (d *Dispatcher) Use(mw ...Middleware) { d.middleware = append(d.middleware, mw...) }

// RegisterKind is for generated code: the spec's type is out of reach for others.
func RegisterKind[A, R any](d *Dispatcher, s *spec.Spec, run func(context.Context, *A) (R, error)) {
	k := &kind{spec: s}
	_, special := any(new(A)).(json.Unmarshaler)
	k.run = func(ctx context.Context, payload []byte) ([]byte, error) {
		args := new(A)
		if special || string(payload) != "{}" { // methods without parameters need no decoder
			if err := codec.Unmarshal(payload, args); err != nil {
				return nil, NoRetry(decodeError(s.Kind, err))
			}
		}
		result, err := run(ctx, args)
		if err != nil {
			return nil, err
		}
		return encodeResult(s.Kind, result)
	}
	for _, name := range append([]string{s.Kind}, s.Aliases...) {
		if other, taken := d.kinds[name]; taken {
			panic(fmt.Sprintf("runtime: kind %q is registered twice (by %s and %s): each kind and alias belongs to one method", name, other.spec.Kind, s.Kind))
		}
		d.kinds[name] = k
	}
	d.order = append(d.order, k)
}

// wrap puts the middleware around one run.
func (d *Dispatcher) wrap(run func(context.Context) error) func(context.Context) error {
	for i := len(d.middleware) - 1; i >= 0; i-- {
		mw, next := d.middleware[i], run
		run = func(ctx context.Context) error { return mw(ctx, next) }
	}
	return run
}

// catalogue is what a server publishes, whose policy for jobs that name none is fallback.
func (d *Dispatcher) catalogue(fallback RetryPolicy) []storage.KindInfo {
	infos := make([]storage.KindInfo, len(d.order))
	for i, k := range d.order {
		infos[i] = k.info(fallback)
	}
	return infos
}

func (k *kind) info(fallback RetryPolicy) storage.KindInfo {
	s := k.spec
	info := storage.KindInfo{
		Kind: s.Kind, Aliases: s.Aliases, Fingerprint: s.Fingerprint,
		Doc: s.Doc, Queue: s.Queue, Display: s.Display, Result: s.Result,
		Policy: k.retry(fallback).String(),
	}
	if s.Timeout > 0 {
		info.Policy += fmt.Sprintf(", %v a run", s.Timeout)
	}
	for _, p := range s.Params {
		info.Params = append(info.Params, storage.ParamInfo{Name: p.Name, Type: p.Type, Secret: p.Secret})
	}
	return info
}

// retry is the kind's own policy, or the given one.
func (k *kind) retry(fallback RetryPolicy) RetryPolicy {
	r := k.spec.Retry
	if r == nil {
		return fallback
	}
	return RetryPolicy{Max: r.Max, Delays: r.Delays, Base: r.Base, Cap: r.Cap, Discard: r.OnDelete}
}
