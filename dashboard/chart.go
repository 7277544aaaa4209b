package dashboard

import (
	"fmt"
	"strconv"
	"time"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// The chart's grid, in the units of its viewBox.
const (
	chartWidth  = 720
	chartHeight = 150
	chartFloor  = 126
	chartTop    = 8
)

// throughput draws what ended in each minute of the last hour, as a drawing and as a table.
func (v *visit) throughput(stats []storage.Stat) g.Node {
	minutes := lastHourOf(stats, v.now)
	var sum storage.Stat
	top := int64(1)
	for _, s := range minutes {
		sum.Succeeded, sum.Failed, sum.Deleted = sum.Succeeded+s.Succeeded, sum.Failed+s.Failed, sum.Deleted+s.Deleted
		sum.Retried, sum.RunTime = sum.Retried+s.Retried, sum.RunTime+s.RunTime
		top = max(top, s.Succeeded+s.Failed+s.Deleted)
	}
	label := fmt.Sprintf("In the last hour %s succeeded, %s failed, %s were deleted and %s runs were retried.",
		number(int(sum.Succeeded)), number(int(sum.Failed)), number(int(sum.Deleted)), number(int(sum.Retried)))
	return h.Section(h.Class("panel chart"),
		h.Div(h.Class("panel-head"), h.H2(h.Text("Last hour")), h.Ul(h.Class("legend"),
			legend("succeeded", sum.Succeeded), legend("failed", sum.Failed), legend("deleted", sum.Deleted),
			h.Li(h.Class("dim"), h.Text(number(int(sum.Retried))+" retried")))),
		h.SVG(h.Class("bars"), h.Attr("viewBox", fmt.Sprintf("0 0 %d %d", chartWidth, chartHeight)), h.Role("img"), h.Aria("label", label),
			h.Attr("preserveAspectRatio", "none"), chartGrid(), chartBars(minutes, niceTop(top))),
		h.Div(h.Class("axis"), h.Aria("hidden", "true"),
			h.Span(h.Text(minutes[0].At.Format("15:04"))), h.Span(h.Text("at most "+number(int(top))+" a minute")), h.Span(h.Text("now, UTC"))),
		chartTable(minutes))
}

func legend(state string, n int64) g.Node {
	return h.Li(h.Class("s-"+state), h.Span(h.Class("swatch"), h.Aria("hidden", "true")), h.Text(number(int(n))+" "+state))
}

// lastHourOf gives each of the last 60 minutes, those without an entry too.
func lastHourOf(stats []storage.Stat, now time.Time) []storage.Stat {
	at := make(map[int64]storage.Stat, len(stats))
	for _, s := range stats {
		at[s.At.Unix()/60] = s
	}
	out := make([]storage.Stat, 60)
	first := now.UTC().Truncate(time.Minute).Add(-59 * time.Minute)
	for i := range out {
		minute := first.Add(time.Duration(i) * time.Minute)
		out[i] = at[minute.Unix()/60]
		out[i].At = minute
	}
	return out
}

// niceTop rounds up to 1, 2 or 5 times a power of ten.
func niceTop(n int64) int64 {
	for step := int64(1); ; step *= 10 {
		for _, m := range []int64{1, 2, 5} {
			if m*step >= n {
				return m * step
			}
		}
	}
}

func chartGrid() g.Node {
	var out g.Group
	for i := range 3 {
		y := chartFloor - (chartFloor-chartTop)*i/2
		out = append(out, h.El("line", h.Attr("class", "grid"), coord("x1", 0), coord("x2", chartWidth), coord("y1", y), coord("y2", y)))
	}
	return out
}

// chartBars stacks the three ends of each minute. The minute still filling is paler.
func chartBars(minutes []storage.Stat, top int64) g.Node {
	var out g.Group
	step := chartWidth / len(minutes)
	for i, m := range minutes {
		var bar g.Group
		y := float64(chartFloor)
		for _, part := range []struct {
			state string
			n     int64
		}{{"succeeded", m.Succeeded}, {"failed", m.Failed}, {"deleted", m.Deleted}} {
			if part.n == 0 {
				continue
			}
			height := max(float64(part.n)/float64(top)*(chartFloor-chartTop), 1.5)
			y -= height
			bar = append(bar, h.El("rect", h.Attr("class", "s-"+part.state), coord("x", i*step+1), coord("width", step-2),
				h.Attr("y", strconv.FormatFloat(y, 'f', 1, 64)), h.Attr("height", strconv.FormatFloat(height, 'f', 1, 64))))
		}
		class := "bar"
		if i == len(minutes)-1 {
			class = "bar filling"
		}
		out = append(out, h.El("g", h.Attr("class", class),
			h.El("title", h.Text(fmt.Sprintf("%s UTC: %s succeeded, %s failed, %s deleted", m.At.Format("15:04"),
				number(int(m.Succeeded)), number(int(m.Failed)), number(int(m.Deleted))))),
			h.El("rect", h.Attr("class", "hit"), coord("x", i*step), coord("y", 0), coord("width", step), coord("height", chartFloor)), bar))
	}
	return out
}

func coord(name string, n int) g.Node { return h.Attr(name, strconv.Itoa(n)) }

// chartTable is the same in numbers, for five minutes each.
func chartTable(minutes []storage.Stat) g.Node {
	var rows g.Group
	for i := 0; i+5 <= len(minutes); i += 5 {
		var s storage.Stat
		for _, m := range minutes[i : i+5] {
			s.Succeeded, s.Failed, s.Deleted, s.Retried = s.Succeeded+m.Succeeded, s.Failed+m.Failed, s.Deleted+m.Deleted, s.Retried+m.Retried
			s.RunTime += m.RunTime
		}
		runs := s.Succeeded + s.Failed + s.Retried
		mean := "–"
		if runs > 0 {
			mean = span(s.RunTime / time.Duration(runs))
		}
		rows = append(rows, h.Tr(h.Th(h.Scope("row"), h.Text(minutes[i].At.Format("15:04"))), num(s.Succeeded), num(s.Failed), num(s.Deleted), num(s.Retried), h.Td(h.Class("num"), h.Text(mean))))
	}
	return h.Details(h.Class("as-table"), h.Summary(h.Text("As a table")),
		h.Div(h.Class("scroll"), h.Table(h.Caption(h.Text("Ends in steps of five minutes, from the time given (UTC)")),
			h.THead(h.Tr(th("From"), thNum("Succeeded"), thNum("Failed"), thNum("Deleted"), thNum("Retried"), thNum("Mean run"))), h.TBody(rows))))
}

func num(n int64) g.Node { return h.Td(h.Class("num"), h.Text(number(int(n)))) }

func thNum(label string) g.Node { return h.Th(h.Scope("col"), h.Class("num"), h.Text(label)) }
