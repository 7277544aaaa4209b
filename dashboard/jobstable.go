package dashboard

import (
	"net/url"
	"strings"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// jobTable is the rows with their checkboxes, the actions for those that are
// ticked, and the way to older and newer ones.
func (v *visit) jobTable(q url.Values, l listQuery, p storage.Page) g.Node {
	if len(p.Jobs) == 0 {
		return v.noJobs(q, l)
	}
	var rows g.Group
	for i := range p.Jobs {
		rows = append(rows, v.jobRow(&p.Jobs[i]))
	}
	return h.Form(h.Class("rows"), h.Method("post"), h.Action(v.d.url("/jobs/actions", nil)),
		carry("back", v.backTo()),
		h.Div(h.Class("bar"),
			h.Label(h.Class("check all js-only"), h.Input(h.Type("checkbox"), h.ID("tick-all")), h.Span(h.Text("All on this page"))),
			h.Span(h.Class("bar-label"), h.ID("ticked"), h.Text("With the ticked ones:")),
			h.Div(h.Class("buttons"), v.jobButtons(l.States))),
		h.Div(h.Class("scroll"),
			h.Table(h.Class("cards"), h.Caption(h.Class("visually-hidden"), h.Text("Jobs, newest first")),
				h.THead(h.Tr(h.Th(h.Scope("col"), h.Class("tick"), h.Span(h.Class("visually-hidden"), h.Text("Tick"))),
					th("State"), th("Job"), th("Queue"), th("Attempt"), th("When"), th("What"))),
				h.TBody(rows))),
		v.pager(q, l, p))
}

func th(label string) g.Node { return h.Th(h.Scope("col"), h.Text(label)) }

// td is a cell that names its column where the table is shown as cards.
func td(label string, children ...g.Node) g.Node {
	return h.Td(h.Data("label", label), g.Group(children))
}

func (v *visit) jobRow(j *storage.Job) g.Node {
	id := j.ID.String()
	return h.Tr(
		h.Td(h.Class("tick"), h.Label(h.Class("tickbox"), h.Input(h.Type("checkbox"), h.Name("id"), h.Value(id),
			h.Aria("label", "Tick "+visible(shortKind(j.Kind), false)+" "+id)))),
		td("State", badge(j.State), g.If(j.Held != "", tag("warn", "held", "held")),
			g.If(j.CancelRequested, tag("warn", "cancel", "cancel requested"))),
		h.Th(h.Scope("row"), h.Data("label", "Job"),
			h.A(h.Class("main-link"), h.Href(v.d.jobURL(j.ID)), text(cut(shortKind(j.Kind), 80))),
			h.Span(h.Class("under"), serviceName(j.Kind), h.Span(h.Class("id"), h.Title(id), h.Text(shortID(j.ID))))),
		td("Queue", h.A(h.Class("plain"), h.Href(v.d.listURL("queue", j.Queue)), text(cut(j.Queue, 60)))),
		td("Attempt", h.Text(number(j.Attempt)), g.If(j.Retries > 0, h.Span(h.Class("dim"), h.Text(" · "+plural(j.Retries, "retry"))))),
		td("When", v.rowTime(j)),
		td("What", rowNote(j)),
	)
}

// rowTime is the time that matters in the job's state.
func (v *visit) rowTime(j *storage.Job) g.Node {
	switch j.State {
	case storage.Scheduled:
		return g.Group{h.Text("due "), when(j.DueAt, v.now)}
	case storage.Enqueued:
		return g.Group{h.Text("since "), when(j.EnqueuedAt, v.now)}
	case storage.Processing:
		return g.Group{h.Text("started "), when(j.StartedAt, v.now)}
	case storage.Succeeded, storage.Failed, storage.Deleted:
		return when(j.FinishedAt, v.now)
	}
	return g.Group{h.Text("made "), when(j.CreatedAt, v.now)}
}

// rowNote is the one thing to know about the job.
func rowNote(j *storage.Job) g.Node {
	switch {
	case j.State == storage.Processing && j.Progress != nil:
		return g.Group{progressBar(j.Progress), h.Span(h.Class("dim"), text(cut(j.Progress.Note, 80)))}
	case j.Failure != nil && (j.State == storage.Failed || j.State == storage.Scheduled):
		return h.Span(h.Class("error-head"), text(cut(firstLine(j.Failure.Message), 140)))
	case j.Held != "":
		return h.Span(text(heldWords(j.Held)))
	case j.State == storage.Processing && j.Server != "":
		return h.Span(h.Class("dim"), text("on "+cut(j.Server, 60)))
	case j.Reason != "":
		return h.Span(h.Class("dim"), text(cut(j.Reason, 140)))
	case j.Recurring != "":
		return h.Span(h.Class("dim"), text("recurring job "+cut(j.Recurring, 60)))
	}
	return h.Span(h.Class("dim"), h.Text("–"))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// shortKind is the method of a kind: what stands behind the last dot.
func shortKind(kind string) string { return kind[strings.LastIndexByte(kind, '.')+1:] }

// serviceName is what stands before the method in a kind.
func serviceName(kind string) g.Node {
	group := strings.TrimSuffix(strings.TrimSuffix(kind, shortKind(kind)), ".")
	return g.If(group != "", h.Span(h.Class("service"), dotted(cut(group, 80))))
}

// dotted is a name that may be broken after its dots.
func dotted(name string) g.Node {
	var out g.Group
	for i, part := range strings.SplitAfter(name, ".") {
		out = append(out, g.If(i > 0, h.Wbr()), text(part))
	}
	return out
}

// kindName is a kind with its method in front of the eye.
func kindName(kind string) g.Node {
	return g.Group{h.Span(h.Class("method"), text(cut(shortKind(kind), 80))), serviceName(kind)}
}

// shortID is enough of an id to tell neighbours apart: their times agree in front.
func shortID(id storage.ID) string {
	s := id.String()
	return s[:8] + "…" + s[len(s)-6:]
}

// pager leads to older and newer jobs by the ids at the ends of the page.
func (v *visit) pager(q url.Values, l listQuery, p storage.Page) g.Node {
	link := func(name string, id storage.ID, iconName, label string) g.Node {
		to := chosen(q)
		to.Set(name, id.String())
		return h.A(h.Class("button"), h.Href(v.d.url("/jobs", to)), h.Rel(map[string]string{"before": "prev", "after": "next"}[name]),
			g.If(name == "before", icon(iconName)), h.Text(label), g.If(name == "after", icon(iconName)))
	}
	older := p.More || !l.before.IsZero()
	newer := !l.after.IsZero() || !l.before.IsZero() && p.More
	return h.Nav(h.Class("pager"), h.Aria("label", "Pages"),
		g.If(newer, link("before", p.Jobs[0].ID, "newer", "Newer")),
		g.If(newer, h.A(h.Class("button quiet"), h.Href(v.d.url("/jobs", chosen(q))), h.Text("Newest"))),
		h.Span(h.Class("dim"), h.Text(plural(len(p.Jobs), "job")+" on this page")),
		g.If(older, link("after", p.Jobs[len(p.Jobs)-1].ID, "older", "Older")))
}

// noJobs says which kind of nothing this is.
func (v *visit) noJobs(q url.Values, l listQuery) g.Node {
	switch {
	case len(v.ask.unknown) > 0:
		return empty("The list could not be read.", h.Text("The store did not answer in time; the filters above still work."))
	case !l.after.IsZero() || !l.before.IsZero():
		return empty("No more jobs this way.", h.A(h.Class("button"), h.Href(v.d.url("/jobs", chosen(q))), h.Text("To the newest")))
	case narrowed(q):
		return empty("No job matches these filters.", g.Group{h.Text("Take one away above, or "),
			h.A(h.Href(v.d.url("/jobs", nil)), h.Text("clear them all")), h.Text(".")})
	case len(l.States) == 1 && l.States[0].Final():
		return empty("No "+l.States[0].String()+" jobs are kept.", h.Text(retention[l.States[0]]))
	case len(l.States) == 1:
		return empty("No job is "+l.States[0].String()+" now.", nil)
	}
	return empty("There are no jobs yet.", g.Group{h.Text("The first one is made like this:"),
		h.Pre(h.TabIndex("0"), h.Code(h.Text("h, err := mail.EnqueueSendReceipt(ctx, orderID)")))})
}

var retention = map[storage.State]string{
	storage.Succeeded: "Succeeded jobs are removed 24 hours after their end, unless their kind or call sets another retention.",
	storage.Deleted:   "Deleted jobs are removed after 24 hours, unless their kind or call sets another retention.",
	storage.Failed:    "Failed jobs are kept for 30 days, unless their kind or call sets another retention.",
}

// empty is shown in place of rows.
func empty(title string, more g.Node) g.Node {
	return h.Div(h.Class("panel empty"), icon("info"), h.P(h.Strong(text(title))), g.If(more != nil, h.Div(more)))
}
