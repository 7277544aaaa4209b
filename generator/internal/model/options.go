package model

import (
	"go/types"

	"github.com/gojobgen/jobgen/generator/internal/directive"
)

// options checks what directives say against the parameters of the method.
func (r *resolver) options(j *Job) {
	r.secrets(j)
	r.input(j)
	r.queue(j)
	r.display(j)
	if len(j.Options.Cron) > 0 && len(j.Params) > 0 {
		r.Report.Addf(j.Options.Cron[0].Pos, "%s: a //job:cron method takes only a context, because nobody is there to give it %q: remove the parameter, or keep the schedule in the service with client.Recurring",
			j.Method, j.Params[0].Name)
	}
}

// param finds the parameter that a directive names and reports when there is none.
func (r *resolver) param(j *Job, name directive.Text, what string) (int, bool) {
	var names []string
	for i, p := range j.Params {
		if p.Name == name.Value {
			return i, true
		}
		names = append(names, p.Name)
	}
	r.Report.Addf(name.Pos, "%s: %s names no parameter: %q%s", j.Method, what, name.Value, directive.Suggest(name.Value, names, ""))
	return 0, false
}

func (r *resolver) secrets(j *Job) {
	for _, name := range j.Options.Secrets {
		i, ok := r.param(j, name, "//job:secret")
		if !ok {
			continue
		}
		if j.Params[i].Secret {
			r.Report.Addf(name.Pos, "%s: %q is secret already: remove one of the lines", j.Method, name.Value)
		}
		j.Params[i].Secret = true
	}
}

func (r *resolver) input(j *Job) {
	if j.Options.Input == nil {
		return
	}
	if i, ok := r.param(j, *j.Options.Input, "//job:input"); ok {
		j.Input = i
	}
}

// queue checks the {param} in a queue name. The queue is fixed when the job is
// enqueued, and its name is seen by everybody.
func (r *resolver) queue(j *Job) {
	if j.Options.Queue == nil {
		return
	}
	params, _, _, _ := directive.Placeholders(*j.Options.Queue)
	for _, name := range params {
		i, ok := r.param(j, name, "//job:queue")
		if !ok {
			continue
		}
		switch p := j.Params[i]; {
		case p.Secret:
			r.Report.Addf(name.Pos, "%s: %q is secret: it cannot be part of a queue name", j.Method, name.Value)
		case i == j.Input:
			r.Report.Addf(name.Pos, "%s: %q is filled by the parent's result, too late to choose the queue", j.Method, name.Value)
		case !isScalar(p.Type):
			r.Report.Addf(name.Pos, "%s: %q is of type %s: only a string, an integer or a bool can be part of a queue name", j.Method, name.Value, p.TypeText)
		}
	}
}

// display checks the {param} in a display text.
func (r *resolver) display(j *Job) {
	if j.Options.Display == nil {
		return
	}
	params, _, _, _ := directive.Placeholders(*j.Options.Display)
	for _, name := range params {
		if i, ok := r.param(j, name, "//job:display"); ok && j.Params[i].Secret {
			r.Report.Addf(name.Pos, "%s: %q is secret: it cannot be displayed", j.Method, name.Value)
		}
	}
}

// isScalar reports whether the type is stored as one plain JSON value that can be
// put into a name.
func isScalar(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	if !ok || basic.Info()&(types.IsString|types.IsInteger|types.IsBoolean) == 0 {
		return false
	}
	return marshaling(t).json == nil
}
