package source

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"regexp"
	"strings"
)

// parse reads one file for the type checker. Of generated files it gives the package
// clause alone, so that no state of theirs can be in the way. Function bodies are
// dropped: what calls generated functions then has no errors, and checking is faster.
// The loader also comes here for dependencies that do not compile.
func (c Config) parse(fset *token.FileSet, filename string, text []byte) (*ast.File, error) {
	if c.generatedText(text) {
		return parser.ParseFile(fset, filename, packageClause(text), parser.SkipObjectResolution)
	}
	file, err := parser.ParseFile(fset, filename, text, parser.AllErrors|parser.ParseComments|parser.SkipObjectResolution)
	if file == nil {
		return nil, err
	}
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			fn.Body = nil
		}
	}
	return file, err
}

var clause = regexp.MustCompile(`(?m)^package\s+\w+`)

func packageClause(text []byte) []byte {
	return append(clause.Find(text), '\n')
}

// Names are the identifiers that the hand-written files of a folder use at package
// level. Files for other systems count, because the generated file is the same on
// all of them.
type Names struct {
	Declared, Imported map[string]token.Position
}

// Names reads them for one package of the folder: the one called name.
func (f *Folder) Names(name string) Names {
	n := Names{map[string]token.Position{}, map[string]token.Position{}}
	fset := token.NewFileSet()
	for _, file := range f.Files {
		if file.Generated {
			continue
		}
		tree, _ := parser.ParseFile(fset, file.Path, file.Text, parser.SkipObjectResolution)
		if tree == nil || tree.Name.Name != name {
			continue
		}
		for _, decl := range tree.Decls {
			for _, id := range identifiers(decl) {
				n.Declared[id.Name] = fset.Position(id.Pos())
			}
		}
		for _, spec := range tree.Imports {
			if spec.Name != nil {
				n.Imported[spec.Name.Name] = fset.Position(spec.Pos())
				continue
			}
			path := strings.Trim(spec.Path.Value, `"`+"`")
			n.Imported[path[strings.LastIndex(path, "/")+1:]] = fset.Position(spec.Pos())
		}
	}
	return n
}

// identifiers are the package-level names that a declaration makes.
func identifiers(decl ast.Decl) []*ast.Ident {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		var list []*ast.Ident
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				list = append(list, spec.Name)
			case *ast.ValueSpec:
				list = append(list, spec.Names...)
			}
		}
		return list
	}
	return nil
}

// Constraint is what keeps a file from being built everywhere: a go:build line or a
// part of its name; empty: nothing.
func (f File) Constraint() string {
	for line := range bytes.Lines(f.Text) {
		text := strings.TrimSpace(string(line))
		if constraint.IsGoBuild(text) {
			return text
		}
		if strings.HasPrefix(text, "package ") {
			break
		}
	}
	// A context of a system that does not exist matches every name but one that asks
	// for a certain system.
	none := build.Context{GOOS: "none", GOARCH: "none", Compiler: "gc", CgoEnabled: true}
	none.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Text)), nil }
	if match, err := none.MatchFile(filepath.Dir(f.Path), filepath.Base(f.Path)); err == nil && !match {
		return "the file name " + filepath.Base(f.Path)
	}
	return ""
}
