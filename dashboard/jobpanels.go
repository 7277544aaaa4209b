package dashboard

import (
	"strings"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

func (v *visit) argumentsPanel(args []argument, info storage.KindInfo) g.Node {
	doc := g.If(info.Doc != "", h.P(h.Class("doc"), block(cut(info.Doc, 2000))))
	if len(args) == 0 {
		return panel("Arguments", doc, h.P(h.Class("dim"), h.Text("This kind takes no arguments.")))
	}
	cutAny := false
	var rows g.Group
	for _, a := range args {
		value := a.value
		if len(value) > maxValue {
			value, cutAny = cut(value, maxValue), true
		}
		rows = append(rows, h.Tr(
			h.Th(h.Scope("row"), h.Data("label", "Name"), h.Code(text(cut(a.name, 200)))),
			td("Type", h.Code(h.Class("type"), text(cut(a.typ, 200))), g.If(a.typ == "", h.Span(h.Class("dim"), h.Text("–")))),
			td("Value", g.If(value != "" && !a.secret, valueNode(value)),
				g.If(a.secret && value != "", h.Span(h.Class("secret"), h.Text(masked+" "), h.Span(h.Class("dim"), h.Text("secret")))),
				g.If(a.note != "", h.Span(h.Class("dim"), text(" "+a.note))))))
	}
	return panel("Arguments", doc,
		h.Div(h.Class("scroll"), h.Table(h.Class("cards arguments"), h.Caption(h.Class("visually-hidden"), h.Text("Arguments by name, type and value")),
			h.THead(h.Tr(th("Name"), th("Type"), th("Value"))), h.TBody(rows))),
		h.P(h.Class("foot"), g.If(cutAny, h.Text("Long values are cut. ")), v.download("arguments.json", "Download as JSON")))
}

// valueNode shows a short value in its line and a long one in a box.
func valueNode(value string) g.Node {
	if strings.Contains(value, "\n") || len(value) > 200 {
		return h.Pre(h.Class("value"), h.TabIndex("0"), block(value))
	}
	return h.Code(h.Class("wrap"), text(value))
}

func (v *visit) download(file, label string) g.Node {
	return h.A(h.Class("quiet-link"), h.Href(v.d.url("/jobs/"+v.id.String()+"/"+file, nil)), h.Download(file), icon("down"), h.Text(label))
}

func (v *visit) resultPanel(d *storage.Details) g.Node {
	if len(d.Result) == 0 {
		return nil
	}
	shown := redactJSON(d.Result, secretName)
	return panel("Result", h.Pre(h.Class("value"), h.TabIndex("0"), block(cut(shown, maxValue))),
		h.P(h.Class("foot"), g.If(len(shown) > maxValue, h.Text("The result is cut. ")), v.download("result.json", "Download as JSON")))
}

func (v *visit) downloadArguments() {
	if d, ok := v.details(); ok {
		v.attachment("arguments-"+d.ID.String()+".json", "application/json", []byte(redactedArguments(v.ask.kinds(), &d.Job)))
	}
}

func (v *visit) downloadResult() {
	if d, ok := v.details(); ok {
		v.attachment("result-"+d.ID.String()+".json", "application/json", []byte(redactJSON(d.Result, secretName)))
	}
}

// timelinePanel tells the job's life with the time between its steps.
func (v *visit) timelinePanel(d *storage.Details) g.Node {
	var items g.Group
	for i, e := range d.History {
		if i > 0 {
			gap := e.At.Sub(d.History[i-1].At)
			items = append(items, h.Li(h.Class("gap"), h.Text(span(gap))))
		}
		if d.Dropped > 0 && i == 10 { // a store keeps the first ten and the newest
			items = append(items, h.Li(h.Class("gap"), h.Text(plural(d.Dropped, "entry")+" not kept")))
		}
		items = append(items, h.Li(h.Class("step s-"+e.State.String()),
			badge(e.State), h.Span(h.Class("dim"), when(e.At, v.now)),
			g.If(e.Server != "" && e.State == storage.Processing, h.Span(h.Class("dim"), text("on "+cut(e.Server, 80)))),
			g.If(e.Reason != "", h.P(text(cut(e.Reason, storage.MaxReason))))))
	}
	if len(items) == 0 {
		return nil
	}
	return panel("Timeline", h.Ol(h.Class("timeline"), items))
}

// relativesPanel shows what the job waits for and what waits for it.
func (v *visit) relativesPanel(d *storage.Details) g.Node {
	if len(d.ParentsOf) == 0 && len(d.Children) == 0 {
		return nil
	}
	list := func(title string, edges []storage.Edge, parent bool) g.Node {
		if len(edges) == 0 {
			return nil
		}
		var items g.Group
		for _, e := range edges {
			items = append(items, v.edge(e, parent))
		}
		return g.Group{h.H3(h.Text(title)), h.Ul(h.Class("edges"), items)}
	}
	return panel("Continuations", list("Parents", d.ParentsOf, true), list("Children", d.Children, false),
		g.If(d.MoreKids, h.P(h.A(h.Href(v.d.listURL("parent", d.ID.String())), h.Text("All children")))))
}

func (v *visit) edge(e storage.Edge, parent bool) g.Node {
	href, name := v.d.jobURL(e.Job), shortKind(e.Kind)
	if e.Batch {
		href, name = v.d.listURL("batch", e.Job.String()), "batch"
	}
	if name == "" {
		name = "job"
	}
	note := "on " + e.On.String()
	if e.Ended != 0 && parent {
		note += ", ended " + e.Ended.String()
	}
	return h.Li(g.If(e.State != 0, badge(e.State)), g.If(e.State == 0, tag("", "", "removed")),
		h.A(h.Href(href), text(cut(name, 80)), h.Text(" "), h.Span(h.Class("id"), h.Text(shortID(e.Job)))),
		h.Span(h.Class("dim"), h.Text(note)))
}
