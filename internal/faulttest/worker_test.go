package faulttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
)

// workerConfig is what a worker process is told.
type workerConfig struct {
	URL   string
	Dir   string        // of ledgers and logs
	Clock time.Duration // how far its clock is off
	Claim bool          // fetch and release in a tight loop, instead of working
}

// stepArgs are the arguments of the jobs here: how long to run, and after how many
// failures to succeed.
type stepArgs struct{ Millis, Fails int }

// What a generator would write for the jobs of these tests.
var (
	// stepSpec retries at once, as often as its arguments make it fail.
	stepSpec = &generated.Spec{Kind: "fault.Step", Retry: &generated.Retry{Max: 5, Delays: []time.Duration{20 * time.Millisecond}}}
	// failSpec has no retries: its first failure is its end.
	failSpec = &generated.Spec{Kind: "fault.Fail", Retry: &generated.Retry{}}
)

func step(a stepArgs, opts ...runtime.Option) runtime.Call[runtime.None] {
	return generated.NewCall[runtime.None](stepSpec, &a, opts)
}

func fail(opts ...runtime.Option) runtime.Call[runtime.None] {
	return generated.NewCall[runtime.None](failSpec, &stepArgs{Fails: 1}, opts)
}

// run is a worker process: a server on the store that writes every event to a ledger
// of its own.
func (c workerConfig) run() error {
	store, err := open(c.URL)
	if err != nil {
		return err
	}
	defer store.Close()
	l, err := newLedger(c.Dir)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(c.log(os.Getpid()), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	fmt.Println("working") // whoever started the process waits for a line
	if c.Claim {
		return claim(ctx, store)
	}
	return runtime.NewServer(store, dispatcher(l), runtime.ServerOptions{
		MaxLost: 1000, Logger: zerolog.New(log).With().Timestamp().Logger(),
		Clock: func() time.Time { return time.Now().Add(c.Clock) },
	}).Run(ctx)
}

func dispatcher(l *ledger) *runtime.Dispatcher {
	d := runtime.NewDispatcher()
	run := func(ctx context.Context, a *stepArgs) (runtime.None, error) {
		l.note(ctx, "start")
		for end := time.Duration(a.Millis) * time.Millisecond; end > 0; end -= stride { // time that the process is frozen is no work done
			select {
			case <-time.After(min(end, stride)):
			case <-ctx.Done():
				l.note(ctx, "ended-by:"+strconv.Quote(context.Cause(ctx).Error()))
				return runtime.None{}, ctx.Err()
			}
		}
		if runtime.FromContext(ctx).Retries() < a.Fails {
			l.note(ctx, "fail")
			return runtime.None{}, errors.New("as the test wants it")
		}
		l.note(ctx, "end")
		return runtime.None{}, nil
	}
	generated.Register(d, stepSpec, run)
	generated.Register(d, failSpec, run)
	return d
}

// stride is the longest sleep of a handler.
const stride = 20 * time.Millisecond
