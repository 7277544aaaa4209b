package dashboard

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// text is a stored string as inert text. All stored strings pass through it.
func text(s string) g.Node { return h.Text(visible(s, false)) }

// block is text of several lines.
func block(s string) g.Node { return h.Text(visible(s, true)) }

// visible shows what could deceive a reader: control characters, marks that change
// the direction of text, and those without width. Lines are kept on request.
func visible(s string, lines bool) string {
	clean := true
	for _, r := range s {
		if hidden(r, lines) {
			clean = false
			break
		}
	}
	if clean && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !hidden(r, lines):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString("↵ ")
		case r == '\t':
			b.WriteString(" ")
		case r < 0x20:
			b.WriteRune(0x2400 + r) // the picture of the control character
		default:
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
	}
	return b.String()
}

func hidden(r rune, lines bool) bool {
	if r == '\n' || r == '\t' {
		return !lines
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// cut shortens s to about n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// number writes n with separators: 12,408.
func number(n int) string {
	s := strconv.Itoa(n)
	from := 0
	if n < 0 {
		from = 1
	}
	for i := len(s) - 3; i > from; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes a number that may be capped.
func count(c storage.Counts, s storage.State) string {
	if c.Capped[s] {
		return number(c.By[s]) + "+"
	}
	return number(c.By[s])
}

// plural writes "1 job", "2 jobs", "3 retries".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return number(n) + " " + stem + "ies"
	}
	return number(n) + " " + noun + "s"
}

// span writes a duration in at most two units: "350 ms", "1.2 s", "3 min 4 s".
func span(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	two := func(big int64, unit string, small int64, sub string) string {
		if small == 0 {
			return fmt.Sprintf("%d %s", big, unit)
		}
		return fmt.Sprintf("%d %s %d %s", big, unit, small, sub)
	}
	switch s := int64(d / time.Second); {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d/time.Microsecond)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	case d < 10*time.Second:
		return strings.Replace(fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds()), ".0 ", " ", 1)
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return two(s/60, "min", s%60, "s")
	case s < 86400:
		return two(s/3600, "h", s%3600/60, "min")
	default:
		return two(s/86400, "d", s%86400/3600, "h")
	}
}

// rough writes a duration in one unit, for lists.
func rough(d time.Duration) string {
	d = d.Abs()
	switch {
	case d < time.Second:
		return "moments"
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d d", d/(24*time.Hour))
}

// relative writes "3 min ago" or "in 2 h".
func relative(t, now time.Time) string {
	switch d := now.Sub(t); {
	case d >= time.Second:
		return rough(d) + " ago"
	case d > -time.Second:
		return "now"
	default:
		return "in " + rough(d)
	}
}

const stampLayout = "2006-01-02 15:04:05 UTC"

// when is a time as people ask for it, with the exact one on hover and for programs.
func when(t, now time.Time) g.Node {
	if t.IsZero() {
		return h.Text("–")
	}
	t = t.UTC()
	return h.Time(h.DateTime(t.Format(time.RFC3339)), h.Title(t.Format(stampLayout)), h.Data("rel", ""), h.Text(relative(t, now)))
}

// exactly is a time both ways, for pages about one thing.
func exactly(t, now time.Time) g.Node {
	if t.IsZero() {
		return h.Text("–")
	}
	return g.Group{when(t, now), h.Span(h.Class("stamp"), h.Text(t.UTC().Format(stampLayout)))}
}
