package dashboard

import (
	"maps"
	"slices"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// queues shows what waits where, and lets it be paused.
func (v *visit) queues() {
	queues := v.ask.queues()
	body := empty("There are no queues yet.", h.Text("A queue appears with its first job, or with a server that serves it."))
	if len(queues) > 0 {
		var rows g.Group
		for _, q := range queues {
			rows = append(rows, v.queueRow(q))
		}
		body = h.Div(h.Class("scroll"), h.Table(h.Class("cards"), h.Caption(h.Class("visually-hidden"), h.Text("Queues")),
			h.THead(h.Tr(th("Queue"), thNum("Enqueued"), th("Held"), th("Oldest"), thNum("Processing"), thNum("Scheduled"), thNum("Servers"), th("Actions"))),
			h.TBody(rows)))
	} else if slices.Contains(v.ask.unknown, "queues") {
		body = empty("The queues could not be read.", h.Text("The store did not answer in time."))
	}
	v.render(page{title: "Queues", section: "/queues", follow: "changes",
		body: h.Div(h.ID("live"), v.roleNote(), body, v.pausedKindsPanel())})
}

func (v *visit) queueRow(q storage.QueueInfo) g.Node {
	toggle := queueVerbs[0]
	if q.Paused {
		toggle = queueVerbs[1]
	}
	oldest := h.Span(h.Class("dim"), h.Text("–"))
	if !q.Oldest.IsZero() {
		oldest = h.Span(h.Class("wait "+waitClass(age(q.Oldest, v.now))), when(q.Oldest, v.now))
	}
	return h.Tr(
		h.Th(h.Scope("row"), h.Data("label", "Queue"), h.A(h.Class("main-link"), h.Href(v.d.listURL("queue", q.Name)), text(cut(q.Name, 120))),
			g.If(q.Paused, tag("warn wraps", "pause", "paused"+byWhom(q.PausedBy)))),
		tdNum("Enqueued", q.Enqueued),
		td("Held", heldNode(q.Held)),
		td("Oldest", oldest),
		tdNum("Processing", q.Processing),
		tdNum("Scheduled", q.Scheduled),
		h.Td(h.Class("num"), h.Data("label", "Servers"), h.Text(number(q.Servers)), g.If(q.Servers == 0, tag("warn", "alert", "none"))),
		td("Actions", v.nameForm("/queues/actions", q.Name, toggle)))
}

func tdNum(label string, n int) g.Node {
	return h.Td(h.Class("num"), h.Data("label", label), h.Text(number(n)))
}

// heldNode is how many jobs are held, by cause.
func heldNode(held map[string]int) g.Node {
	if len(held) == 0 {
		return h.Span(h.Class("dim"), h.Text("–"))
	}
	var out g.Group
	for _, cause := range slices.Sorted(maps.Keys(held)) {
		word := heldCauses[cause]
		if word == "" {
			word = cause
		}
		out = append(out, tag("warn", "held", number(held[cause])+" "+word))
	}
	return h.Span(h.Class("tags"), out)
}

// pausedKindsPanel lists the kinds that are paused, whichever queue they are in.
func (v *visit) pausedKindsPanel() g.Node {
	paused := v.ask.pausedKinds()
	if len(paused) == 0 {
		return nil
	}
	var items g.Group
	for _, kind := range slices.Sorted(maps.Keys(paused)) {
		items = append(items, h.Li(h.A(h.Class("main-link"), h.Href(v.d.listURL("kind", kind)), kindName(kind)),
			tag("warn wraps", "pause", "paused"+byWhom(paused[kind])), v.nameForm("/kinds/actions", kind, kindVerbs[1])))
	}
	return panel("Paused kinds", h.Ul(h.Class("lines"), items))
}

// roleNote tells a viewer once why the buttons do nothing.
func (v *visit) roleNote() g.Node {
	if v.who.may(Operator) {
		return nil
	}
	return h.P(h.Class("role-note"), icon("info"), h.Text("Your role is viewer: actions take the role operator."))
}
