package dashboard

import (
	"net/url"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
)

// filterForm sets the filters; it is a plain form, so it works without JavaScript.
func (v *visit) filterForm(q url.Values) g.Node {
	var queues, kinds g.Group
	for _, qi := range v.ask.queues() {
		queues = append(queues, suggestion(qi.Name))
	}
	for _, name := range v.ask.kinds().names() {
		kinds = append(kinds, suggestion(name))
	}
	return h.Details(h.Class("filters"), g.If(narrowed(q), h.Flag("open")),
		h.Summary(icon("filter"), h.Text("Filter")),
		h.Form(h.Method("get"), h.Action(v.d.url("/jobs", nil)),
			carry("state", q.Get("state")),
			v.field(q, "kind", "Kind", "email.Mailer.SendReceipt", "kinds"),
			v.field(q, "queue", "Queue", "default", "queue-names"),
			v.field(q, "recurring", "Recurring job", "", ""),
			v.field(q, "server", "Server", "", ""),
			v.field(q, "batch", "Batch id", "", ""),
			v.field(q, "parent", "Parent id", "", ""),
			v.field(q, "since", "Made since (UTC, or an age)", "2h, 7d, 2026-05-01T09:30", ""),
			v.field(q, "until", "Made before (UTC, or an age)", "1h, 2026-05-01", ""),
			h.Div(h.Class("checks"), check(q, "held", "Held"), check(q, "retrying", "Retrying")),
			h.Div(h.Class("buttons"), h.Button(h.Class("primary"), h.Type("submit"), h.Text("Apply"))),
			h.DataList(h.ID("queue-names"), queues),
			h.DataList(h.ID("kinds"), kinds)))
}

// suggestion offers a name, unless it is not what it looks like.
func suggestion(name string) g.Node {
	return g.If(visible(name, false) == name, h.Option(h.Value(name)))
}

func (v *visit) field(q url.Values, name, label, hint, list string) g.Node {
	return h.Label(h.Span(h.Text(label)),
		h.Input(h.Type("text"), h.Name(name), h.Value(q.Get(name)), h.MaxLength("255"), h.AutoComplete("off"),
			h.Attr("spellcheck", "false"),
			g.If(hint != "", h.Placeholder(hint)), g.If(list != "", h.List(list))))
}

func check(q url.Values, name, label string) g.Node {
	return h.Label(h.Class("check"), h.Input(h.Type("checkbox"), h.Name(name), h.Value("1"),
		g.If(q.Get(name) == "1", h.Checked())), h.Span(h.Text(label)))
}

// carry carries a value through a form.
func carry(name, value string) g.Node {
	if value == "" {
		return nil
	}
	return h.Input(h.Type("hidden"), h.Name(name), h.Value(value))
}
