package dashboard

import (
	"context"
	"slices"
	"time"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// overview shows how things stand: what is wrong first, then numbers.
func (v *visit) overview() {
	counts, queues, servers := v.ask.counts(), v.ask.queues(), v.ask.servers()
	failures, _ := ask(v.ask, "failures", func(ctx context.Context) (storage.Page, error) {
		return v.d.store.Jobs(ctx, storage.Query{Filter: storage.Filter{States: []storage.State{storage.Failed}}, Limit: 6})
	})
	v.render(page{
		title: "Overview", section: "/", follow: "changes",
		body: h.Div(h.ID("live"),
			v.problems(queues, servers),
			v.stateCards(counts),
			v.throughput(v.ask.lastHour()),
			h.Div(h.Class("columns"),
				h.Div(h.Class("wide"), v.newestFailures(failures.Jobs)),
				h.Div(h.Class("narrow"), v.oldestQueues(queues), v.serverStrip(servers))),
			h.P(h.Class("foot"), h.Text("Counts are of the jobs that are kept now. "), v.storeNote())),
	})
}

func (v *visit) storeNote() g.Node {
	info := v.d.store.Info()
	note := "Store: " + info.Name
	if !info.Durable {
		note += ", not durable: its jobs end with the process"
	}
	return text(note + ".")
}

// problems are the things that somebody should do something about.
func (v *visit) problems(queues []storage.QueueInfo, servers []storage.ServerInfo) g.Node {
	var items g.Group
	waiting := 0
	for _, q := range queues {
		waiting += q.Enqueued
		link := h.A(h.Href(v.d.listURL("queue", q.Name)), text(cut(q.Name, 80)))
		switch {
		case q.Paused:
			items = append(items, banner("warn", "pause", h.Text("Queue "), link, text(" is paused"+byWhom(q.PausedBy)+"; "+plural(q.Enqueued, "job")+" wait in it.")))
		case q.Enqueued > 0 && q.Servers == 0 && len(servers) > 0:
			items = append(items, banner("warn", "alert", h.Text("No running server serves queue "), link, h.Text("; "+plural(q.Enqueued, "job")+" wait in it.")))
		}
	}
	if len(servers) == 0 && !slices.Contains(v.ask.unknown, "servers") {
		items = append(g.Group{banner("warn", "servers", h.Text("No server is running: jobs wait until one starts. "+plural(waiting, "job")+" enqueued."))}, items...)
	}
	if len(items) > 6 {
		items = append(items[:6], h.P(h.A(h.Href(v.d.url("/queues", nil)), h.Text("All queues"))))
	}
	return h.Div(h.Class("problems"), items)
}

// stateCards are the numbers; the script counts them on between refreshes.
func (v *visit) stateCards(counts storage.Counts) g.Node {
	var cards g.Group
	for _, s := range storage.States() {
		name := s.String()
		cards = append(cards, h.Li(h.A(h.Class("card s-"+name), h.Href(v.d.listURL("state", name)),
			h.Span(h.Class("card-label"), icon(name), h.Text(name)),
			h.Span(h.Class("card-number"), h.Data("count", name), h.Text(count(counts, s))))))
	}
	return h.Ul(h.Class("state-cards"), h.Aria("label", "Jobs by state"), cards)
}

func (v *visit) newestFailures(jobs []storage.Job) g.Node {
	if len(jobs) == 0 {
		return panel("Newest failures", h.P(h.Class("calm"), icon("succeeded"), h.Text("No failed jobs are kept. "+retention[storage.Failed])))
	}
	var items g.Group
	for i := range jobs {
		j := &jobs[i]
		message := j.Reason
		if j.Failure != nil {
			message = firstLine(j.Failure.Message)
		}
		items = append(items, h.Li(
			h.A(h.Class("main-link"), h.Href(v.d.jobURL(j.ID)), kindName(j.Kind)),
			h.Span(h.Class("error-head"), text(cut(message, 160))),
			h.Span(h.Class("dim"), text(cut(j.Queue, 60)), h.Text(" · "+plural(j.Attempt, "attempt")+" · "), when(j.FinishedAt, v.now))))
	}
	return panel("Newest failures", h.Ul(h.Class("lines"), items),
		h.P(h.Class("foot"), h.A(h.Class("quiet-link"), h.Href(v.d.listURL("state", "failed")), h.Text("All failed jobs"), icon("older"))))
}

// oldestQueues are the queues whose first job has waited longest.
func (v *visit) oldestQueues(queues []storage.QueueInfo) g.Node {
	queues = slices.Clone(queues) // shared with other viewers
	slices.SortStableFunc(queues, func(a, b storage.QueueInfo) int {
		return int(age(b.Oldest, v.now)/time.Millisecond - age(a.Oldest, v.now)/time.Millisecond)
	})
	if len(queues) > 6 {
		queues = queues[:6]
	}
	if len(queues) == 0 {
		return panel("Queues", h.P(h.Class("dim"), h.Text("No queue has jobs, a pause or a server yet.")))
	}
	var items g.Group
	for _, q := range queues {
		wait := h.Span(h.Class("dim"), h.Text("nothing waits"))
		if !q.Oldest.IsZero() {
			wait = h.Span(h.Class("wait "+waitClass(age(q.Oldest, v.now))), h.Text("oldest "+rough(age(q.Oldest, v.now))))
		}
		items = append(items, h.Li(
			h.A(h.Class("main-link"), h.Href(v.d.listURL("queue", q.Name)), text(cut(q.Name, 60))),
			h.Span(h.Text(number(q.Enqueued)+" enqueued")), wait,
			g.If(q.Paused, tag("warn", "pause", "paused"))))
	}
	return panel("Queues by oldest job", h.Ul(h.Class("lines short"), items),
		h.P(h.Class("foot"), h.A(h.Class("quiet-link"), h.Href(v.d.url("/queues", nil)), h.Text("All queues"), icon("older"))))
}

func waitClass(d time.Duration) string {
	switch {
	case d > time.Hour:
		return "long"
	case d > 5*time.Minute:
		return "some"
	}
	return ""
}

func (v *visit) serverStrip(servers []storage.ServerInfo) g.Node {
	if len(servers) == 0 {
		return panel("Servers", h.P(h.Class("dim"), h.Text("None is running.")))
	}
	var items g.Group
	for i := range servers {
		if i == 6 {
			break
		}
		s := &servers[i]
		items = append(items, h.Li(h.Span(h.Class("main-link"), text(cut(s.Server, 60))),
			h.Span(h.Text(number(s.Running)+" of "+number(s.Concurrency)+" busy")), meter(s.Running, s.Concurrency, "Busy workers")))
	}
	return panel("Servers", h.Ul(h.Class("lines short"), items),
		h.P(h.Class("foot"), h.A(h.Class("quiet-link"), h.Href(v.d.url("/servers", nil)), h.Text("All "+plural(len(servers), "server")), icon("older"))))
}
