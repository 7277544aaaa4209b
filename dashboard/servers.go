package dashboard

import (
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// servers shows the sessions that are alive.
func (v *visit) servers() {
	servers := v.ask.servers()
	var cards g.Group
	for i := range servers {
		cards = append(cards, v.serverCard(&servers[i]))
	}
	body := h.Div(h.Class("server-cards"), cards)
	switch {
	case len(servers) > 0:
	case slices.Contains(v.ask.unknown, "servers"):
		body = empty("The servers could not be read.", h.Text("The store did not answer in time."))
	default:
		body = empty("No server is running.", g.Group{h.Text("Jobs wait until one starts:"), h.Pre(h.TabIndex("0"), h.Code(h.Text(
			"server := runtime.NewServer(store, d, runtime.ServerOptions{Queues: []string{\"default\"}})\nerr := server.Run(ctx)")))})
	}
	v.render(page{title: "Servers", section: "/servers", follow: "changes", body: h.Div(h.ID("live"), body)})
}

func (v *visit) serverCard(s *storage.ServerInfo) g.Node {
	lease := s.Lease
	if lease <= 0 {
		lease = storage.DefaultLease
	}
	beat := tag("good", "succeeded", "alive")
	if silent := v.now.Sub(s.SeenAt); silent > lease {
		beat = tag("bad", "alert", "silent for "+rough(silent))
	}
	var queues g.Group
	for i, q := range s.Queues {
		queues = append(queues, g.If(i > 0, h.Text(", ")), h.A(h.Href(v.d.listURL("queue", q)), text(cut(q, 80))))
	}
	return h.Section(h.Class("panel server"),
		h.Div(h.Class("panel-head"), h.H2(text(cut(s.Server, 120))), beat),
		h.Div(h.Class("busy"), meter(s.Running, s.Concurrency, "Busy workers"),
			h.A(h.Href(v.serverJobs(s)), h.Text(number(s.Running)+" of "+plural(s.Concurrency, "worker")+" busy"))),
		h.Dl(h.Class("facts"),
			fact("Heartbeat", when(s.SeenAt, v.now), h.Span(h.Class("dim"), h.Text(" lease "+span(lease)))),
			fact("Started", when(s.StartedAt, v.now), h.Span(h.Class("dim"), h.Text(" up "+span(v.now.Sub(s.StartedAt).Truncate(time.Second))))),
			fact("Queues", queues),
			g.If(s.Version != "", fact("Version", text(cut(s.Version, 80)))),
			g.If(s.Owner != "", fact("Service", text(cut(s.Owner, 80)))),
			g.If(s.Host != "", fact("Host", text(cut(s.Host, 80)+", process "+strconv.Itoa(s.PID)))),
			fact("Session", copyable(s.ID.String()))),
		kindList(s.Kinds))
}

func (v *visit) serverJobs(s *storage.ServerInfo) string {
	q := with(nil, "server", s.Server)
	q.Set("state", storage.Processing.String())
	return v.d.url("/jobs", q)
}

// kindList is what the server runs, with the parameters of each kind.
func kindList(kinds []storage.KindInfo) g.Node {
	if len(kinds) == 0 {
		return nil
	}
	var items g.Group
	for _, k := range kinds {
		var params []string
		for _, p := range k.Params {
			params = append(params, p.Name+" "+p.Type)
		}
		items = append(items, h.Li(h.Code(h.Class("wrap"), text(cut(k.Kind, 160)+"("+cut(strings.Join(params, ", "), 400)+")")),
			g.If(k.Doc != "", h.Span(h.Class("dim"), text(cut(firstLine(k.Doc), 200))))))
	}
	return h.Details(h.Summary(h.Text(plural(len(kinds), "kind"))), h.Ul(h.Class("kinds"), items))
}
