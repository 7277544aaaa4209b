package testservers

import (
	"errors"
	"os"
	"sync"
)

// TB is what this package needs of a [testing.TB]; a program that is no test brings
// its own.
type TB interface {
	Helper()
	Name() string
	Failed() bool
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(func())
}

// errMissing is wrapped by errors that say which binary is not installed.
var errMissing = errors.New("not installed")

// must ends the test when err is not nil: by skipping where a binary is missing and
// the machine is not one that promises to have it.
func must(tb TB, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errMissing) && os.Getenv("CI") != "true":
		tb.Skipf("%v", err)
	default:
		tb.Fatalf("%v", err)
	}
}

// shared is a server that the whole binary uses; it starts with the first caller.
type shared[T any] struct {
	once   sync.Once
	server T
	err    error
}

func (s *shared[T]) get(tb TB, start func() (T, error)) T {
	tb.Helper()
	s.once.Do(func() { s.server, s.err = start() })
	must(tb, s.err)
	return s.server
}

// own ties a server to one test: it ends with it, and shows its log when the test failed.
func own(tb TB, servers ...*Server) {
	for _, s := range servers {
		tb.Cleanup(func() {
			if tb.Failed() {
				tb.Logf("log of %s:\n%s", s.name, s.Log())
			}
			s.discard()
		})
	}
}
