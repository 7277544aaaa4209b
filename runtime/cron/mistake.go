package cron

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	wantHash = "H stands alone or with a step; write H or H/15"
	wantNear = "W follows a single day or L; write 15W or LW"
)

// failField makes the error for a place in the current field.
func (p *parser) failField(at int, format string, args ...any) error {
	return &ParseError{Expr: p.expr, Offset: at, Field: p.field().name, Msg: fmt.Sprintf(format, args...)}
}

// fail makes the error for a place that belongs to no field.
func (p *parser) fail(at int, format string, args ...any) error {
	return &ParseError{Expr: p.expr, Offset: at, Msg: fmt.Sprintf(format, args...)}
}

// missing is the error for no number where one must stand.
func (p *parser) missing(low, high int) error {
	if p.pos >= p.end {
		return p.failField(p.pos, "a value is missing; write a number from %d to %d", low, high)
	}
	return p.failField(p.pos, "%q cannot stand here; write a number from %d to %d", p.char(), low, high)
}

// badWord is the error for letters that name nothing in this field.
func (p *parser) badWord(at int, word string) error {
	f := p.field()
	switch {
	case word == "H":
		return p.failField(at, wantHash)
	case p.place == domField && (word == "L" || word == "LW"):
		return p.failField(at, "%s stands alone, not in a list or range", word)
	case p.place == domField && word == "W":
		return p.failField(at, wantNear)
	case p.place == dowField && word == "L":
		return p.failField(at, "L needs a day before it; write FRIL or 5L")
	case f.names != nil:
		return p.failField(at, "%q is not a name; write one of %s", shorten(word), strings.Join(f.names, " "))
	}
	return p.failField(at, "%q cannot stand here; write a number from %d to %d", shorten(word), f.min, f.max)
}

// unexpected is the error for what follows a complete field.
func (p *parser) unexpected() error {
	c := strings.ToUpper(p.char())
	switch {
	case p.expr[p.start]|0x20 == 'h':
		return p.failField(p.pos, wantHash)
	case c == ",":
		return p.failField(p.pos, "\",\" cannot follow %s; a list has only values and ranges",
			shorten(p.expr[p.start:p.pos]))
	case c == "W" && p.place == domField:
		return p.failField(p.pos, wantNear)
	case c == "L" && p.place == domField:
		return p.failField(p.pos, "L stands alone; write L, L-3 or LW")
	case c == "L" && p.place == dowField:
		return p.failField(p.pos, "L follows a single day; write FRIL or 5L")
	case c == "#" && p.place == dowField:
		return p.failField(p.pos, "# follows a single day; write MON#2")
	}
	return p.failField(p.pos, "%q cannot stand here; remove it", p.char())
}

// char returns the character at pos.
func (p *parser) char() string {
	_, size := utf8.DecodeRuneInString(p.expr[p.pos:p.end])
	return p.expr[p.pos : p.pos+size]
}

// shorten keeps a message readable when the text in it is endless.
func shorten(s string) string {
	if len(s) > 12 {
		return s[:12] + "..."
	}
	return s
}
