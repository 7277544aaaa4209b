package directive

import (
	"go/token"
	"strings"
)

// Placeholders are the {param} in a text, in order, each with its place. The second
// result is the text around them. It answers false, with the place, when a brace
// has no partner.
func Placeholders(t Text) (params []Text, rest string, bad token.Pos, ok bool) {
	var around strings.Builder
	text, pos := t.Value, t.Pos
	for {
		open := strings.IndexAny(text, "{}")
		if open < 0 {
			around.WriteString(text)
			return params, around.String(), token.NoPos, true
		}
		around.WriteString(text[:open])
		length := strings.IndexAny(text[open+1:], "{}")
		if text[open] == '}' || length < 0 || text[open+1+length] == '{' {
			return nil, "", pos + token.Pos(open), false
		}
		name := text[open+1 : open+1+length]
		params = append(params, Text{name, pos + token.Pos(open) + 1})
		text, pos = text[open+length+2:], pos+token.Pos(open+length+2)
	}
}

// template checks the braces of a text.
func (r *reader) template(t Text) (rest string, ok bool) {
	params, rest, bad, ok := Placeholders(t)
	if !ok {
		r.failf(bad, "this brace has no partner: a parameter is written {param}")
		return "", false
	}
	for _, p := range params {
		if !token.IsIdentifier(p.Value) {
			r.failf(p.Pos, "{%s} is not a parameter: write {param} with the name of one", p.Value)
			return "", false
		}
	}
	return rest, true
}

func readDisplay(r *reader, o *Options) {
	arg, ok := r.one()
	if !ok {
		return
	}
	if _, ok := r.template(arg); ok {
		o.Display = &arg
	}
}

// maxQueue is the longest queue name, without what {param} adds.
const maxQueue = 64

func readQueue(r *reader, o *Options) {
	arg, ok := r.one()
	if !ok {
		return
	}
	rest, ok := r.template(arg)
	switch {
	case !ok:
	case len(rest) > maxQueue:
		r.failf(arg.Pos, "a queue name has at most %d characters, this one has %d", maxQueue, len(rest))
	case strings.IndexFunc(rest, func(r rune) bool { return !queueRune(r) }) >= 0:
		r.failf(arg.Pos, "%q is not a queue name: write lower-case letters, digits and _ - . (such as %q)", arg.Value, sample(arg))
	default:
		o.Queue = &arg
	}
}

func queueRune(r rune) bool {
	return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '.'
}

// sample is the nearest queue name to what was written.
func sample(t Text) string {
	params, _, _, _ := Placeholders(t)
	if len(params) > 0 {
		return "tenant-{" + params[0].Value + "}"
	}
	return lowered(t.Value)
}
