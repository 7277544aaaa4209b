package dashboard

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/gojobgen/jobgen/storage"
)

// Sizes above which a value is cut on its page; the whole is there for downloading.
const (
	maxValue  = 64 << 10
	maxShort  = 60 // in a display name
	maxInline = 90 // JSON on one line
)

// argument is one argument of a job as it may be shown.
type argument struct {
	name, typ string
	value     string // masked where secret
	secret    bool
	note      string
}

// arguments are the job's arguments in the order of its kind's parameters, masked
// where they are secret. They come from the payload, and from the parent's result
// where the job takes one.
func arguments(c catalogue, j *storage.Job) []argument {
	info, _ := c.find(j.Kind, j.Fingerprint)
	values := make(map[string]json.RawMessage)
	if err := json.Unmarshal(j.Payload, &values); err != nil && len(j.Payload) > 0 {
		return []argument{{name: "payload", value: masked, secret: true, note: "not a JSON object, so not shown"}}
	}
	if j.InputParam != "" && j.Input != nil {
		values[j.InputParam] = j.Input
	}
	var out []argument
	add := func(name, typ string) {
		raw, ok := values[name]
		delete(values, name)
		a := argument{name: name, typ: typ, secret: c.secret(j.Kind, name)}
		switch {
		case name == j.InputParam && j.Input == nil:
			a.note = "filled by the parent's result"
		case !ok:
			a.note = "not in the payload"
		case a.secret:
			a.value = masked
		default:
			a.value = showJSON(raw)
			if name == j.InputParam {
				a.note = "from the parent's result"
			}
		}
		out = append(out, a)
	}
	for _, p := range info.Params {
		add(p.Name, p.Type)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		add(name, "")
	}
	return out
}

// showJSON writes a value for people: a string without quotes, the rest as JSON with
// secret names masked.
func showJSON(raw []byte) string {
	var s string
	if json.Unmarshal(raw, &s) == nil && string(bytes.TrimSpace(raw)) != "null" {
		return s
	}
	shown := redactJSON(raw, secretName)
	if line := oneLine(shown); len(line) <= maxInline {
		return line
	}
	return shown
}

// oneLine is indented JSON without its line breaks.
func oneLine(shown string) string {
	var buf bytes.Buffer
	if json.Compact(&buf, []byte(shown)) != nil {
		return shown
	}
	return buf.String()
}

// displayName fills the kind's display template from the arguments; without one it
// is the method.
func displayName(c catalogue, j *storage.Job, args []argument) string {
	info, ok := c.find(j.Kind, j.Fingerprint)
	if !ok || info.Display == "" {
		return shortKind(j.Kind)
	}
	var b strings.Builder
	rest := info.Display
	for {
		before, after, open := strings.Cut(rest, "{")
		b.WriteString(before)
		name, tail, closed := strings.Cut(after, "}")
		if !open || !closed {
			if open {
				b.WriteString("{" + after)
			}
			return b.String()
		}
		i := slices.IndexFunc(args, func(a argument) bool { return a.name == name })
		if i < 0 {
			b.WriteString("{" + name + "}")
		} else if value := oneLine(args[i].value); value != "" {
			b.WriteString(cut(value, maxShort))
		} else {
			b.WriteString("…")
		}
		rest = tail
	}
}

// redactedArguments is the payload as it may be downloaded.
func redactedArguments(c catalogue, j *storage.Job) string {
	return redactJSON(j.Payload, func(name string) bool { return c.secret(j.Kind, name) })
}
