// Package directive reads //job: comments.
//
// It turns the syntax trees of a package into the services that the package
// declares, each with its options and with the place of every word, and reports
// what is wrong with them. It works on syntax alone and knows no types: whether a
// {param} names a parameter is for the next phase to say.
package directive

import (
	"fmt"
	"go/token"
)

// Report takes one problem: where it is, and what to do about it.
type Report func(pos token.Pos, message string)

// Addf reports a formatted message.
func (r Report) Addf(pos token.Pos, format string, args ...any) {
	r(pos, fmt.Sprintf(format, args...))
}
