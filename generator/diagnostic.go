package generator

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Diagnostic is one problem in the source.
type Diagnostic struct {
	File         string // relative to Config.Dir, with slashes
	Line, Column int    // from 1; the column counts bytes
	Message      string // what is wrong and what to do about it
}

// String is the diagnostic in the form that editors know: file:line:col: message.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", d.File, d.Line, d.Column, d.Message)
}

// Problems are all problems of one run, by place. It is an error; find it with
// [errors.As].
type Problems []Diagnostic

// Error lists the problems, one a line, and ends with their number.
func (p Problems) Error() string {
	var b strings.Builder
	for _, d := range p {
		fmt.Fprintln(&b, d)
	}
	noun := "problems"
	if len(p) == 1 {
		noun = "problem"
	}
	fmt.Fprintf(&b, "%d %s, no files written", len(p), noun)
	return b.String()
}

// sorted is the problems as an error, by place and each once; nil: there are none.
func (p Problems) sorted() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortFunc(p, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(p)
}
