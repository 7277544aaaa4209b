package testservers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Server is one server process on fixed data and ports: it can be killed, stopped,
// frozen and started again. Its methods are safe for concurrent use, but two of them
// at once on one server make a history that no test can judge.
type Server struct {
	name    string
	dir     string
	command func() *exec.Cmd            // makes the command of the next start
	ready   func(context.Context) error // nil once the server answers
	as      *syscall.Credential
	stop    syscall.Signal // asks for an orderly end

	mu  sync.Mutex
	run *run // the living process, if any
}

// run is one life of a server.
type run struct {
	pid  int
	gone chan struct{} // closed when the process has been waited for
}

const (
	startLimit = 60 * time.Second // a crash recovery on a busy machine
	stopLimit  = 20 * time.Second // then the server is killed
	killLimit  = 10 * time.Second
)

var errRunning = errors.New("testservers: the server runs already")

// children are the servers that run, for CloseShared.
var children = struct {
	sync.Mutex
	running map[*Server]bool
}{running: make(map[*Server]bool)}

// Name says which server this is, for logs.
func (s *Server) Name() string { return s.name }

// Dir is the folder with the server's data and log.
func (s *Server) Dir() string { return s.dir }

// Start starts the server and returns when it answers: again on the same data and
// ports after Kill or Stop.
func (s *Server) Start() error {
	if err := s.StartOnly(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	return s.WaitReady(ctx)
}

// StartOnly starts the process and does not wait until it answers.
func (s *Server) StartOnly() error {
	if s.current() != nil {
		return errRunning
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.spawn()
	if err != nil {
		return fmt.Errorf("testservers: start %s: %w", s.name, err)
	}
	s.run = r
	children.Lock()
	children.running[s] = true
	children.Unlock()
	return nil
}

// spawn starts the process from a goroutine that keeps its thread: the kernel sends
// the parent-death signal when that thread ends, not when the process does.
func (s *Server) spawn() (*run, error) {
	log, err := os.OpenFile(filepath.Join(s.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	cmd := s.command()
	cmd.Stdout, cmd.Stderr = log, log
	// A group of its own: an interrupt typed at the terminal is ours to handle.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true, Credential: s.as}
	r := &run{gone: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer func() { _ = log.Close() }()
		err := cmd.Start()
		if err == nil {
			r.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is for the log
			close(r.gone)
		}
	}()
	return r, <-started
}

// WaitReady returns when the server answers, or with an error when it has ended, was
// not started or ctx ends.
func (s *Server) WaitReady(ctx context.Context) error {
	r := s.current()
	if r == nil {
		return fmt.Errorf("testservers: %s does not run", s.name)
	}
	for {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := s.ready(try)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-r.gone:
			s.forget(r)
			return fmt.Errorf("testservers: %s ended while it started: %w", s.name, err)
		case <-ctx.Done():
			return fmt.Errorf("testservers: %s does not answer: %w", s.name, err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Kill ends the server with SIGKILL, children and all, as a crash of it would.
// Killing one that does not run is no error.
func (s *Server) Kill() error {
	r := s.current()
	if r == nil {
		return nil
	}
	if err := killTree(r.pid, killLimit); err != nil {
		return fmt.Errorf("testservers: kill %s: %w", s.name, err)
	}
	return s.await(r, killLimit)
}

// Stop ends the server in its orderly way.
func (s *Server) Stop() error { return s.end(s.stop) }

func (s *Server) end(sig syscall.Signal) error {
	r := s.current()
	if r == nil {
		return nil
	}
	if err := syscall.Kill(r.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("testservers: stop %s: %w", s.name, err)
	}
	if err := s.await(r, stopLimit); err != nil {
		return errors.Join(err, s.Kill())
	}
	return nil
}

// await waits for the end of a life.
func (s *Server) await(r *run, limit time.Duration) error {
	select {
	case <-r.gone:
		s.forget(r)
		return nil
	case <-time.After(limit):
		return fmt.Errorf("testservers: %s has not ended within %v", s.name, limit)
	}
}

// Pause freezes the whole server with SIGSTOP: its connections stay open and nothing
// answers. Resume lets it go on.
func (s *Server) Pause() error { return s.signalAll(syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume() error { return s.signalAll(syscall.SIGCONT) }

func (s *Server) signalAll(sig syscall.Signal) error {
	r := s.current()
	if r == nil {
		return fmt.Errorf("testservers: %s does not run", s.name)
	}
	if err := signalTree(r.pid, sig); err != nil {
		return fmt.Errorf("testservers: send %v to %s: %w", sig, s.name, err)
	}
	return nil
}

// current is the life that goes on, nil when there is none: a server can also end by
// itself.
func (s *Server) current() *run {
	s.mu.Lock()
	r := s.run
	s.mu.Unlock()
	if r == nil {
		return nil
	}
	select {
	case <-r.gone:
		s.forget(r)
		return nil
	default:
		return r
	}
}

func (s *Server) forget(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == r {
		s.run = nil
		children.Lock()
		delete(children.running, s)
		children.Unlock()
	}
}

// discard ends the server for good and removes its data.
func (s *Server) discard() {
	_ = s.Kill() // it dies with the binary at the latest
	os.RemoveAll(s.dir)
}

// PID is the process's number, 0 when the server does not run.
func (s *Server) PID() int {
	if r := s.current(); r != nil {
		return r.pid
	}
	return 0
}

// logTail is how much of a log is shown.
const logTail = 8 << 10

// Log is the end of what the server wrote, at most 8 KiB.
func (s *Server) Log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "server.log"))
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-logTail):])
}
