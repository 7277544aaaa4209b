package cron

import "fmt"

// ParseError says what is wrong with an expression, where, and what to write
// instead. [Parse] and [ParseSeed] return no other error type; find it with
// [errors.As].
type ParseError struct {
	// Expr is the text as given, cut to 1024 bytes.
	Expr string
	// Offset is the place in Expr, in bytes from 0. It is len(Expr) where
	// something is missing at the end.
	Offset int
	// Field is the name of the field, such as "day of month". It is empty
	// where the trouble is not in one field: a macro, the number of fields.
	Field string
	// Msg is the trouble and the cure, without the place.
	Msg string
}

// Error returns the whole message, with the place counted in columns from 1:
//
//	cron "0 25 * * *": hour, column 3: 25 is out of range 0-23
func (e *ParseError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("cron %q: column %d: %s", e.Expr, e.Offset+1, e.Msg)
	}
	return fmt.Sprintf("cron %q: %s, column %d: %s", e.Expr, e.Field, e.Offset+1, e.Msg)
}
