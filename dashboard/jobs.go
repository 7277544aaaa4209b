package dashboard

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// jobs is the one list of jobs: every state, every filter, all of it in the address.
func (v *visit) jobs() {
	q := v.query()
	l := parseList(q, v.now)
	first := v.listPage(l)
	counts := v.listCounts(l)
	title := "Jobs"
	if len(l.States) == 1 {
		name := l.States[0].String()
		title = strings.ToUpper(name[:1]) + name[1:] + " jobs"
	}
	v.render(page{
		title: title, section: "/jobs", follow: "notice", swap: "#tabs-and-news", self: v.newsURL(q, l, first),
		body: g.Group{
			v.badFilter(l),
			h.Div(h.ID("tabs-and-news"), v.stateTabs(q, counts), v.news(q, l)),
			v.filterForm(q),
			v.chips(q),
			v.batchSummary(l),
			v.jobTable(q, l, first),
		},
	})
}

// listPage reads the page that l asks for, newest first whichever way it was reached.
func (v *visit) listPage(l listQuery) storage.Page {
	query := storage.Query{Filter: l.Filter, After: l.after, Limit: l.limit}
	if !l.before.IsZero() {
		query.Oldest, query.After = true, l.before
	}
	p, _ := ask(v.ask, "jobs", func(ctx context.Context) (storage.Page, error) { return v.d.store.Jobs(ctx, query) })
	if query.Oldest {
		slices.Reverse(p.Jobs)
	}
	return p
}

// listCounts counts for the tabs: the filter without its state.
func (v *visit) listCounts(l listQuery) storage.Counts {
	if !narrowed(v.query()) {
		return v.ask.counts()
	}
	f := l.Filter
	f.States = nil
	c, _ := ask(v.ask, "counts", func(ctx context.Context) (storage.Counts, error) {
		return v.d.store.Count(ctx, f, capOf(f))
	})
	return c
}

func (v *visit) stateTabs(q url.Values, counts storage.Counts) g.Node {
	current := q.Get("state")
	tab := func(state, label, n string, class string, iconName string) g.Node {
		return h.Li(h.A(h.Href(v.d.url("/jobs", with(q, "state", state))), h.Class(class),
			g.If(current == state, h.Aria("current", "true")),
			g.If(iconName != "", icon(iconName)), h.Text(label),
			g.If(n != "", h.Span(h.Class("count"), h.Text(n)))))
	}
	tabs := g.Group{tab("", "all", "", "", "")}
	for _, s := range storage.States() {
		tabs = append(tabs, tab(s.String(), s.String(), count(counts, s), "s-"+s.String(), s.String()))
	}
	return h.Nav(h.Class("tabs"), h.Aria("label", "States"), h.Ul(tabs))
}

// chips show the filters that are set; each takes itself away.
func (v *visit) chips(q url.Values) g.Node {
	var chips g.Group
	for _, name := range filterNames {
		value := strings.TrimSpace(q.Get(name))
		if value == "" {
			continue
		}
		label := name + ": " + cut(value, 60)
		if name == "held" || name == "retrying" {
			label = name
		}
		chips = append(chips, h.Li(h.A(h.Class("chip"), h.Href(v.d.url("/jobs", with(q, name, ""))),
			text(label), icon("cancel"), h.Span(h.Class("visually-hidden"), h.Text("remove this filter")))))
	}
	if len(chips) == 0 {
		return nil
	}
	clear := make(url.Values)
	if s := q.Get("state"); s != "" {
		clear.Set("state", s)
	}
	return h.Ul(h.Class("chips"), h.Aria("label", "Filters"), chips,
		h.Li(h.A(h.Class("chip clear"), h.Href(v.d.url("/jobs", clear)), h.Text("Clear all"))))
}

func (v *visit) badFilter(l listQuery) g.Node {
	if len(l.bad) == 0 {
		return nil
	}
	return banner("warn", "alert", h.Text("Not understood, so left out: "+strings.Join(l.bad, ", ")+"."))
}

// newsURL is where the page asks what is new since it was made.
func (v *visit) newsURL(q url.Values, l listQuery, p storage.Page) string {
	news := chosen(q)
	switch {
	case !l.after.IsZero() || !l.before.IsZero(): // not the first page: nothing is new here
	case len(p.Jobs) > 0:
		news.Set("seen", p.Jobs[0].ID.String())
	default:
		news.Set("seen", storage.NewID().String()) // anything made from now on
	}
	return v.d.url("/jobs", news)
}

// news says how many jobs have come since the page was made. Rows do not move by
// themselves under the reader's pointer.
func (v *visit) news(q url.Values, l listQuery) g.Node {
	seen, err := storage.ParseID(q.Get("seen"))
	if err != nil {
		return nil
	}
	const most = 100
	p, _ := ask(v.ask, "new jobs", func(ctx context.Context) (storage.Page, error) {
		return v.d.store.Jobs(ctx, storage.Query{Filter: l.Filter, Oldest: true, After: seen, Limit: most})
	})
	if len(p.Jobs) == 0 {
		return nil
	}
	label := number(len(p.Jobs)) + " new"
	if p.More {
		label = number(most) + "+ new"
	}
	return h.P(h.Class("news"), h.A(h.Class("button primary"), h.Href(v.d.url("/jobs", chosen(q))), h.Data("news", label), icon("retry"), h.Text(label)))
}

// batchSummary heads the list of one batch's jobs.
func (v *visit) batchSummary(l listQuery) g.Node {
	if l.Batch.IsZero() {
		return nil
	}
	b, err := ask(v.ask, "batch", func(ctx context.Context) (storage.BatchInfo, error) {
		return v.d.store.Batch(ctx, l.Batch)
	})
	if err != nil {
		return nil
	}
	name := b.Name
	if name == "" {
		name = "Batch " + b.ID.String()
	}
	done := b.Total - b.Pending
	return h.Section(h.Class("panel batch"), h.H2(text(cut(name, 120)), h.Text(" "), badge(b.State)),
		h.P(h.Text(number(done)+" of "+plural(b.Total, "job")+" done: "+number(b.Succeeded)+" succeeded, "+
			number(b.Failed)+" failed, "+number(b.Deleted)+" deleted."),
			g.If(b.Cancelled, h.Text(" The batch was cancelled.")), g.If(!b.Sealed, h.Text(" More jobs may be added."))),
		meter(done, b.Total, "jobs done"))
}

// meter is a bar for a share of a whole.
func meter(n, of int, label string) g.Node {
	return h.Progress(h.Max(strconv.Itoa(max(of, 1))), h.Value(strconv.Itoa(n)), h.Aria("label", label))
}
