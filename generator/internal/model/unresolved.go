package model

import (
	"go/token"
	"go/types"
	"strings"
)

// unresolved reports a type that the compiler does not know. Packages that do not
// compile are fine as long as no job needs what is missing; here one does.
func (w *walker) unresolved(path string) {
	w.ok = false
	what := "the type of " + w.named(path)
	if w.named(path) == "the result" {
		what = "the type of the result"
	}
	if e, ok := w.errorBetween(w.subject.pos, w.subject.end); ok {
		w.Report.Addf(e.Pos, "%s: %s does not resolve: %s", w.subject.method, what, e.Msg)
		return
	}
	cause := "make the package that declares it compile"
	for _, e := range w.Errors {
		if strings.HasPrefix(e.Msg, "could not import") {
			cause, _, _ = strings.Cut(e.Msg, " (")
		}
	}
	if w.field.IsValid() {
		for _, e := range w.Errors {
			if at, field := w.Fset.Position(e.Pos), w.Fset.Position(w.field); at.Filename == field.Filename && at.Line == field.Line {
				cause = e.Msg
			}
		}
	}
	w.Report.Addf(w.subject.pos, "%s: %s does not resolve: %s", w.subject.method, what, cause)
}

// errorBetween is the first type error in a stretch of source.
func (w *walker) errorBetween(from, to token.Pos) (types.Error, bool) {
	for _, e := range w.Errors {
		if from <= e.Pos && e.Pos < to && !e.Soft {
			return e, true
		}
	}
	return types.Error{}, false
}
