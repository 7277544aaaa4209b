package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Folder is one package folder with something in it for the generator.
type Folder struct {
	Path  string // import path
	Dir   string
	Files []File // all Go files of the folder, by name
}

// File is one Go file.
type File struct {
	Path      string // absolute
	Text      []byte
	Generated bool // has the header
	Attempt   bool // may hold a directive
	Test      bool // by its name
}

// NeedsTypes reports whether there may be services in the folder; if not, all there
// is to do is to remove generated files.
func (f *Folder) NeedsTypes() bool {
	return slices.ContainsFunc(f.Files, func(f File) bool { return f.Attempt && !f.Generated })
}

// hasTests reports whether there may be services in test files.
func (f *Folder) hasTests() bool {
	return slices.ContainsFunc(f.Files, func(f File) bool { return f.Attempt && !f.Generated && f.Test })
}

// Discover lists the folders that match the patterns and hold directives or
// generated files, by path.
func Discover(ctx context.Context, cfg Config) ([]*Folder, error) {
	for _, p := range cfg.Patterns {
		if strings.HasSuffix(p, ".go") {
			return nil, errors.New(p + " is a file: name packages, such as . or ./...")
		}
	}
	found, err := packages.Load(cfg.packages(ctx, packages.NeedName|packages.NeedFiles|packages.NeedModule), cfg.Patterns...)
	if err != nil {
		return nil, fmt.Errorf("list packages: %w", err)
	}
	var folders []*Folder
	for _, pkg := range found {
		if pkg.Dir == "" || len(pkg.GoFiles) == 0 && missing(pkg) {
			if len(pkg.Errors) > 0 {
				return nil, errors.New(pkg.Errors[0].Msg)
			}
			continue
		}
		f, err := cfg.folder(pkg)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(f.Files, func(f File) bool { return f.Attempt || f.Generated }) {
			folders = append(folders, f)
		}
	}
	slices.SortFunc(folders, func(a, b *Folder) int { return strings.Compare(a.Path, b.Path) })
	return folders, nil
}

// missing reports whether the folder of a package does not exist or has no Go files.
func missing(pkg *packages.Package) bool {
	files, err := filepath.Glob(filepath.Join(pkg.Dir, "*.go"))
	return err != nil || len(files) == 0
}

// folder reads all Go files of a package's folder, those that the go command leaves
// out under this system and these tags too: a directive in one is never ignored.
func (c Config) folder(pkg *packages.Package) (*Folder, error) {
	entries, err := os.ReadDir(pkg.Dir)
	if err != nil {
		return nil, fmt.Errorf("list files of %s: %w", pkg.PkgPath, err)
	}
	f := &Folder{Path: pkg.PkgPath, Dir: pkg.Dir}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") || e.IsDir() {
			continue
		}
		path := filepath.Join(pkg.Dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read package %s: %w", pkg.PkgPath, err)
		}
		f.Files = append(f.Files, File{
			Path: path, Text: text,
			Generated: c.generatedText(text),
			Attempt:   attempt.Match(text),
			Test:      strings.HasSuffix(name, "_test.go"),
		})
	}
	return f, nil
}
