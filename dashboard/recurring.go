package dashboard

import (
	"context"
	"net/url"
	"slices"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/runtime/cron"
	"github.com/gojobgen/jobgen/storage"
)

// recurring lists the recurring jobs: what runs when, and what ran last.
func (v *visit) recurring() {
	after := v.query().Get("after")
	if len(after) > storage.MaxName {
		after = ""
	}
	list, _ := ask(v.ask, "recurring jobs", func(ctx context.Context) ([]storage.Recurring, error) {
		return v.d.store.Recurring(ctx, after, pageSize+1)
	})
	more := len(list) > pageSize
	if more {
		list = list[:pageSize]
	}
	body := v.noRecurring(after)
	if len(list) > 0 {
		var rows g.Group
		for i := range list {
			rows = append(rows, v.recurringRow(&list[i]))
		}
		body = h.Div(h.Class("scroll"), h.Table(h.Class("cards"), h.Caption(h.Class("visually-hidden"), h.Text("Recurring jobs")),
			h.THead(h.Tr(th("Recurring job"), th("Schedule"), th("Next"), th("Last"), th("Owner"), th("Actions"))), h.TBody(rows)))
	}
	v.render(page{title: "Recurring jobs", section: "/recurring", follow: "changes",
		body: h.Div(h.ID("live"), v.roleNote(), body, h.Nav(h.Class("pager"), h.Aria("label", "Pages"),
			g.If(after != "", h.A(h.Class("button"), h.Href(v.d.url("/recurring", nil)), h.Text("First page"))),
			g.Iff(more, func() g.Node {
				return h.A(h.Class("button"), h.Href(v.d.url("/recurring", url.Values{"after": {list[len(list)-1].ID}})), h.Text("More"), icon("older"))
			})))})
}

func (v *visit) noRecurring(after string) g.Node {
	switch {
	case slices.Contains(v.ask.unknown, "recurring jobs"):
		return empty("The recurring jobs could not be read.", h.Text("The store did not answer in time."))
	case after != "":
		return empty("No more recurring jobs.", nil)
	}
	return empty("There are no recurring jobs yet.", g.Group{h.Text("Annotate a method, or declare one at start:"),
		h.Pre(h.TabIndex("0"), h.Code(h.Text(`err := client.Recurring(ctx, "digest", "0 8 * * MON", email.DigestJob())`)))})
}

func (v *visit) recurringRow(r *storage.Recurring) g.Node {
	toggle := recurringVerbs[1]
	if r.Paused {
		toggle = recurringVerbs[2]
	}
	zone := r.Zone
	if zone == "" {
		zone = "UTC"
	}
	return h.Tr(
		h.Th(h.Scope("row"), h.Data("label", "Recurring job"),
			h.A(h.Class("main-link"), h.Href(v.d.listURL("recurring", r.ID)), text(cut(r.ID, 120))),
			h.Span(h.Class("service"), dotted(cut(r.Job.Kind, 120))),
			g.If(r.Paused, tag("warn wraps", "pause", "paused"+byWhom(r.PausedBy)))),
		td("Schedule", h.Span(h.Class("words"), text(cronWords(r.Cron))), h.Span(h.Class("service"), h.Code(text(cut(r.Cron, 80))), text(" "+cut(zone, 40)))),
		td("Next", v.nextOf(r)),
		td("Last", when(r.Last, v.now), g.Iff(!r.LastJob.IsZero(), func() g.Node {
			return h.A(h.Class("service"), h.Href(v.d.jobURL(r.LastJob)), h.Title(r.LastJob.String()), h.Text("last job"))
		})),
		td("Owner", g.If(r.Owner != "", text(cut(r.Owner, 80))), g.If(r.Owner == "", h.Span(h.Class("dim"), h.Text("made by a call")))),
		td("Actions", v.nameForm("/recurring/actions", r.ID, recurringVerbs[0], toggle)))
}

func (v *visit) nextOf(r *storage.Recurring) g.Node {
	switch {
	case r.Paused:
		return h.Span(h.Class("dim"), h.Text("paused"))
	case r.Next.IsZero():
		return h.Span(h.Class("dim"), h.Text("never"))
	}
	return when(r.Next, v.now)
}

// cronWords describes an expression, if it is one.
func cronWords(expr string) string {
	s, err := cron.Parse(expr)
	if err != nil {
		return "not a valid expression"
	}
	return s.Describe()
}
