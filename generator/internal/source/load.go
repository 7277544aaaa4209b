package source

import (
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// mode loads types from export data and syntax only for what was asked for. With
// NeedDeps everything would be checked from source, which is ten times slower.
const mode = packages.LoadSyntax | packages.NeedModule

// Package is a package with types, or the test variant of one.
type Package struct {
	Folder *Folder
	Test   bool        // code for it goes into a test file
	Broken bool        // a hand-written file cannot be parsed
	Files  []*ast.File // where services are looked for, by name
	Others []*ast.File // further files of the package
	Types  *types.Package
	Info   *types.Info
	Errors []types.Error // of all kinds; most are of no interest
}

// Problem is something that is wrong with a file, as the go command says it.
type Problem struct {
	Pos     string // file:line:col; empty: unknown
	Message string
}

// Load loads the folders that may hold services. Problems are what keeps a
// hand-written file from being parsed.
func Load(ctx context.Context, cfg Config, folders []*Folder) ([]*Package, []Problem, error) {
	var dirs []string
	byDir, tests := map[string]*Folder{}, false
	for _, f := range folders {
		if f.NeedsTypes() {
			dirs = append(dirs, f.Dir)
			byDir[f.Dir] = f
			tests = tests || f.hasTests()
		}
	}
	if len(dirs) == 0 {
		return nil, nil, nil
	}
	pc := cfg.packages(ctx, mode)
	pc.Tests = tests
	pc.ParseFile = cfg.parse
	loaded, err := packages.Load(pc, dirs...)
	if err != nil {
		return nil, nil, fmt.Errorf("load packages: %w", err)
	}
	var out []*Package
	var problems []Problem
	for _, pkg := range loaded {
		f := byDir[pkg.Dir]
		if f == nil || pkg.Types == nil || strings.HasSuffix(pkg.ID, ".test") {
			continue
		}
		broken := cfg.problems(pkg, f)
		problems = append(problems, broken...)
		if p := cfg.variant(pkg, f); p != nil {
			p.Broken = len(broken) > 0
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *Package) int {
		return cmp.Or(cmp.Compare(a.Folder.Path, b.Folder.Path), cmp.Compare(a.Types.Path(), b.Types.Path()), -boolCompare(a.Test, b.Test))
	})
	return out, problems, nil
}

// variant is what one variant of a package is looked at for: the package itself for
// its plain files, its test variants for test files.
func (c Config) variant(pkg *packages.Package, f *Folder) *Package {
	p := &Package{
		Folder: f, Types: pkg.Types, Info: pkg.TypesInfo, Errors: pkg.TypeErrors,
		Test: pkg.ID != pkg.PkgPath,
	}
	for _, file := range pkg.Syntax {
		name := c.Fset.Position(file.FileStart).Filename
		switch {
		case c.generatedFile(f, name):
		case strings.HasSuffix(name, "_test.go") == p.Test:
			p.Files = append(p.Files, file)
		default:
			p.Others = append(p.Others, file)
		}
	}
	if len(p.Files) == 0 {
		return nil
	}
	byName := func(a, b *ast.File) int {
		return cmp.Compare(c.Fset.Position(a.FileStart).Filename, c.Fset.Position(b.FileStart).Filename)
	}
	slices.SortFunc(p.Files, byName)
	slices.SortFunc(p.Others, byName)
	return p
}

func (c Config) generatedFile(f *Folder, path string) bool {
	i := slices.IndexFunc(f.Files, func(f File) bool { return f.Path == path })
	return i >= 0 && f.Files[i].Generated
}

// problems are the errors of a package that concern us: files that cannot be parsed.
// Type errors are kept elsewhere; errors that begin with # are copies of what the
// compiler said; and our own files are not read at all.
func (c Config) problems(pkg *packages.Package, f *Folder) []Problem {
	var list []Problem
	broken := map[string]bool{}
	add := func(kind packages.ErrorKind) {
		for _, e := range pkg.Errors {
			path, _, _ := strings.Cut(e.Pos, ":")
			path = absolute(path, c.Dir, pkg.Dir)
			if e.Kind != kind || path == "" || c.generatedFile(f, path) || strings.HasPrefix(e.Msg, "# ") {
				continue
			}
			if kind == packages.ListError && (broken[path] || !strings.Contains(e.Msg, "expected")) {
				continue
			}
			broken[path] = true
			list = append(list, Problem{Pos: path + strings.TrimPrefix(e.Pos, e.Pos[:strings.Index(e.Pos, ":")]), Message: e.Msg})
		}
	}
	add(packages.ParseError)
	add(packages.ListError)
	return list
}

// absolute is a file name of the go command as an absolute one.
func absolute(name, cwd, dir string) string {
	if name == "" || name == "-" || filepath.IsAbs(name) {
		return strings.TrimPrefix(name, "-")
	}
	if path := filepath.Join(cwd, name); filepath.Dir(path) == dir {
		return path
	}
	return filepath.Join(dir, filepath.Base(name))
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return 1
	}
	return -1
}
