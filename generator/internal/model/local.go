package model

import (
	"cmp"
	"go/types"
	"maps"
	"slices"
)

// imports chooses a name for every package that the generated file may mention. The
// order is fixed: first our own needs, then the others by path.
func imports(p *Package, declared map[string]bool) map[string]Import {
	needed := map[string]string{}
	used := newNames(maps.Keys(declared))
	for _, s := range p.Services {
		for _, j := range s.Jobs {
			packagesOf(j.Signature, needed)
			for v := range j.Signature.Params().Variables() {
				used.add(v.Name()) // a parameter keeps its name, and would hide the import
			}
			for v := range j.Signature.Results().Variables() {
				used.add(v.Name())
			}
		}
	}
	for _, name := range []string{"c", "d", "a", "impl", "via", "at", "ctx", "opts", "parent"} {
		used.add(name)
	}
	own := []string{ContextPath, TimePath, RuntimePath, GeneratedPath}
	needed[ContextPath], needed[TimePath], needed[RuntimePath], needed[GeneratedPath] = "context", "time", "runtime", "generated"
	delete(needed, p.Path)
	all := map[string]Import{}
	order := slices.SortedFunc(maps.Keys(needed), func(a, b string) int {
		return cmp.Or(compareBool(slices.Contains(own, b), slices.Contains(own, a)), cmp.Compare(a, b))
	})
	for _, path := range order {
		name := used.importName(path, needed[path])
		all[path] = Import{Name: name, Renamed: name != needed[path]}
	}
	return all
}

// locals chooses the names inside the functions made for one job. The parameters of
// the user come first; one is renamed only where it would hide something that the
// body of the function mentions.
func locals(p *Package, j *Job) {
	body := newNames(slices.Values([]string{j.Names.Job, j.Names.Args, j.Names.Rest, j.Names.Spec}))
	if j.Result != nil {
		identsOf(j.Result, p.Path, body)
	}
	for _, i := range p.Imports {
		body.add(i.Name)
	}
	used := body.clone()
	for _, param := range j.Params {
		used.add(param.Name)
	}
	fields := newNames(nil)
	for _, param := range j.Params {
		param.Local = param.Name
		if body.has(param.Name) {
			param.Local = used.fresh(param.Name)
		}
		param.Field = fields.fresh(fieldName(param.Name))
	}
	j.Locals = Locals{
		Ctx: used.fresh("ctx"), Opts: used.fresh("opts"), At: used.fresh("at"),
		Parent: used.fresh("parent"), Client: used.fresh("c"),
	}
}

// identsOf adds the unqualified identifiers with which a type is written.
func identsOf(t types.Type, path string, into names) {
	walkNames(t, func(obj *types.TypeName) {
		if obj.Pkg() == nil || obj.Pkg().Path() == path {
			into.add(obj.Name())
		}
	})
}

// packagesOf adds the packages that a type mentions, with their names.
func packagesOf(t types.Type, into map[string]string) {
	walkNames(t, func(obj *types.TypeName) {
		if obj.Pkg() != nil {
			into[ImportPath(obj.Pkg())] = obj.Pkg().Name()
		}
	})
}
