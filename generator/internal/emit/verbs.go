package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/gojobgen/jobgen/generator/internal/model"
)

// verbs writes the methods of the client for one job. Each is one line over the
// value that the job's function makes.
func (w *writer) verbs(s *model.Service, j *model.Job) {
	l := j.Locals
	link := s.Name + "." + j.Method
	whole := jen.Id(j.Names.Job).Call(append(locals(j.Params), jen.Id(l.Opts).Op("..."))...)

	w.comment("%s enqueues [%s] to run as soon as a worker is free.", j.Names.Enqueue, link)
	w.verb(s, j, j.Names.Enqueue, nil, j.Params, "Enqueue", whole)

	w.comment("%s stores [%s] to run at the given time.", j.Names.Schedule, link)
	at := jen.Id(l.At).Qual(model.TimePath, "Time")
	w.verb(s, j, j.Names.Schedule, at, j.Params, "Schedule", jen.Id(l.At), whole)

	parent := jen.Id(l.Parent).Qual(model.RuntimePath, "Parent")
	input := j.InputParam()
	if input == nil {
		w.comment("%s stores [%s] to run after %s.", j.Names.Continue, link, l.Parent)
		w.verb(s, j, j.Names.Continue, parent, j.Params, "Continue", jen.Id(l.Parent), whole)
		return
	}
	w.comment("%s stores [%s] to run after %s succeeded, with its result as %s.", j.Names.Continue, link, l.Parent, input.Name)
	handle := jen.Id(l.Parent).Qual(model.RuntimePath, "Handle").Types(typ(input.Type))
	w.verb(s, j, j.Names.Continue, handle, rest(j), "ContinueInput", jen.Id(l.Parent), jen.Lit(input.Name), w.restCall(j))

	w.comment("%s stores [%s] to run after %s, on any end of it (see [%s.On]), with all arguments given here.",
		j.Names.ContinueWith, link, l.Parent, w.pkg.Imports[model.RuntimePath].Name)
	w.verb(s, j, j.Names.ContinueWith, parent, j.Params, "Continue", jen.Id(l.Parent), whole)
}

// verb writes one method: first is the parameter between the context and params,
// call what is passed on to the function of package generated.
func (w *writer) verb(s *model.Service, j *model.Job, name string, first jen.Code, params []*model.Param, verb string, call ...jen.Code) {
	l := j.Locals
	all := []jen.Code{jen.Id(l.Ctx).Qual(model.ContextPath, "Context")}
	if first != nil {
		all = append(all, first)
	}
	all = append(all, declared(params)...)
	all = append(all, options(j))
	w.file.Func().Params(jen.Id(l.Client).Op("*").Id(s.Names.Client)).Id(name).Params(all...).
		Params(jen.Qual(model.RuntimePath, "Handle").Types(result(j)), jen.Error()).
		Block(jen.Return(jen.Qual(model.GeneratedPath, verb).Call(
			append([]jen.Code{jen.Id(l.Ctx), jen.Id(l.Client).Dot("via")}, call...)...)))
	w.file.Line()
}

// call writes the function that makes the job as a value.
func (w *writer) call(s *model.Service, j *model.Job) {
	w.comment("%s is [%s.%s] as a value, for batches, recurring jobs and tests.", j.Names.Job, s.Name, j.Method)
	w.file.Func().Id(j.Names.Job).Params(append(declared(j.Params), options(j))...).
		Qual(model.RuntimePath, "Call").Types(result(j)).
		Block(jen.Return(w.newCall(j, jen.Op("&").Id(j.Names.Args).Add(values(j.Params)))))
	w.file.Line()
}

// restCall makes the value without the argument that the parent's result becomes.
func (w *writer) restCall(j *model.Job) jen.Code {
	if j.Names.Rest == "" {
		return w.newCall(j, jen.Op("&").Struct().Values())
	}
	return w.newCall(j, jen.Op("&").Id(j.Names.Rest).Add(values(rest(j))))
}

func (w *writer) newCall(j *model.Job, args jen.Code) jen.Code {
	return jen.Qual(model.GeneratedPath, "NewCall").Types(result(j)).Call(jen.Id(j.Names.Spec), args, jen.Id(j.Locals.Opts))
}

// rest are the parameters that remain when the parent's result fills one.
func rest(j *model.Job) []*model.Param {
	var kept []*model.Param
	for _, p := range j.Params {
		if p != j.InputParam() {
			kept = append(kept, p)
		}
	}
	return kept
}

// result is the type of the job's result.
func result(j *model.Job) jen.Code {
	if j.Result == nil {
		return jen.Qual(model.RuntimePath, "None")
	}
	return typ(j.Result)
}

func options(j *model.Job) jen.Code {
	return jen.Id(j.Locals.Opts).Op("...").Qual(model.RuntimePath, "Option")
}

// declared are the parameters as a function declares them.
func declared(params []*model.Param) []jen.Code {
	var list []jen.Code
	for _, p := range params {
		list = append(list, jen.Id(p.Local).Add(typ(p.Type)))
	}
	return list
}

// locals are the parameters as a function passes them on.
func locals(params []*model.Param) []jen.Code {
	var list []jen.Code
	for _, p := range params {
		list = append(list, jen.Id(p.Local))
	}
	return list
}

// values is the body of the composite literal that holds the arguments.
func values(params []*model.Param) jen.Code {
	var list []jen.Code
	for _, p := range params {
		list = append(list, jen.Id(p.Field).Op(":").Id(p.Local))
	}
	return jen.Values(list...)
}
