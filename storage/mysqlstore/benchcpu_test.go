//go:build linux

package mysqlstore_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// cpuTime reports the processor time of an operation, of this process and of the server,
// when the returned function is called: on a busy machine it says more than the time that
// passed.
func cpuTime(b *testing.B, db *sql.DB) func() {
	server := serverTicks(b, db)
	client := clientNanos(b)
	return func() {
		b.ReportMetric(float64(serverTicks(b, db)-server)*1e4/float64(b.N), "server-us/op")
		b.ReportMetric(float64(clientNanos(b)-client)/1e3/float64(b.N), "client-us/op")
	}
}

func clientNanos(b *testing.B) int64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// serverTicks is how many hundredths of a second the server has run.
func serverTicks(b *testing.B, db *sql.DB) int64 {
	b.Helper()
	var folder, file string
	if err := db.QueryRow("SELECT @@datadir, @@pid_file").Scan(&folder, &file); err != nil {
		b.Fatal(err)
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(folder, file)
	}
	pid, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
	if err != nil {
		b.Fatal(err)
	}
	var user, system int64
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	return user + system
}
