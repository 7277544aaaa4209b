package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/gojobgen/jobgen/generator/internal/model"
)

// register writes the function that makes a dispatcher run the jobs.
func (w *writer) register(s *model.Service) {
	var body []jen.Code
	for _, j := range s.Jobs {
		body = append(body, jen.Qual(model.GeneratedPath, "Register").Call(
			jen.Id("d"), jen.Id(j.Names.Spec), handler(j)))
	}
	w.comment("%s makes d run the jobs of [%s] with impl.", s.Names.Register, s.Name)
	w.file.Func().Id(s.Names.Register).
		Params(jen.Id("d").Op("*").Qual(model.RuntimePath, "Dispatcher"), jen.Id("impl").Id(s.Name)).
		Block(body...)
	w.file.Line()
}

// handler is the function that takes stored arguments to the method.
func handler(j *model.Job) jen.Code {
	args := []jen.Code{jen.Id("ctx")}
	for i, p := range j.Params {
		arg := jen.Id("a").Dot(p.Field)
		if j.Variadic && i == len(j.Params)-1 {
			arg = arg.Op("...")
		}
		args = append(args, arg)
	}
	run := jen.Id("impl").Dot(j.Method).Call(args...)
	answer := jen.Return(run)
	if j.Result == nil {
		answer = jen.Return(jen.Qual(model.RuntimePath, "None").Values(), run)
	}
	return jen.Func().
		Params(jen.Id("ctx").Qual(model.ContextPath, "Context"), jen.Id("a").Op("*").Id(j.Names.Args)).
		Params(result(j), jen.Error()).
		Block(answer)
}

// args writes the structs that hold the arguments. Their keys are the names of the
// parameters: renaming one changes what is stored.
func (w *writer) args(s *model.Service, j *model.Job) {
	w.comment("%s are the arguments of [%s.%s] as they are stored.", j.Names.Args, s.Name, j.Method)
	w.file.Type().Id(j.Names.Args).Add(argsStruct(j.Params))
	w.file.Line()
	if j.Names.Rest != "" {
		w.comment("%s are the arguments without %s, which the parent's result becomes.", j.Names.Rest, j.InputParam().Name)
		w.file.Type().Id(j.Names.Rest).Add(argsStruct(rest(j)))
		w.file.Line()
	}
}

func argsStruct(params []*model.Param) jen.Code {
	var fields []jen.Code
	for _, p := range params {
		fields = append(fields, jen.Id(p.Field).Add(typ(p.Type)).Tag(map[string]string{"json": p.Name}))
	}
	return jen.Struct(fields...)
}
