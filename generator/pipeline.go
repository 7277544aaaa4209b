package generator

import (
	"context"
	"go/token"
	"path/filepath"

	"github.com/gojobgen/jobgen/generator/internal/directive"
	"github.com/gojobgen/jobgen/generator/internal/emit"
	"github.com/gojobgen/jobgen/generator/internal/model"
	"github.com/gojobgen/jobgen/generator/internal/source"
)

// The names of generated files.
const (
	fileName     = "jobs_gen.go"
	testFileName = "jobs_gen_test.go"
)

// run is one run of the pipeline.
type run struct {
	dir      string
	src      source.Config
	problems Problems
}

// unit is a package on its way through the pipeline.
type unit struct {
	src   *source.Package
	model *model.Package
	file  string // where its code goes
}

// generate does everything but to write files.
func (r *run) generate(ctx context.Context) (Result, error) {
	folders, err := source.Discover(ctx, r.src)
	if err != nil {
		return Result{}, err
	}
	loaded, broken, err := source.Load(ctx, r.src, folders)
	if err != nil {
		return Result{}, err
	}
	for _, b := range broken {
		r.problems = append(r.problems, r.parsed(b))
	}
	for _, f := range folders {
		r.excluded(f)
	}
	var units []*unit
	for _, pkg := range loaded {
		if u := r.resolve(pkg); u != nil {
			units = append(units, u)
		}
	}
	r.name(units)
	r.targets(units)
	if err := r.problems.sorted(); err != nil {
		return Result{}, err
	}
	return r.emit(folders, units)
}

// resolve collects the services of a package and builds its model; nil: it has none.
func (r *run) resolve(pkg *source.Package) *unit {
	services := directive.Collect(pkg.Files, pkg.Others, r.report)
	kept := services[:0]
	for _, s := range services {
		if r.buildable(pkg.Folder, s) {
			kept = append(kept, s)
		}
	}
	if len(kept) == 0 || pkg.Broken {
		return nil
	}
	u := &unit{src: pkg, file: filepath.Join(pkg.Folder.Dir, fileName)}
	if pkg.Test {
		u.file = filepath.Join(pkg.Folder.Dir, testFileName)
	}
	u.model = model.Resolve(model.Input{Types: pkg.Types, Services: kept, Errors: pkg.Errors, Fset: r.src.Fset, Report: r.report})
	return u
}

// name chooses and checks names, those that have to differ across packages too.
func (r *run) name(units []*unit) {
	var all []*model.Package
	for _, u := range units {
		names := u.src.Folder.Names(u.model.Name)
		taken := model.Taken{Declared: r.shown(names.Declared), Imported: r.shown(names.Imported)}
		model.Name(u.model, taken, r.report)
		all = append(all, u.model)
	}
	model.Unique(all, r.position, r.report)
}

// shown is places as users see them.
func (r *run) shown(places map[string]token.Position) map[string]token.Position {
	for name, p := range places {
		p.Filename = r.relative(p.Filename)
		places[name] = p
	}
	return places
}

// position is where pos is, as users see it.
func (r *run) position(pos token.Pos) token.Position {
	p := r.src.Fset.Position(pos)
	p.Filename = r.relative(p.Filename)
	return p
}

// emit renders the files and finds those that are no longer needed.
func (r *run) emit(folders []*source.Folder, units []*unit) (Result, error) {
	var result Result
	wanted := map[string]bool{}
	for _, u := range units {
		code, err := emit.File(u.model)
		if err != nil {
			return Result{}, err
		}
		wanted[u.file] = true
		result.Files = append(result.Files, File{Name: r.relative(u.file), Old: text(u.src.Folder, u.file), New: code, path: u.file})
	}
	for _, f := range folders {
		for _, file := range f.Files {
			if file.Generated && !wanted[file.Path] {
				result.Files = append(result.Files, File{Name: r.relative(file.Path), Old: file.Text, path: file.Path})
			}
		}
	}
	result.sort()
	return result, nil
}

// text is the file as it is now; nil: there is none.
func text(f *source.Folder, path string) []byte {
	for _, file := range f.Files {
		if file.Path == path {
			return file.Text
		}
	}
	return nil
}

// report takes a problem with a place in a parsed file.
func (r *run) report(pos token.Pos, message string) {
	p := r.position(pos)
	r.problems = append(r.problems, Diagnostic{File: p.Filename, Line: p.Line, Column: p.Column, Message: message})
}

// relative is a path as users see it: from the working folder, with slashes.
func (r *run) relative(path string) string {
	if rel, err := filepath.Rel(r.dir, path); err == nil {
		path = rel
	}
	return filepath.ToSlash(path)
}
