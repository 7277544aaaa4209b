package readmetest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

func readme(t *testing.T) (string, []Block) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := Blocks(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(text), blocks
}

// labelled finds the blocks with a label.
func labelled(t *testing.T, label string) []Block {
	t.Helper()
	var found []Block
	_, blocks := readme(t)
	for _, b := range blocks {
		if b.Label == label {
			found = append(found, b)
		}
	}
	if len(found) == 0 {
		t.Fatalf("README.md has no block labelled %q", label)
	}
	return found
}

// TestCodeIsInFiles: what is compiled and tested elsewhere is what readers see.
func TestCodeIsInFiles(t *testing.T) {
	_, blocks := readme(t)
	for _, b := range blocks {
		path, ok := strings.CutPrefix(b.Label, "file: ")
		switch {
		case b.Lang != "go" && !ok:
		case !ok:
			t.Errorf("README.md:%d: this Go block does not name the file that it stands in", b.Line)
		default:
			text, err := os.ReadFile(filepath.Join(root, path))
			if err != nil {
				t.Error(err)
			} else if !strings.Contains(string(text), b.Text) {
				t.Errorf("README.md:%d: this block does not stand in %s", b.Line, path)
			}
		}
	}
}

// TestThirtyLines: README opens with a whole program, which has thirty lines after its
// imports, blank ones not counted.
func TestThirtyLines(t *testing.T) {
	_, blocks := readme(t)
	want, err := os.ReadFile(filepath.Join(root, "examples/quickstart/main.go"))
	if err != nil {
		t.Fatal(err)
	}
	if blocks[0].Text != string(want) {
		t.Error("the first block of README.md is not examples/quickstart/main.go")
	}
	_, code, _ := strings.Cut(blocks[0].Text, "\n)\n")
	n := 0
	for line := range strings.Lines(code) {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	if n > 30 {
		t.Errorf("the example has %d lines, want at most 30", n)
	}
}

var link = regexp.MustCompile(`\]\(([^):#]+)\)`)

func TestLinks(t *testing.T) {
	for _, name := range []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s leads to %s: %v", name, m[1], err)
			}
		}
	}
}

func TestLength(t *testing.T) {
	text, _ := readme(t)
	if n := strings.Count(text, "\n"); n > 350 {
		t.Errorf("README.md has %d lines; nobody reads more than 350", n)
	}
}
