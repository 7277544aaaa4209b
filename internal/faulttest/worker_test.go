package faulttest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

// The test binary is its own worker process: with this variable set to a folder it
// works the store in it until it is killed or asked to stop.
const workerFolder = "JOBGEN_FAULT_WORKER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(workerFolder); dir != "" {
		if err := work(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// longestStep keeps two servers busy while they are killed again and again.
const longestStep = 800 * time.Millisecond

type (
	stepArgs  struct{ N int }
	sleepArgs struct{ Millis int }
)

// What a generator would write for the three jobs of these tests.
var (
	stepSpec  = &generated.Spec{Kind: "fault.Step", Retry: &generated.Retry{}}
	afterSpec = &generated.Spec{Kind: "fault.After", Retry: &generated.Retry{}}
	sleepSpec = &generated.Spec{Kind: "fault.Sleep", Retry: &generated.Retry{}}
)

func stepJob(n int, opts ...runtime.Option) runtime.Call[runtime.None] {
	return generated.NewCall[runtime.None](stepSpec, &stepArgs{n}, opts)
}

func afterJob(n int, opts ...runtime.Option) runtime.Call[runtime.None] {
	return generated.NewCall[runtime.None](afterSpec, &stepArgs{n}, opts)
}

func sleepJob(d time.Duration, opts ...runtime.Option) runtime.Call[runtime.None] {
	return generated.NewCall[runtime.None](sleepSpec, &sleepArgs{int(d.Milliseconds())}, opts)
}

// work runs a server on the folder's store and writes every event to a ledger of
// its own process.
func work(dir string) error {
	store, err := sqlitestore.Open(filepath.Join(dir, "jobs.db"))
	if err != nil {
		return err
	}
	defer store.Close()
	l, err := newLedger(dir)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	fmt.Println("working") // whoever started the process waits for a line
	return runtime.NewServer(store, dispatcher(l), runtime.ServerOptions{MaxLost: 1000}).Run(ctx)
}

func dispatcher(l *ledger) *runtime.Dispatcher {
	d := runtime.NewDispatcher()
	step := func(ctx context.Context, _ *stepArgs) (runtime.None, error) {
		defer l.note(ctx, "end")
		l.note(ctx, "start")
		time.Sleep(rand.N(longestStep)) // the work itself, not a wait of the test
		return runtime.None{}, nil
	}
	generated.Register(d, stepSpec, step)
	generated.Register(d, afterSpec, step)
	generated.Register(d, sleepSpec, func(ctx context.Context, a *sleepArgs) (runtime.None, error) {
		l.note(ctx, "start")
		for range a.Millis / 20 { // in small steps: time that the process is frozen is no work done
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				l.note(ctx, "ended-by:"+strconv.Quote(context.Cause(ctx).Error()))
				return runtime.None{}, ctx.Err()
			}
		}
		l.note(ctx, "end")
		return runtime.None{}, nil
	})
	return d
}
