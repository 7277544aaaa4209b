package directive

import (
	"go/token"
	"slices"
	"strings"
)

// reader reads the arguments of one directive and reports what it cannot read.
type reader struct {
	Directive
	usage  string
	report Report
}

// failf reports a problem of this directive.
func (r *reader) failf(pos token.Pos, format string, args ...any) {
	r.report.Addf(pos, "//job:"+r.Name+": "+format, args...)
}

// one is the only argument, which stands alone.
func (r *reader) one() (Text, bool) {
	switch {
	case len(r.Args) == 0:
		r.failf(r.End, "something is missing: write %s", r.usage)
	case r.Args[0].Key != "":
		r.failf(r.Args[0].Pos, "%s= does not belong here: write %s", r.Args[0].Key, r.usage)
	case len(r.Args) > 1 && strings.Contains(r.usage, `"`):
		r.failf(r.Args[0].Pos, "put the text in quotation marks: write %s", r.usage)
	case len(r.Args) > 1:
		r.failf(r.Args[1].Pos, "one word is enough: write %s", r.usage)
	case r.Args[0].Value == "":
		r.failf(r.Args[0].Pos, "the text is empty: write %s", r.usage)
	default:
		return Text{r.Args[0].Value, r.Args[0].ValuePos}, true
	}
	return Text{}, false
}

// pairs are the arguments of the form key=value, by key; alone are the others.
func (r *reader) pairs(known ...string) (values map[string]Arg, alone []Arg, ok bool) {
	values, ok = map[string]Arg{}, true
	for _, a := range r.Args {
		switch _, twice := values[a.Key]; {
		case a.Key == "":
			alone = append(alone, a)
		case !slices.Contains(known, a.Key):
			hint := Suggest(a.Key, known, "")
			if hint == "" {
				hint = "; there are " + strings.Join(known, ", ")
			}
			r.report.Addf(a.Pos, "unknown option %q for //job:%s%s", a.Key, r.Name, hint)
			ok = false
		case twice:
			r.failf(a.Pos, "%s= stands here twice: keep one", a.Key)
			ok = false
		default:
			values[a.Key] = a
		}
	}
	return values, alone, ok
}

// choice checks that a value is one of the known ones.
func (r *reader) choice(a Arg, known ...string) bool {
	if slices.Contains(known, a.Value) {
		return true
	}
	hint := Suggest(a.Value, known, "")
	if hint == "" {
		hint = "; it can be " + strings.Join(known, " or ")
	}
	r.failf(a.ValuePos, "unknown value %q of %s=%s", a.Value, a.Key, hint)
	return false
}
