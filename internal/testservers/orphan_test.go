package testservers_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
)

// With this variable set, TestServersDieWithTheirBinary is the binary that dies.
const orphanVariable = "JOBGEN_TESTSERVERS_ORPHAN"

func TestServersDieWithTheirBinary(t *testing.T) {
	if os.Getenv(orphanVariable) != "" {
		fmt.Println("pids", testservers.RedisShared(t).PID(), testservers.PostgresShared(t).PID(), testservers.MariaDBShared(t).PID())
		select {} // until it is killed
	}
	child := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), orphanVariable+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []string
	for lines := bufio.NewScanner(out); pids == nil && lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), "pids "); found {
			pids = strings.Fields(rest)
		} else if strings.Contains(lines.Text(), "SKIP") {
			break
		}
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	if pids == nil {
		testservers.MariaDBShared(t) // skips or fails as the child did
		t.Fatal("the child started no servers")
	}
	for _, p := range pids {
		waitGone(t, p)
	}
}

func waitGone(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil || n == 0 {
		t.Fatalf("process %q", pid)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		state, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("server %s outlived the binary that started it: %s", pid, state)
		}
	}
}
