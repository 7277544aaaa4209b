package faulttest

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// guard is a condition in a store's source without which jobs could be lost or run
// twice, marked by a comment:
//
//	if COND { // guard: NAME          in Go: without it, COND counts as false; also case COND:
//	if COND { // need: NAME           in Go: without it, COND counts as true
//	if COND then ... -- guard: NAME   in Lua: the same, both
//	AND COND -- guard: NAME           in SQL: without it, COND counts as true
//	(COND /* guard: NAME */)          a part of a Go or SQL condition; --[[ guard: NAME ]] in Lua
//	(COND /* need: NAME */)           the same for what has to be true
//
// The first of SQL's forms may also begin with WHERE or ON.
type guard struct {
	file, name string
	line       int
	mutant     string // the file's text without the guard
}

// TestSoakGuards takes one guard after the other out of the stores' sources, in copies,
// and shows that a test fails each time: every one of them is needed and watched.
func TestSoakGuards(t *testing.T) {
	if !soak() {
		t.Skip("runs in the full form only: it builds and tests a store for each guard")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	guards := findGuards(t, filepath.Join(root, "storage"))
	if len(guards) == 0 {
		t.Fatal("no guard is marked in the stores' sources")
	}
	sound := make(map[string]bool) // suites that pass with all guards in place
	for _, g := range guards {
		t.Run(fmt.Sprintf("%s/%s:%d", g.name, filepath.Base(g.file), g.line), func(t *testing.T) {
			for _, suite := range suites(g.file) {
				if !sound[suite] {
					if out, err := command(t.Context(), root, "test", "-count=1", "-timeout", "20m", suite); err != nil {
						t.Fatalf("%s fails with all guards in place: %s", suite, firstFailure(out))
					}
					sound[suite] = true
				}
				if failed, output := runWithout(t, root, g, suite); failed {
					t.Logf("%s fails without it: %s", suite, output)
					return
				}
			}
			t.Errorf("%s:%d: no test fails without the guard %q", g.file, g.line, g.name)
		})
	}
}

// suites are the packages whose tests watch a file: those of its store, for what the
// SQL stores share one after the other, and at last the short form of this suite.
func suites(file string) []string {
	const last = "./internal/faulttest"
	store := filepath.Base(filepath.Dir(file))
	switch store {
	case "lua", "migrations":
		store = filepath.Base(filepath.Dir(filepath.Dir(file)))
	case "sqlcore", "rules":
		return []string{"./storage/sqlitestore", "./storage/pgstore", "./storage/mysqlstore", last}
	}
	return []string{"./storage/" + store, last}
}

// runWithout runs the tests of a package on the mutated source, and says which failed.
func runWithout(t *testing.T, root string, g guard, suite string) (failed bool, output string) {
	t.Helper()
	dir := t.TempDir()
	mutant := filepath.Join(dir, filepath.Base(g.file))
	overlay := filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {g.file: mutant}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{mutant: []byte(g.mutant), overlay: text} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if out, err := command(ctx, root, "build", "-overlay", overlay, suite); err != nil {
		t.Fatalf("without the guard it does not compile: %s", out)
	}
	out, err := command(ctx, root, "test", "-overlay", overlay, "-count=1", "-failfast", "-timeout", "9m", suite)
	return err != nil, firstFailure(out)
}

func command(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "JOBGEN_SOAK=")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// failure is the first test that failed, with those below it, and the first thing that it says.
var failure = regexp.MustCompile(`--- FAIL: (\S+).*\n((?:\s+--- FAIL: .*\n)*)(?:\s+(\S.*))?`)

// firstFailure tells what failed, with its words: a mutant that is broken, and not just
// unguarded, fails for the wrong reason.
func firstFailure(output string) string {
	m := failure.FindStringSubmatch(output)
	if m == nil || strings.Contains(output, "panic: test timed out") {
		return output[max(0, len(output)-500):]
	}
	name := m[1]
	if below := strings.Fields(m[2]); len(below) > 1 {
		name = below[len(below)-2]
	}
	return name + ": " + m[3][:min(len(m[3]), 300)]
}

// findGuards reads all sources below dir.
func findGuards(t *testing.T, dir string) (all []guard) {
	t.Helper()
	err := eachSource(dir, func(path, text string) { all = append(all, guardsIn(path, text)...) })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// eachSource calls f for all sources below dir.
func eachSource(dir string, f func(path, text string)) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		switch filepath.Ext(path) {
		case ".go", ".lua", ".sql":
		default:
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			f(path, string(text))
		}
		return err
	})
}
