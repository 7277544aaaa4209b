package directive

import (
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// maxName is the longest kind or recurring id that stores accept.
const maxName = 255

var kindPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./:-]*$`)

func readPriority(r *reader, o *Options) {
	arg, ok := r.one()
	if !ok {
		return
	}
	n, err := strconv.Atoi(arg.Value)
	if err != nil || n < 0 || n > 3 {
		r.failf(arg.Pos, "%q is not a priority: write a number from 0 (first) to 3", arg.Value)
		return
	}
	o.Priority = &n
}

func readPrefix(r *reader, o *Options) {
	arg, ok := r.one()
	if !ok {
		return
	}
	if !token.IsIdentifier(arg.Value) || !token.IsExported(arg.Value) {
		r.failf(arg.Pos, "%q cannot begin a Go name such as %sSendJob: write a word like Mail", arg.Value, "Mail")
		return
	}
	o.Prefix = &arg
}

// kind reads the only argument as a wire name.
func (r *reader) kind() (Text, bool) {
	arg, ok := r.one()
	if !ok {
		return arg, false
	}
	if len(arg.Value) > maxName || !kindPattern.MatchString(arg.Value) {
		r.failf(arg.Pos, "%q is not a kind: write letters, digits and _ . - / : (at most %d)", arg.Value, maxName)
		return arg, false
	}
	return arg, true
}

func readName(r *reader, o *Options) {
	if arg, ok := r.kind(); ok {
		o.Name = &arg
	}
}

func readAlias(r *reader, o *Options) {
	if arg, ok := r.kind(); ok {
		o.Aliases = append(o.Aliases, arg)
	}
}

func readInput(r *reader, o *Options) {
	if arg, ok := r.one(); ok {
		o.Input = &arg
	}
}

func readSecret(r *reader, o *Options) {
	if arg, ok := r.one(); ok {
		o.Secrets = append(o.Secrets, arg)
	}
}

// lowered is a queue name with what cannot stand in it replaced.
func lowered(s string) string {
	return strings.Map(func(r rune) rune {
		if queueRune(r) {
			return r
		}
		return '-'
	}, strings.ToLower(s))
}
