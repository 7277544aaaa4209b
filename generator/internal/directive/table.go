package directive

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// place says where a directive may stand.
type place int

const (
	onInterface place = 1 << iota
	onMethod
	anywhere = onInterface | onMethod
)

func (p place) String() string {
	if p == onInterface {
		return "an interface"
	}
	return "a method"
}

// rule is what is known about one directive.
type rule struct {
	usage  string // what follows the name
	place  place
	repeat bool // may stand more than once above one declaration
	later  bool // a known name without a meaning yet
	read   func(*reader, *Options)
}

var rules = map[string]rule{
	"queue":    {usage: "NAME", place: anywhere, read: readQueue},
	"retry":    {usage: "N, or max=N [delays=a,b,c] [backoff=exponential base=D cap=D] [on=fail|delete]", place: anywhere, read: readRetry},
	"timeout":  {usage: "DURATION", place: anywhere, read: readTimeout},
	"expires":  {usage: "DURATION", place: anywhere, read: readExpires},
	"retain":   {usage: "DURATION", place: anywhere, read: readRetain},
	"priority": {usage: "N, from 0 (first) to 3", place: anywhere, read: readPriority},
	"prefix":   {usage: "NAME", place: onInterface, read: readPrefix},
	"input":    {usage: "PARAM", place: onMethod, read: readInput},
	"name":     {usage: "NAME", place: onMethod, read: readName},
	"alias":    {usage: "NAME", place: onMethod, repeat: true, read: readAlias},
	"cron":     {usage: `"EXPR" [tz=ZONE] [misfire=once|all|skip] [overlap=allow|skip] [id=ID]`, place: onMethod, repeat: true, read: readCron},
	"display":  {usage: `"TEXT with {param}"`, place: onMethod, read: readDisplay},
	"secret":   {usage: "PARAM", place: onMethod, repeat: true, read: readSecret},
	"unique":   {later: true},
	"limit":    {later: true},
	"rate":     {later: true},
}

// names are the known names, sorted.
func names() []string { return slices.Sorted(maps.Keys(rules)) }

// current are the names that have a meaning today, sorted.
func current() []string {
	return slices.DeleteFunc(names(), func(n string) bool { return rules[n].later })
}

// apply reads one directive into o.
func (d Directive) apply(o *Options, at place, seen map[string]bool, report Report) {
	r, known := rules[d.Name]
	switch {
	case !known && Closest(d.Name, names()) == "":
		report.Addf(d.Pos, "unknown directive //job:%s; there are %s", d.Name, strings.Join(current(), ", "))
		return
	case !known:
		report.Addf(d.Pos, "unknown directive //job:%s%s", d.Name, Suggest(d.Name, names(), "//job:%s"))
		return
	case r.later:
		report.Addf(d.Pos, "//job:%s is not supported yet: remove it", d.Name)
		return
	case r.place&at == 0:
		report.Addf(d.Pos, "//job:%s belongs on %s, not on %s", d.Name, r.place, at)
		return
	case seen[d.Name] && !r.repeat:
		report.Addf(d.Pos, "//job:%s stands here twice: keep one", d.Name)
		return
	}
	seen[d.Name] = true
	r.read(&reader{Directive: d, usage: fmt.Sprintf("//job:%s %s", d.Name, r.usage), report: report}, o)
}
