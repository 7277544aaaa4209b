//go:build unix

package readmetest

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCommands runs what README tells to run in a checkout.
func TestCommands(t *testing.T) {
	for _, b := range labelled(t, "run") {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "sh", "-ec", b.Text)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("README.md:%d: %v\n%s", b.Line, err, out)
			continue
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		text, _ := readme(t)
		if last := lines[len(lines)-1]; !strings.Contains(text, "`"+last+"`") {
			t.Errorf("README.md:%d ends with %q, which README.md does not say", b.Line, last)
		}
	}
}

// TestNewcomer goes the way from nothing to a running job, in a folder and a module of
// its own.
func TestNewcomer(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this resolves modules")
	}
	commands := strings.Split(strings.TrimSpace(labelled(t, "newcomer")[0].Text), "\n")
	if len(commands) > 6 {
		t.Errorf("%d commands to a running job, want at most 6", len(commands))
	}
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	commands[1] = strings.ReplaceAll(strings.TrimSpace(labelled(t, "unpublished")[0].Text), "../jobgen", checkout)

	dir := t.TempDir()
	_, blocks := readme(t)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(blocks[0].Text), 0o600); err != nil {
		t.Fatal(err)
	}
	last := len(commands) - 1
	for _, command := range commands[:last] {
		if out, err := shell(t.Context(), dir, command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	if out, err := shell(t.Context(), dir, "go vet ./...").CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
	runUntil(t, shell(t.Context(), dir, commands[last]), "receipt sent for order 42")
}

func shell(ctx context.Context, dir, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-ec", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a group of its own, to interrupt as a terminal does
	return cmd
}

// runUntil runs a command until it prints a line, and interrupts it then.
func runUntil(t *testing.T, cmd *exec.Cmd, want string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(3*time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer late.Stop()
	seen := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == want && !seen {
			seen = true
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil && !seen {
		t.Errorf("%v", err)
	}
	if !seen {
		t.Errorf("it did not print %q", want)
	}
}
