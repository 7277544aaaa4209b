package generator

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/generator/internal/directive"
	"github.com/gojobgen/jobgen/generator/internal/source"
)

// buildable reports whether code for a service can be built wherever the service is.
// The generated file holds all services of a package and is built everywhere, so a
// service that is not would break it.
func (r *run) buildable(f *source.Folder, s *directive.Service) bool {
	at := r.src.Fset.Position(s.Pos)
	for _, file := range f.Files {
		if file.Path != at.Filename {
			continue
		}
		if c := file.Constraint(); c != "" {
			r.report(s.Pos, fmt.Sprintf("%s stands in a file that is not always built (%s): move the interface to one that is", s.Name, c))
			return false
		}
	}
	return true
}

// excluded reports services in files with a constraint that the tags or the system of
// this run leave out: nothing else would say so. Those that are built are reported
// by resolve too, in the same words.
func (r *run) excluded(f *source.Folder) {
	for _, file := range f.Files {
		if file.Generated || !file.Attempt || file.Constraint() == "" {
			continue
		}
		tree, err := parser.ParseFile(r.src.Fset, file.Path, file.Text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		quiet := func(token.Pos, string) {}
		for _, s := range directive.Collect([]*ast.File{tree}, nil, quiet) {
			r.buildable(f, s)
		}
	}
}

// targets reports files of other origin that stand where code is to be written, and
// two packages that want the same file.
func (r *run) targets(units []*unit) {
	taken := map[string]*unit{}
	for _, u := range units {
		at := Diagnostic{File: r.relative(u.file), Line: 1, Column: 1}
		if other := taken[u.file]; other != nil {
			at.Message = fmt.Sprintf("packages %s and %s both have services in test files: keep them in one of the two", other.model.Name, u.model.Name)
			r.problems = append(r.problems, at)
		}
		taken[u.file] = u
		for _, file := range u.src.Folder.Files {
			if file.Path == u.file && !file.Generated {
				at.Message = "this file was not written by jobgen, which needs its name: rename it"
				r.problems = append(r.problems, at)
			}
		}
	}
}

// parsed is a problem of the go command as a diagnostic.
func (r *run) parsed(p source.Problem) Diagnostic {
	d := Diagnostic{Message: p.Message}
	rest := p.Pos
	if i := strings.LastIndex(rest, ":"); i >= 0 {
		d.Column, _ = strconv.Atoi(rest[i+1:])
		rest = rest[:i]
	}
	if i := strings.LastIndex(rest, ":"); i >= 0 {
		d.Line, _ = strconv.Atoi(rest[i+1:])
		rest = rest[:i]
	}
	d.File = r.relative(filepath.Clean(rest))
	return d
}
