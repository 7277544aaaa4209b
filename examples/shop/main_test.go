package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const ending = "11 succeeded, 1 failed, 1 waiting"

// TestStory plays the story and checks its lines: how often each begins a line.
func TestStory(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if err := run(t.Context(), []string{"-once"}, &out, &errs); err != nil {
		t.Fatal(err)
	}
	checkStory(t, out.String())
}

func checkStory(t *testing.T, out string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if last := lines[len(lines)-1]; last != ending {
		t.Errorf("last line %q, want %q", last, ending)
	}
	got := make(map[string]int)
	for _, line := range lines {
		got[strings.Fields(line)[0]]++
	}
	for state, want := range map[string]int{"succeeded": 11, "failed": 1, "scheduled": 1, "deleted": 2} {
		if got[state] != want {
			t.Errorf("%d lines begin with %s, want %d", got[state], state, want)
		}
	}
	if !strings.Contains(lines[0], "SendPasswordReset") {
		t.Errorf("taken first: %s; want the critical job, which was asked for last", lines[0])
	}
	if t.Failed() {
		t.Log(out)
	}
}

// TestProgram builds the program as users do, plays the story with it, serves, and
// stops it by a signal.
func TestProgram(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "-once").Output()
	if err != nil {
		t.Fatalf("-once: %v\n%s", err, out)
	}
	checkStory(t, string(out))

	cmd := exec.CommandContext(ctx, program, "-addr", "localhost:0", "-db", filepath.Join(t.TempDir(), "shop.db"))
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 1)
	if _, err := pipe.Read(first); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("stopped by a signal: %v, want exit code 0", err)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-auth", "admin"}, {"-auth", ":secret"}, {"-speed", "-1"}, {"-nonsense"}, {"file.db"}} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out, &out); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
