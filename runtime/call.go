package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gojobgen/jobgen/runtime/internal/codec"
	"github.com/gojobgen/jobgen/runtime/internal/spec"
	"github.com/gojobgen/jobgen/storage"
)

// AnyCall is a [Call] of any result.
type AnyCall interface {
	// NewJob is the job as it will be stored, before client middleware sees it. Its
	// id is zero unless the call has one of its own (WithID).
	NewJob() (storage.NewJob, error)
}

// Call is a job as a value: which method with which arguments and options. It is
// made by generated code (SendReceiptJob), is immutable and can be enqueued many times.
type Call[R any] struct {
	spec *spec.Spec
	args json.RawMessage
	opts []Option
	err  error
}

// NewCall is for generated code: the spec's type is out of reach for others.
// Arguments that cannot be encoded are reported when the call is enqueued.
func NewCall[R any](s *spec.Spec, args any, opts ...Option) Call[R] {
	data, err := codec.Marshal(args)
	if err != nil {
		err = fmt.Errorf("%s: encode arguments: %w", s.Kind, err)
	}
	return Call[R]{spec: s, args: data, opts: opts, err: err}
}

// With is the call with further options; later ones win.
func (c Call[R]) With(opts ...Option) Call[R] {
	c.opts = append(c.opts[:len(c.opts):len(c.opts)], opts...)
	return c
}

// Kind is the wire name of the job.
func (c Call[R]) Kind() string {
	if c.spec == nil {
		return ""
	}
	return c.spec.Kind
}

// Args are the arguments as they will be stored: a JSON object keyed by parameter name.
func (c Call[R]) Args() json.RawMessage { return c.args }

// NewJob implements [AnyCall].
func (c Call[R]) NewJob() (storage.NewJob, error) {
	if c.spec == nil {
		return storage.NewJob{}, errors.New("zero Call: make one with a generated ...Job function")
	}
	if c.err != nil {
		return storage.NewJob{}, c.err
	}
	return buildJob(c.spec, c.args, c.opts)
}

// Enqueuer is what generated clients write through: a [Client], a [Client.Via]
// view of it inside a transaction, or a recorder in tests.
type Enqueuer interface {
	// EnqueueAll stores the calls, all or none, and answers with their ids in order.
	EnqueueAll(ctx context.Context, calls ...AnyCall) ([]ID, error)
}

// WithInput is for generated code: c continues parent and takes its result as the
// argument param.
func WithInput[P, R any](c Call[R], parent Handle[P], param string) Call[R] {
	return c.With(input(parent.ID(), param))
}
