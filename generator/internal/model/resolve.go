package model

import (
	"cmp"
	"go/token"
	"go/types"
	"slices"

	"github.com/gojobgen/jobgen/generator/internal/directive"
)

// Input is what [Resolve] needs to know about a package.
type Input struct {
	Types    *types.Package
	Services []*directive.Service
	// Errors are the type errors of the package. They matter only where a job
	// needs what they are about.
	Errors []types.Error
	Fset   *token.FileSet
	Report directive.Report
}

// Resolve builds the model of a package and reports every rule that a job breaks.
// The model is complete only when nothing was reported.
func Resolve(in Input) *Package {
	p := &Package{Path: in.Types.Path(), Name: in.Types.Name()}
	for _, raw := range in.Services {
		r := resolver{Input: in, service: raw}
		if s := r.resolve(p.Name); s != nil {
			p.Services = append(p.Services, s)
		}
	}
	slices.SortFunc(p.Services, func(a, b *Service) int { return cmp.Compare(a.Name, b.Name) })
	return p
}

// resolver works on one service.
type resolver struct {
	Input
	service *directive.Service
}

func (r *resolver) resolve(pkg string) *Service {
	raw := r.service
	object := r.Types.Scope().Lookup(raw.Name)
	if object == nil {
		r.Report.Addf(raw.Pos, "%s cannot be found in package %s", raw.Name, pkg)
		return nil
	}
	body, ok := object.Type().Underlying().(*types.Interface)
	if !ok {
		r.Report.Addf(raw.Pos, "%s is declared twice in package %s", raw.Name, pkg)
		return nil
	}
	s := &Service{Name: raw.Name, Doc: raw.Doc, Pos: raw.Pos}
	if raw.Options.Prefix != nil {
		s.Prefix = raw.Options.Prefix.Value
	}
	for _, m := range raw.Methods {
		fn := methodOf(body, m.Name)
		if fn == nil {
			r.Report.Addf(m.Pos, "%s.%s cannot be found in package %s", raw.Name, m.Name, pkg)
			continue
		}
		if job := r.job(m, fn.Signature()); job != nil {
			job.Kind = pkg + "." + raw.Name + "." + m.Name
			if m.Options.Name != nil {
				job.Kind = m.Options.Name.Value
			}
			s.Jobs = append(s.Jobs, job)
		}
	}
	return s
}

func methodOf(body *types.Interface, name string) *types.Func {
	for fn := range body.Methods() {
		if fn.Name() == name {
			return fn
		}
	}
	return nil
}

// job checks one method. It goes on after a problem as long as there is something
// left to check, so that one run tells all.
func (r *resolver) job(m *directive.Method, sig *types.Signature) *Job {
	j := &Job{
		Method: m.Name, Pos: m.Pos, Doc: m.Doc, Signature: sig,
		Options: m.Options, Variadic: sig.Variadic(), Input: -1,
	}
	first := r.context(m, sig)
	ok := r.params(j, m, first)
	if !r.result(j, m) || !ok {
		return nil
	}
	r.options(j)
	j.Fingerprint = Fingerprint(j.Params)
	return j
}

// context checks the first parameter and answers where the job's own begin.
func (r *resolver) context(m *directive.Method, sig *types.Signature) int {
	if sig.Params().Len() > 0 {
		v := sig.Params().At(0)
		if isContext(v.Type()) {
			return 1
		}
		if v.Type() == types.Typ[types.Invalid] {
			r.storable(v.Type(), subject{method: m.Name, path: v.Name(), param: true, pos: v.Pos(), end: m.End})
			return 0
		}
	}
	r.Report.Addf(m.Pos, "%s: the first parameter has to be a context.Context", m.Name)
	return 0
}

// params reads the parameters after the context.
func (r *resolver) params(j *Job, m *directive.Method, first int) bool {
	ok := first == 1
	list := j.Signature.Params()
	for i := first; i < list.Len(); i++ {
		v := list.At(i)
		if i == 0 && v.Type() == types.Typ[types.Invalid] {
			continue // reported as the context
		}
		end := m.End
		if i+1 < list.Len() {
			end = list.At(i + 1).Pos()
		}
		if v.Name() == "" || v.Name() == "_" {
			r.Report.Addf(v.Pos(), "%s: parameter %d needs a name: it is the key under which the argument is stored", m.Name, i)
			ok = false
		}
		p := &Param{Name: v.Name(), Pos: v.Pos(), Type: v.Type(), TypeText: textOf(v.Type())}
		j.Params = append(j.Params, p)
		subject := subject{method: m.Name, path: v.Name(), param: true, pos: v.Pos(), end: end}
		if v.Name() == "" || v.Name() == "_" {
			subject.path = "argument"
		}
		if !r.storable(v.Type(), subject) {
			ok = false
		}
	}
	return ok
}

// result checks that the method returns error or (T, error).
func (r *resolver) result(j *Job, m *directive.Method) bool {
	list := j.Signature.Results()
	if n := list.Len(); n == 0 || n > 2 || !isError(list.At(n-1).Type()) {
		r.Report.Addf(m.Pos, "%s: the results have to be error or (T, error)", m.Name)
		return false
	}
	if list.Len() == 1 {
		return true
	}
	j.Result = list.At(0).Type()
	j.ResultText = textOf(j.Result)
	pos := list.At(0).Pos()
	if !pos.IsValid() {
		pos = m.Pos
	}
	return r.storable(j.Result, subject{method: m.Name, path: "result", pos: pos, end: m.End})
}

func isContext(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == "Context" && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "context"
}

func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

// textOf is a type for people to read: qualified by package names, the own one too.
func textOf(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string { return p.Name() })
}
