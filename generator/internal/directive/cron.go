package directive

import (
	"errors"
	"go/token"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/runtime/cron"
)

func readCron(r *reader, o *Options) {
	values, alone, ok := r.pairs("tz", "misfire", "overlap", "id")
	if !ok {
		return
	}
	switch {
	case len(alone) == 0:
		r.failf(r.End, "something is missing: write %s", r.usage)
		return
	case len(alone) > 1:
		r.failf(alone[0].Pos, "put the expression in quotation marks: write %s", r.usage)
		return
	}
	c := Cron{Pos: r.Pos, Expr: alone[0].Value, Overlap: true}
	if r.expression(alone[0]) && r.zone(values, &c) && r.policy(values, &c) && r.id(values, &c) {
		o.Cron = append(o.Cron, c)
	}
}

// expression checks the cron text and points at the wrong character of it.
func (r *reader) expression(arg Arg) bool {
	_, err := cron.Parse(arg.Value)
	if err == nil {
		return true
	}
	pos, message := arg.ValuePos, err.Error()
	var at *cron.ParseError
	if errors.As(err, &at) {
		pos += token.Pos(at.Offset)
		message = at.Msg
		if at.Field != "" {
			message = at.Field + ": " + message
		}
	}
	r.failf(pos, "%s", message)
	return false
}

// zone refuses Local: it is another one on every machine.
func (r *reader) zone(values map[string]Arg, c *Cron) bool {
	arg, given := values["tz"]
	if !given {
		return true
	}
	_, err := time.LoadLocation(arg.Value)
	if err != nil || arg.Value == "" || arg.Value == "Local" {
		r.failf(arg.ValuePos, "%q is not a time zone: write a name like Europe/Berlin or UTC", arg.Value)
		return false
	}
	c.Zone = arg.Value
	return true
}

func (r *reader) policy(values map[string]Arg, c *Cron) bool {
	if misfire, given := values["misfire"]; given {
		if !r.choice(misfire, "once", "all", "skip") {
			return false
		}
		c.Misfire = misfire.Value
	}
	if overlap, given := values["overlap"]; given {
		if !r.choice(overlap, "allow", "skip") {
			return false
		}
		c.Overlap = overlap.Value == "allow"
	}
	return true
}

func (r *reader) id(values map[string]Arg, c *Cron) bool {
	arg, given := values["id"]
	if !given {
		return true
	}
	if len(arg.Value) > maxName || !kindPattern.MatchString(arg.Value) || strings.TrimSpace(arg.Value) == "" {
		r.failf(arg.ValuePos, "%q is not an id: write letters, digits and _ . - / : (at most %d)", arg.Value, maxName)
		return false
	}
	c.ID = &Text{arg.Value, arg.ValuePos}
	return true
}
