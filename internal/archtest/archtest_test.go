// Package archtest checks what the packages of the module may import, and how large
// a file may grow.
package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gojobgen/jobgen"

// pkg is what go list says about a package.
type pkg struct {
	ImportPath   string
	Dir          string
	Standard     bool
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
	Imports      []string
	Deps         []string
}

// load lists packages of the module by go list's patterns.
func load(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-e", "-json"}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// under reports whether path is one of the given packages or lies below it; "/..."
// is understood, and paths are relative to the module.
func under(path string, packages ...string) bool {
	rel, ours := strings.CutPrefix(path, module)
	rel = strings.TrimPrefix(rel, "/")
	return ours && slices.ContainsFunc(packages, func(p string) bool {
		return rel == p || p == "" || strings.HasPrefix(rel, p+"/")
	})
}

// forTests are packages that only tests import.
func forTests(path string) bool {
	return under(path, "storage/storagetest", "runtime/runtimetest", "internal/archtest") || strings.HasSuffix(path, "test")
}

// stores are the drivers that exist by now.
func stores(all []pkg) []string {
	var names []string
	for _, p := range all {
		rel := strings.TrimPrefix(p.ImportPath, module+"/")
		if strings.HasPrefix(rel, "storage/") && strings.HasSuffix(rel, "store") && strings.Count(rel, "/") == 1 {
			names = append(names, rel)
		}
	}
	return names
}

// third reports whether path belongs to another module.
func third(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".") && !strings.HasPrefix(path, module)
}
