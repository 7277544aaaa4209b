package generator

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Result is what a run made.
type Result struct {
	Files []File // by name, unchanged ones included
}

// File is one generated file.
type File struct {
	Name string // relative to Config.Dir, with slashes
	Old  []byte // nil: the file did not exist
	New  []byte // nil: the file is no longer needed and removed

	path string
}

// Changed reports whether the run changes the file.
func (f File) Changed() bool {
	return (f.Old == nil) != (f.New == nil) || !bytes.Equal(f.Old, f.New)
}

// Diff is what the run changes, as a unified diff; empty: nothing.
func (r Result) Diff() string {
	var b strings.Builder
	for _, f := range r.Files {
		old, new := "a/"+f.Name, "b/"+f.Name
		if f.Old == nil {
			old = "/dev/null"
		}
		if f.New == nil {
			new = "/dev/null"
		}
		// The first line, diff old new, is of no use to patch programs.
		_, text, _ := strings.Cut(string(diff.Diff(old, f.Old, new, f.New)), "\n")
		b.WriteString(text)
	}
	return b.String()
}

func (r *Result) sort() {
	slices.SortFunc(r.Files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
}
