package faulttest

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/gojobgen/jobgen/internal/testservers"
)

// The test binary is its own worker process: with this variable set to a
// workerConfig it works until it is killed or asked to stop.
const workerVariable = "JOBGEN_FAULT_WORKER"

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{}) // it would tell of every fault
	if text := os.Getenv(workerVariable); text != "" {
		var c workerConfig
		err := json.Unmarshal([]byte(text), &c)
		if err == nil {
			err = c.run()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// These tests wait most of the time, so more of them go side by side than there are
	// processors, unless the caller says otherwise.
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", "6") // the flag exists in every test binary
	}
	os.Exit(testservers.Main(m))
}

// quiet is a log that nobody reads.
type quiet struct{}

// Printf implements the logger of go-redis.
func (quiet) Printf(context.Context, string, ...any) {}

// soak reports whether the full form runs.
func soak() bool { return os.Getenv("JOBGEN_SOAK") != "" }

// real keeps a test of real processes and real time out of the runs under the race
// detector, where all times are others.
func real(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("real processes and real time: runs without -short")
	}
	t.Parallel()
}

// newRandom makes the choices of one test and says how to repeat them.
func newRandom(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("JOBGEN_SEED"); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("JOBGEN_SEED: %v", err)
		}
		seed = given
	}
	t.Logf("seed: JOBGEN_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}
