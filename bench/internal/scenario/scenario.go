// Package scenario measures one library in one situation at a time. Every run begins
// with an empty space.
package scenario

import (
	"context"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/backend"
	"github.com/gojobgen/jobgen/bench/internal/library"
)

// Contender is a library on a backend.
type Contender struct {
	Backend backend.Backend
	Library library.Library
}

// Scenario is a situation to measure.
type Scenario struct {
	Name   string
	What   string // one line for the report
	Quick  bool   // part of the quick run
	Weight int    // share of the quick run's time
	On     []string
	run    func(ctx context.Context, c Contender, z Size) ([]Sample, error)
}

// Size says how much is measured.
type Size struct {
	Jobs  int           // to process; 0: what Quick says
	For   time.Duration // of runs that are not bound by a number of jobs
	Quick bool
	// Limit ends the processing of a library that is too slow for the number of jobs: its
	// rate is that of the jobs done by then. Preload ends the storing before it: what is
	// stored by then is what waits.
	Limit, Preload time.Duration
}

// Sample is one measured figure.
type Sample struct {
	Name  string // of the scenario, or of a part of it
	Value float64
	Unit  string
	Lower bool // less is better
	Jobs  int  // that the figure is made of
	Cost  Cost
	Note  string
}

// Cost is what one job took, in the unit's own terms where those are not jobs.
type Cost struct {
	Client, Server time.Duration // processor time
	Allocs         float64       // objects allocated in this process
	Writes         float64       // to the server's connections
	Bytes          float64       // stored for a job that waits
	P50, P99       time.Duration // from the call of enqueue to the start of the handler
}

// add adds what others took, but not how long they waited.
func (c *Cost) add(of Cost) {
	c.Client, c.Server = c.Client+of.Client, c.Server+of.Server
	c.Allocs, c.Writes = c.Allocs+of.Allocs, c.Writes+of.Writes
}

// each is what one of n jobs took of it.
func (c Cost) each(n int) Cost {
	return Cost{
		Client: c.Client / time.Duration(n), Server: c.Server / time.Duration(n),
		Allocs: c.Allocs / float64(n), Writes: c.Writes / float64(n),
	}
}

// Run measures once.
func (s Scenario) Run(ctx context.Context, c Contender, z Size) ([]Sample, error) {
	return s.run(ctx, c, z)
}

// Fits reports whether the scenario means something on a backend.
func (s Scenario) Fits(backendName string) bool {
	return len(s.On) == 0 || slices.Contains(s.On, backendName)
}

var snapshots = []string{"postgres", "mysql"}

// All are the scenarios in the order in which they run. Latency is first: what others have
// written is still on its way to the disk when they are over, and that is not low load.
var All = []Scenario{
	{Name: "latency", What: "one job each 10 to 30 ms: median from the call of enqueue to the start of the handler", Quick: true, Weight: 4, run: latency(false)},
	{Name: "latency-one-store", What: "the same where client and server share a store value", On: []string{"redis", "postgres"}, run: latency(true)},
	{Name: "enqueue-1", What: "one caller, one job a call", run: enqueueBy(1)},
	{Name: "enqueue-16", What: "16 callers, one job a call", Quick: true, Weight: 4, run: enqueueBy(16)},
	{Name: "enqueue-64", What: "64 callers, one job a call", run: enqueueBy(64)},
	{Name: "bulk", What: "one caller, 1,000 jobs a call", Quick: true, Weight: 2, run: bulk},
	{Name: "process-10", What: "preloaded no-op jobs, 10 workers", run: processBy(10, false)},
	{Name: "process-100", What: "preloaded no-op jobs, 100 workers", Quick: true, Weight: 3, run: processBy(100, false)},
	{Name: "process-1000", What: "preloaded no-op jobs, 1,000 workers", run: processBy(1000, false)},
	{Name: "process-100-held", What: "the same with an old snapshot held open", Quick: true, Weight: 7, On: snapshots, run: processBy(100, true)},
	{Name: "mixed", What: "16 callers enqueue while 100 workers process", Quick: true, Weight: 2, run: mixed},
	{Name: "scheduled", What: "100,000 scheduled jobs fall due at once: until all are enqueued", run: scheduled},
	{Name: "recurring", What: "10,000 recurring jobs, each every 10 s: processor time of a run", run: recurring},
	{Name: "idle", What: "an idle server with 20 queues", run: idle},
	{Name: "kept", What: "process and list with 10,000 and 1,000,000 finished jobs kept", run: kept},
	{Name: "held-60s", What: "mixed load while a snapshot is held for 60 s: rate of the last quarter against the rate before", On: snapshots, run: held60},
}
