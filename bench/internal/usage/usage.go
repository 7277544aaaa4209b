// Package usage counts what a run costs: processor time here and in the server,
// allocations, and writes to the server's connections.
package usage

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// Counters are running totals; take them twice and subtract.
type Counters struct {
	At     time.Time
	Client time.Duration // processor time of this process
	Server time.Duration // processor time of the server's processes; 0 where there is none
	Allocs uint64        // objects allocated in this process
	Writes int64         // writes to connections: one for each round trip or pipeline
}

// Read takes the totals. server may be nil.
func Read(server func() (time.Duration, error), wire *Wire) (Counters, error) {
	c := Counters{Writes: wire.Writes(), At: time.Now()}
	var err error
	if c.Client, err = own(); err != nil {
		return c, err
	}
	if server != nil {
		if c.Server, err = server(); err != nil {
			return c, err
		}
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	c.Allocs = mem.Mallocs
	return c, nil
}

// Since is what was used after before was taken; At is when before was.
func (c Counters) Since(before Counters) Counters {
	return Counters{At: before.At, Client: c.Client - before.Client, Server: c.Server - before.Server,
		Allocs: c.Allocs - before.Allocs, Writes: c.Writes - before.Writes}
}

// own is the processor time of this process, user and system.
func own() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("usage: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
