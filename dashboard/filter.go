package dashboard

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// Bounds of what a list is asked.
const (
	pageSize    = 50
	maxParam    = 255 // bytes of one filter value
	stampFormat = "2006-01-02T15:04"
)

// listQuery is the job list as its address says it: a filter and a place.
type listQuery struct {
	storage.Filter
	after, before storage.ID // older than after, or newer than before; one of them at most
	limit         int
	bad           []string // what could not be understood
}

// filterNames are the parameters that narrow the list, in the order of their chips.
var filterNames = []string{"queue", "kind", "recurring", "server", "batch", "parent", "since", "until", "held", "retrying"}

// parseList reads an address. What makes no sense is left out and named.
func parseList(q url.Values, now time.Time) listQuery {
	l := listQuery{limit: pageSize}
	get := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	str := func(name string) string {
		s := get(name)
		if len(s) > maxParam {
			l.bad = append(l.bad, name)
			return ""
		}
		return s
	}
	id := func(name string) (id storage.ID) {
		if s := str(name); s != "" {
			parsed, err := storage.ParseID(s)
			if err != nil {
				l.bad = append(l.bad, name)
			}
			id = parsed
		}
		return id
	}
	l.Queue, l.Kind, l.Recurring, l.Server = str("queue"), str("kind"), str("recurring"), str("server")
	l.Batch, l.Parent, l.after, l.before = id("batch"), id("parent"), id("after"), id("before")
	if !l.after.IsZero() {
		l.before = storage.ID{}
	}
	l.From, l.To = l.time("since", str("since"), now), l.time("until", str("until"), now)
	l.Held, l.Retrying = get("held") == "1", get("retrying") == "1"
	if s := str("state"); s != "" {
		if state, err := storage.ParseState(s); err == nil {
			l.States = []storage.State{state}
		} else {
			l.bad = append(l.bad, "state")
		}
	}
	if s := get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			l.bad = append(l.bad, "limit")
			n = pageSize
		}
		l.limit = min(max(n, 1), storage.MaxPage)
	}
	return l
}

// time reads an instant in UTC, "2026-05-01T09:30", or an age, "2h" or "7d".
func (l *listQuery) time(name, s string, now time.Time) time.Time {
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", stampFormat, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 3650 {
			return now.Add(-time.Duration(n) * 24 * time.Hour)
		}
	} else if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(-d)
	}
	l.bad = append(l.bad, name)
	return time.Time{}
}

// chosen are the parameters of q that narrow the list, as they were written.
func chosen(q url.Values) url.Values {
	out := make(url.Values)
	for _, name := range append([]string{"state", "limit"}, filterNames...) {
		if s := strings.TrimSpace(q.Get(name)); s != "" {
			out.Set(name, s)
		}
	}
	return out
}

// with is q with one parameter changed, or removed when value is empty, back on the first page.
func with(q url.Values, name, value string) url.Values {
	out := chosen(q)
	out.Del(name)
	if value != "" {
		out.Set(name, value)
	}
	return out
}

// narrowed reports whether any filter but the state is set.
func narrowed(q url.Values) bool {
	for _, name := range filterNames {
		if strings.TrimSpace(q.Get(name)) != "" {
			return true
		}
	}
	return false
}
