package emit

import (
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/gojobgen/jobgen/generator/internal/directive"
	"github.com/gojobgen/jobgen/generator/internal/model"
)

// spec writes the variable that describes the job to the runtime. What is not said
// is left out.
func (w *writer) spec(j *model.Job) {
	o := j.Options
	f := fields{}
	f.add("Kind", jen.Lit(j.Kind), true)
	f.add("Aliases", jen.Index().String().ValuesFunc(func(g *jen.Group) {
		for _, a := range o.Aliases {
			g.Lit(a.Value)
		}
	}), len(o.Aliases) > 0)
	f.add("Fingerprint", jen.Lit(j.Fingerprint), true)
	f.add("Doc", jen.Lit(j.Doc), j.Doc != "")
	f.text("Display", o.Display)
	f.add("Params", jen.Index().Qual(model.GeneratedPath, "Param").Custom(lines, params(j.Params)...), len(j.Params) > 0)
	f.add("Result", jen.Lit(j.ResultText), j.Result != nil)
	f.text("Input", o.Input)
	f.text("Queue", o.Queue)
	if o.Priority != nil {
		f.add("Priority", jen.Lit(*o.Priority), *o.Priority != 0)
		f.add("HasPriority", jen.True(), true)
	}
	if o.Retry != nil {
		f.add("Retry", retry(o.Retry), true)
	}
	f.duration("Timeout", o.Timeout)
	f.duration("Expires", o.Expires)
	f.duration("Retain", o.Retain)
	f.add("Cron", jen.Index().Qual(model.GeneratedPath, "Cron").Custom(lines, crons(j)...), len(o.Cron) > 0)
	w.file.Var().Id(j.Names.Spec).Op("=").Op("&").Qual(model.GeneratedPath, "Spec").Custom(lines, f.list...)
	w.file.Line()
}

// lines is a composite literal with one element a line.
var lines = jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}

// fields are the elements of a struct literal.
type fields struct{ list []jen.Code }

func (f *fields) add(name string, value jen.Code, present bool) {
	if present {
		f.list = append(f.list, jen.Id(name).Op(":").Add(value))
	}
}

func (f *fields) text(name string, t *directive.Text) {
	if t != nil {
		f.add(name, jen.Lit(t.Value), true)
	}
}

func (f *fields) duration(name string, d *directive.Duration) {
	if d != nil {
		f.add(name, duration(d.Value), d.Value != 0)
	}
}

func params(list []*model.Param) []jen.Code {
	var out []jen.Code
	for _, p := range list {
		f := fields{}
		f.add("Name", jen.Lit(p.Name), true)
		f.add("Type", jen.Lit(p.TypeText), true)
		f.add("Secret", jen.True(), p.Secret)
		out = append(out, jen.Values(f.list...))
	}
	return out
}

func retry(r *directive.Retry) jen.Code {
	f := fields{}
	f.add("Max", jen.Lit(r.Max), r.Max != 0)
	var delays []jen.Code
	for _, d := range r.Delays {
		delays = append(delays, duration(d))
	}
	f.add("Delays", jen.Index().Qual(model.TimePath, "Duration").Values(delays...), len(delays) > 0)
	f.add("Base", duration(r.Base), r.Base != 0)
	f.add("Cap", duration(r.Cap), r.Cap != 0)
	f.add("OnDelete", jen.True(), r.OnDelete)
	return jen.Op("&").Qual(model.GeneratedPath, "Retry").Values(f.list...)
}

func crons(j *model.Job) []jen.Code {
	var out []jen.Code
	for _, c := range j.Options.Cron {
		f := fields{}
		f.add("ID", jen.Lit(j.CronID(c)), true)
		f.add("Expr", jen.Lit(c.Expr), true)
		f.add("Zone", jen.Lit(c.Zone), c.Zone != "")
		f.add("Misfire", jen.Lit(c.Misfire), c.Misfire != "")
		f.add("Overlap", jen.True(), c.Overlap)
		out = append(out, jen.Values(f.list...))
	}
	return out
}

// units are the units a duration is written in, the longest that fits first.
var units = []struct {
	length time.Duration
	name   string
}{
	{time.Hour, "Hour"}, {time.Minute, "Minute"}, {time.Second, "Second"}, {time.Millisecond, "Millisecond"},
	{time.Microsecond, "Microsecond"}, {time.Nanosecond, "Nanosecond"},
}

// duration is a length of time as one would write it: 5 * time.Minute.
func duration(d time.Duration) jen.Code {
	for _, u := range units {
		switch {
		case d == 0:
			return jen.Lit(0)
		case d == u.length:
			return jen.Qual(model.TimePath, u.name)
		case d%u.length == 0:
			return jen.Lit(int(d/u.length)).Op("*").Qual(model.TimePath, u.name)
		}
	}
	panic("unreachable: every duration is a number of nanoseconds")
}
