//go:build unix

package runtime_test

import (
	"syscall"
	"testing"
	"time"
)

// measureCPU reports the process's CPU time per operation of a benchmark, from the
// call to that of the function it returns.
func measureCPU(b *testing.B) func() {
	b.Helper()
	before := usedCPU(b)
	return func() {
		b.ReportMetric(float64(usedCPU(b)-before)/float64(b.N)/1e3, "cpu-us/op")
	}
}

func usedCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
