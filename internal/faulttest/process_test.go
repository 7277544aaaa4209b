package faulttest

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// process is a worker process of ours.
type process struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	gone   chan struct{}
	dead   time.Time // when it was killed
}

// startWorker starts a worker on dir and waits until it works. It dies with the test binary.
func startWorker(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0]), gone: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), workerFolder+"="+dir)
	p.cmd.Stderr = &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		_ = p.cmd.Wait()
		t.Fatalf("worker did not start: %s", p.stderr.String())
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.gone)
	}()
	t.Cleanup(p.kill)
	return p
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// kill ends the process as a crash would.
func (p *process) kill() {
	select {
	case <-p.gone:
	default:
		p.dead = time.Now()
		_ = p.cmd.Process.Kill()
		<-p.gone
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
	}
	if !p.cmd.ProcessState.Success() {
		t.Errorf("worker %d: %v: %s", p.pid(), p.cmd.ProcessState, p.stderr.String())
	}
}
