package readmetest

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/generator"
)

var directive = regexp.MustCompile("//job:([a-z]+)")

// TestDirectives: README's table has the directives that the generator knows.
func TestDirectives(t *testing.T) {
	text, _ := readme(t)
	var got []string
	for line := range strings.Lines(text) {
		if cell, ok := strings.CutPrefix(line, "| `//job:"); ok {
			cell, _, _ = strings.Cut("//job:"+cell, " | ")
			for _, m := range directive.FindAllStringSubmatch(cell, -1) {
				got = append(got, m[1])
			}
		}
	}
	slices.Sort(got)
	if want := known(t); !slices.Equal(got, want) {
		t.Errorf("README.md has the directives\n%v, the generator\n%v", got, want)
	}
}

// known asks the generator, which lists them where it meets an unknown one.
func known(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/x\n\ngo 1.26.0\n",
		"x.go":   "package x\n\n//job:qqqqqqqqqqqqqqqq\ntype X interface{ Do() error }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := generator.Run(t.Context(), generator.Config{Dir: dir, Check: true})
	var problems generator.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, want problems", err)
	}
	_, list, _ := strings.Cut(problems.Error(), "there are ")
	list, _, _ = strings.Cut(list, "\n")
	names := strings.Split(list, ", ")
	slices.Sort(names)
	return names
}
