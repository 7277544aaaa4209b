package dashboard

import (
	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// icons are drawn on a 16 by 16 grid with strokes.
var icons = map[string]string{
	"overview":   "M2 9h4V2H2zM10 14h4V7h-4zM2 14h4v-2H2zM10 4h4V2h-4z",
	"jobs":       "M5.5 4H14M5.5 8H14M5.5 12H14M2 4h.5M2 8h.5M2 12h.5",
	"queues":     "M8 1.8 14.2 5 8 8.2 1.8 5zM1.8 8 8 11.2 14.2 8M1.8 11 8 14.2l6.2-3.2",
	"recurring":  "M13.5 6.5A5.8 5.8 0 0 0 3 5M2.5 9.5A5.8 5.8 0 0 0 13 11M3 2v3h3M13 14v-3h-3",
	"servers":    "M2 2.5h12v4.5H2zM2 9h12v4.5H2zM4.5 4.75h.1M4.5 11.25h.1M8 4.75h3.5M8 11.25h3.5",
	"scheduled":  "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM8 4.8V8l2.2 1.5",
	"awaiting":   "M4 2h8M4 14h8M5 2v2.5L8 8l3-3.5V2M5 14v-2.5L8 8l3 3.5V14",
	"enqueued":   "M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5l1 1.8h3l1-1.8H14",
	"processing": "M8 1.8A6.2 6.2 0 1 1 1.8 8M6.5 5.5v5L10.5 8z",
	"succeeded":  "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM5.3 8.2l1.9 1.9 3.5-4",
	"failed":     "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM5.9 5.9l4.2 4.2M10.1 5.9l-4.2 4.2",
	"deleted":    "M2.5 4h11M6 4V2.3h4V4M4 4l.7 9.7h6.6L12 4M6.8 6.8v4M9.2 6.8v4",
	"pause":      "M5.5 3v10M10.5 3v10",
	"play":       "M4.5 2.8v10.4L13 8z",
	"retry":      "M13.5 8A5.5 5.5 0 1 1 11.7 4L13.5 5.5M13.5 2v3.5H10",
	"cancel":     "M4 4l8 8M12 4l-8 8",
	"copy":       "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
	"alert":      "M8 2 14.8 13.8H1.2zM8 6.5v3.2M8 11.6v.1",
	"info":       "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM8 7.3v3.5M8 5v.1",
	"older":      "M6 3l5 5-5 5",
	"newer":      "M10 3 5 8l5 5",
	"back":       "M7 3 2 8l5 5M2 8h12",
	"filter":     "M2 3h12L9.5 8.5V13l-3 1V8.5z",
	"down":       "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
	"held":       "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
	"bolt":       "M9 1.5 3 9h4.5L7 14.5 13 7H8.5z",
}

// icon draws one of the icons; it says nothing to screen readers, the word beside it does.
func icon(name string) g.Node {
	return h.SVG(h.Class("icon"), h.Attr("viewBox", "0 0 16 16"), h.Aria("hidden", "true"),
		h.El("path", h.Attr("d", icons[name])))
}

// badge shows a state by icon, word and colour.
func badge(s storage.State) g.Node {
	name := s.String()
	return h.Span(h.Class("badge s-"+name), icon(name), h.Text(name))
}

// tag is a small note beside a name.
func tag(class, iconName, label string) g.Node {
	return h.Span(h.Class("tag "+class), g.If(iconName != "", icon(iconName)), text(label))
}
