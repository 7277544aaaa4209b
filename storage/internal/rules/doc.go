// Package rules is what every store has to decide alike and what needs no store to
// decide: which groups are refused and with which words, how text is cleaned and
// cut, what history keeps, how the edges of a continuation are judged, what an
// outcome turns a job into. Functions here are pure: they take what a store has
// read and say what it has to write. The package uses the standard library only.
//
// By idea: group.go and shape.go judge what is inserted, request.go what else is
// asked, text.go and history.go what runs leave behind, reasons.go the words of the
// history, edges.go and batch.go continuations, outcome.go the end of
// a run, recurring.go declarations, limit.go lines and rates, time.go and stats.go
// the clock.
package rules
