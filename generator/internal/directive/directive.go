package directive

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// tool is what stands before the colon.
const tool = "job"

// Directive is one //job: comment, taken apart.
type Directive struct {
	Name string
	Args []Arg
	Pos  token.Pos // of the slashes
	End  token.Pos
}

// Arg is one argument of a directive: a word, a quoted text, or key=value.
type Arg struct {
	Key   string // empty: the argument stands alone
	Value string
	// Pos is where the argument begins, ValuePos where its value does, without
	// a quotation mark before it.
	Pos, ValuePos token.Pos
	// Quoted says that the value stands in quotation marks, so that offsets into it
	// are offsets into the source.
	Quoted bool
}

// String is the directive as it would be written, in one way for all equal directives.
func (d Directive) String() string {
	var b strings.Builder
	b.WriteString("//" + tool + ":" + d.Name)
	for _, a := range d.Args {
		b.WriteByte(' ')
		if a.Key != "" {
			b.WriteString(a.Key + "=")
			if a.Quoted {
				b.WriteString(strconv.Quote(a.Value))
			} else {
				b.WriteString(a.Value)
			}
			continue
		}
		if a.Quoted {
			b.WriteString(strconv.Quote(a.Value))
		} else {
			b.WriteString(a.Value)
		}
	}
	return b.String()
}

// Parse reads one comment. It answers false when the comment is no directive of
// ours; what is wrong within one of ours is reported.
func Parse(pos token.Pos, text string, report Report) (Directive, bool) {
	raw, ok := ast.ParseDirective(pos, text)
	if !ok || raw.Tool != tool {
		return Directive{}, false
	}
	d := Directive{Name: raw.Name, Pos: pos, End: raw.End()}
	args, err := raw.ParseArgs()
	if err != nil {
		report.Addf(raw.ArgsPos, "//job:%s: quotation marks do not match, or something follows the closing one: %s", raw.Name, raw.Args)
		return d, true
	}
	for _, a := range args {
		source := raw.Args[a.Pos-raw.ArgsPos:]
		arg, ok := parseArg(a, source)
		if !ok {
			report.Addf(arg.ValuePos, "//job:%s: a value in quotation marks cannot hold spaces: %s", raw.Name, a.Arg)
			return Directive{Name: raw.Name, Pos: pos, End: raw.End()}, true
		}
		d.Args = append(d.Args, arg)
	}
	return d, true
}

// parseArg splits key=value. A text that is quoted as a whole is never split, so
// that a display text can hold an equals sign.
func parseArg(a ast.DirectiveArg, source string) (Arg, bool) {
	arg := Arg{Value: a.Arg, Pos: a.Pos, ValuePos: a.Pos}
	if source[0] == '"' || source[0] == '`' {
		arg.Quoted = true
		arg.ValuePos++
		return arg, true
	}
	key, value, found := strings.Cut(a.Arg, "=")
	if !found || !isWord(key) {
		return arg, true
	}
	arg.Key, arg.Value = key, value
	arg.ValuePos += token.Pos(len(key) + 1)
	if strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "`") {
		text, err := strconv.Unquote(value)
		if err != nil {
			return arg, false
		}
		arg.Value, arg.Quoted = text, true
		arg.ValuePos++
	}
	return arg, true
}

func isWord(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' {
			return false
		}
	}
	return s != ""
}
