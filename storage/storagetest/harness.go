package storagetest

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Harness is how the suite gets at a store.
type Harness struct {
	// Open opens a fresh, empty store: a namespace or file of its own. It is closed
	// by t.Cleanup, and closing it again by a test does no harm.
	Open func(t *testing.T) storage.Store
	// Reopen opens another Store value on the data of s, as another process would;
	// s may be closed by then. Nil: the data are one Store value's alone, so the
	// store cannot be durable.
	Reopen func(t *testing.T, s storage.Store) storage.Store
	// Advance moves the clock of the stores opened for t. Nil: see the package doc.
	Advance func(t *testing.T, d time.Duration)
	// OpenBench opens a store for Bench; Run does not need it.
	OpenBench func(b *testing.B) storage.Store
	// Synctest: the store's clock is Go's, and it works inside a testing/synctest bubble.
	Synctest bool
	// Durable must equal Info().Durable.
	Durable bool
	// Lanes must equal Info().Lanes; 0 means 1.
	Lanes int
	// Rows is how many jobs the larger tests use. 0: 1000, less under the race detector.
	Rows int
}

// realSleep is the longest that a test really sleeps.
const realSleep = 20 * time.Second

// test is one case: a sentence of the contract and the story that proves it.
type test struct {
	name string
	run  func(e *env)
}

// topic is a group of tests about one part of the contract.
type topic struct {
	name   string
	tests  []test
	shared bool // needs a second Store value on the same data
}

// byName orders tests that were made from a map.
func byName(tests []test) []test {
	slices.SortFunc(tests, func(a, b test) int { return strings.Compare(a.name, b.name) })
	return tests
}

// Run runs the whole suite against the store of h.
func Run(t *testing.T, h Harness) {
	if h.Open == nil {
		t.Fatal("storagetest: Harness.Open is required")
	}
	if h.Lanes == 0 {
		h.Lanes = 1
	}
	if h.Rows == 0 {
		h.Rows = defaultRows
	}
	for _, topic := range topics() {
		t.Run(topic.name, func(t *testing.T) {
			if topic.shared && h.Reopen == nil {
				if h.Durable {
					t.Fatal("a durable store shows that it is: Harness.Reopen is required")
				}
				t.Skip("the data are one Store value's alone: Harness.Reopen is nil")
			}
			for _, c := range topic.tests {
				t.Run(c.name, func(t *testing.T) { h.run(t, c) })
			}
		})
	}
}

func (h Harness) run(t *testing.T, c test) {
	if !h.Synctest {
		c.run(newEnv(t, h))
		return
	}
	synctest.Test(t, func(t *testing.T) { c.run(newEnv(t, h)) })
}
