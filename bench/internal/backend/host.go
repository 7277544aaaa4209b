package backend

import (
	"fmt"
	"os"
	"runtime"

	"github.com/gojobgen/jobgen/internal/testservers"
)

// Host owns the servers that the benchmark starts. It stands in for a test where
// package testservers wants one.
type Host struct {
	failed   bool
	cleanups []func()
}

// failure carries an error from Fatalf to Host.start.
type failure struct{ err error }

// start runs f, which ends with a panic when a server does not start.
func (h *Host) start(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.err
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// Close ends the servers and removes their data.
func (h *Host) Close() {
	for len(h.cleanups) > 0 {
		last := len(h.cleanups) - 1
		f := h.cleanups[last]
		h.cleanups = h.cleanups[:last]
		f()
	}
	testservers.CloseShared()
}

// Helper implements testservers.TB.
func (h *Host) Helper() {}

// Name implements testservers.TB.
func (h *Host) Name() string { return "bench on " + runtime.GOOS }

// Failed implements testservers.TB.
func (h *Host) Failed() bool { return h.failed }

// Logf implements testservers.TB.
func (h *Host) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// Fatalf implements testservers.TB.
func (h *Host) Fatalf(format string, args ...any) {
	h.failed = true
	panic(failure{fmt.Errorf("backend: "+format, args...)})
}

// Skipf implements testservers.TB: here a missing server is an error.
func (h *Host) Skipf(format string, args ...any) { h.Fatalf(format, args...) }

// Cleanup implements testservers.TB.
func (h *Host) Cleanup(f func()) { h.cleanups = append(h.cleanups, f) }
