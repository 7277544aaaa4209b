//go:build unix

package sqlitestore_test

import (
	"syscall"
	"testing"
)

// cpuTime reports the processor time of an operation when the returned function is
// called: on a busy machine it says more than the time that passed.
func cpuTime(b *testing.B) func() {
	used := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-ns/op") }
}
