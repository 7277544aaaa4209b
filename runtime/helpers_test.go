package runtime_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// world is one test's store, client and dispatcher, in a bubble where time passes
// when everybody waits for it.
type world struct {
	*testing.T
	store      storage.Store
	client     *runtime.Client
	dispatcher *runtime.Dispatcher
	ctx        context.Context
}

// bubble runs a test on a fresh memstore.
func bubble(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		t.Cleanup(func() { store.Close() })
		test(newWorld(t, store))
	})
}

func newWorld(t *testing.T, store storage.Store) *world {
	return &world{t, store, runtime.NewClient(store), runtime.NewDispatcher(), t.Context()}
}

// job is a kind as generated code would hold it.
type job[A, R any] struct{ spec *generated.Spec }

func define[A, R any](kind string, edit ...func(*generated.Spec)) job[A, R] {
	s := &generated.Spec{Kind: kind, Fingerprint: kind + "-1"}
	for _, e := range edit {
		e(s)
	}
	return job[A, R]{s}
}

func (j job[A, R]) call(args A, opts ...runtime.Option) runtime.Call[R] {
	return generated.NewCall[R](j.spec, args, opts)
}

func (j job[A, R]) handle(d *runtime.Dispatcher, run func(context.Context, *A) (R, error)) {
	generated.Register(d, j.spec, run)
}

type (
	empty = struct{}
	none  = runtime.None
	text  struct {
		Text string `json:"text"`
	}
	number struct {
		N int `json:"n"`
	}
)

// simple is a kind without arguments and result, handled by run.
func simple(w *world, kind string, run func(context.Context) error, edit ...func(*generated.Spec)) job[empty, none] {
	j := define[empty, none](kind, edit...)
	j.handle(w.dispatcher, func(ctx context.Context, _ *empty) (none, error) { return none{}, run(ctx) })
	return j
}

func retries(delays ...time.Duration) func(*generated.Spec) {
	return func(s *generated.Spec) { s.Retry = &generated.Retry{Max: len(delays), Delays: delays} }
}

func enqueue[R any](w *world, call runtime.Call[R]) runtime.Handle[R] {
	w.Helper()
	h, err := generated.Enqueue(w.ctx, w.client, call)
	if err != nil {
		w.Fatalf("enqueue %s: %v", call.Kind(), err)
	}
	return h
}

// server is a running server.
type server struct {
	stop func() error // ends Run's context and returns its error
	done chan struct{}
}

// serve runs a server until the test's end, or its stop.
func (w *world) serve(opts ...runtime.ServerOptions) *server {
	w.Helper()
	return w.serveOn(w.store, opts...)
}

func (w *world) serveOn(store storage.Store, opts ...runtime.ServerOptions) *server {
	w.Helper()
	var o runtime.ServerOptions
	if len(opts) > 0 {
		o = opts[0]
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var err error
	go func() {
		defer close(done)
		err = runtime.NewServer(store, w.dispatcher, o).Run(ctx)
	}()
	s := &server{done: done, stop: func() error {
		cancel()
		<-done
		return err
	}}
	w.Cleanup(func() { s.stop() })
	return s
}

// idle works all jobs that can run now.
func (w *world) idle(opts ...runtime.ServerOptions) {
	w.Helper()
	var o runtime.ServerOptions
	if len(opts) > 0 {
		o = opts[0]
	}
	if err := runtime.NewServer(w.store, w.dispatcher, o).RunUntilIdle(w.ctx); err != nil {
		w.Fatalf("RunUntilIdle: %v", err)
	}
}

func (w *world) get(id storage.ID) storage.Details {
	w.Helper()
	d, err := w.store.Job(w.ctx, id)
	if err != nil {
		w.Fatalf("job %v: %v", id, err)
	}
	return d
}

// want ends the test when the job is in another state.
func (w *world) want(id storage.ID, state storage.State) storage.Details {
	w.Helper()
	d := w.get(id)
	if d.State != state {
		w.Fatalf("%s: want it %v, got %v (reason %q, failure %+v)", d.Kind, state, d.State, d.Reason, d.Failure)
	}
	return d
}

// must ends the test on an error.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// wantErr ends the test when err is not target or does not say all of the words.
func (w *world) wantErr(err, target error, words ...string) {
	w.Helper()
	if err == nil {
		w.Fatalf("want an error that is %v, got none", target)
	}
	if target != nil && !errors.Is(err, target) {
		w.Fatalf("want an error that is %v, got %v", target, err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			w.Fatalf("want %q in the error %q", word, err)
		}
	}
}

// settle lets everything that can happen now happen.
func (w *world) settle() { synctest.Wait() }

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
