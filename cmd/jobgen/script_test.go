package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/modfile"
)

var update = flag.Bool("update", false, "rewrite the wanted outputs in testdata/script")

// TestMain lets the test binary be the command, for stories about go generate.
func TestMain(m *testing.M) {
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "jobgen" {
		main()
	}
	os.Exit(m.Run())
}

// TestStories runs testdata/script: one behaviour a file, each in a module of its own
// that uses this one as it is on disk. The command runs within the test, so that
// coverage counts it.
func TestStories(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	goenv := goEnv(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join(root, "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, goenv...)
			e.Setenv("PATH", filepath.Join(e.WorkDir, ".bin")+string(filepath.ListSeparator)+e.Getenv("PATH"))
			e.Values["env"] = &e.Vars
			if err := writeModule(root, e.WorkDir); err != nil {
				return err
			}
			return linkCommand(e.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"jobgen": jobgen,
			"status": status,
			"age":    age,
			"old":    old,
		},
	})
}

// goEnv is how the go command runs in a story: with the shared cache, without network.
func goEnv(t *testing.T) []string {
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	dirs := strings.Split(strings.TrimSpace(string(out)), "\n")
	return []string{
		"GOCACHE=" + dirs[0], "GOMODCACHE=" + dirs[1], "GOROOT=" + dirs[2],
		"GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOTOOLCHAIN=local", "GOWORK=off",
	}
}

// writeModule makes the story's folder a module that uses this one.
func writeModule(root, dir string) error {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	ours, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return err
	}
	f := new(modfile.File)
	if text, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil {
		if f, err = modfile.Parse("go.mod", text, nil); err != nil {
			return err
		}
	} else if err := f.AddModuleStmt("example.com/shop"); err != nil {
		return err
	}
	if err := f.AddGoStmt(ours.Go.Version); err != nil {
		return err
	}
	for _, r := range ours.Require {
		f.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
	}
	f.AddNewRequire(ours.Module.Mod.Path, "v0.0.0", false)
	if err := f.AddReplace(ours.Module.Mod.Path, "", root, ""); err != nil {
		return err
	}
	if text, err = f.Format(); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), text, 0o666); err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o666)
}

// linkCommand puts the test binary on the story's path as jobgen.
func linkCommand(dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	bin := filepath.Join(dir, ".bin")
	if err := os.Mkdir(bin, 0o777); err != nil {
		return err
	}
	return os.Symlink(self, filepath.Join(bin, "jobgen"))
}

// jobgen runs the command: jobgen [args].
func jobgen(ts *testscript.TestScript, neg bool, args []string) {
	env := ts.Value("env").(*[]string)
	code := run(args, environment{dir: ts.MkAbs("."), env: *env, stdout: ts.Stdout(), stderr: ts.Stderr()})
	ts.Setenv("status", strconv.Itoa(code))
	if neg != (code != 0) {
		ts.Fatalf("jobgen %s: exit status %d", strings.Join(args, " "), code)
	}
}

// status checks the exit code of the last jobgen: status 2.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: status CODE")
	}
	if got := ts.Getenv("status"); got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

var longAgo = time.Date(2009, time.November, 10, 23, 0, 0, 0, time.UTC)

// age gives files a time in the past: age FILE.
func age(ts *testscript.TestScript, neg bool, args []string) {
	for _, file := range args {
		ts.Check(os.Chtimes(ts.MkAbs(file), longAgo, longAgo))
	}
}

// old checks that files were not written since age: old FILE.
func old(ts *testscript.TestScript, neg bool, args []string) {
	for _, file := range args {
		info, err := os.Stat(ts.MkAbs(file))
		ts.Check(err)
		if info.ModTime().Equal(longAgo) == neg {
			ts.Fatalf("%s: modified %s", file, fmt.Sprint(info.ModTime()))
		}
	}
}
