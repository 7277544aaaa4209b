package faulttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// process is a worker process of ours.
type process struct {
	cmd    *exec.Cmd
	config workerConfig
	stderr bytes.Buffer
	gone   chan struct{}
}

// startWorker starts a worker and waits until it works. It dies with the test binary.
func startWorker(t *testing.T, c workerConfig) *process {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(os.Args[0]), config: c, gone: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), workerVariable+"="+string(text))
	p.cmd.Stderr = &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	working := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the parent-death signal follows this thread
		defer runtime.UnlockOSThread()
		defer close(p.gone)
		if err := p.cmd.Start(); err != nil {
			working <- err
			return
		}
		if lines := bufio.NewScanner(out); !lines.Scan() {
			working <- fmt.Errorf("it ended: %w", p.cmd.Wait())
			return
		}
		working <- nil
		_ = p.cmd.Wait()
	}()
	if err := <-working; err != nil {
		t.Fatalf("worker did not start: %v: %s", err, p.stderr.String())
	}
	t.Cleanup(func() {
		p.kill()
		if log, err := os.ReadFile(c.log(p.pid())); t.Failed() && err == nil {
			t.Logf("log of worker %d:\n%s", p.pid(), log[max(0, len(log)-4000):])
		}
	})
	return p
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// kill ends the process as a crash would, and gives the time of death.
func (p *process) kill() time.Time {
	at := time.Now()
	select {
	case <-p.gone:
	default:
		_ = p.cmd.Process.Kill()
		<-p.gone
	}
	return at
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// stop asks the process to stop and reports whether it did so without complaint.
func (p *process) stop(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.gone:
	case <-time.After(40 * time.Second):
		t.Errorf("worker %d did not stop", p.pid())
		p.kill()
	}
	if !p.cmd.ProcessState.Success() {
		t.Errorf("worker %d: %v: %s", p.pid(), p.cmd.ProcessState, p.stderr.String())
	}
}

// log is the file that worker pid logs to.
func (c workerConfig) log(pid int) string { return filepath.Join(c.Dir, fmt.Sprintf("log-%d", pid)) }
