package dashboard

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

const (
	logTail = 100 // lines on the job's page
	logPage = 500 // lines on a page of the log
)

// logsPanel is the end of the job's log; it follows a running job.
func (v *visit) logsPanel(d *storage.Details) g.Node {
	if d.LogLines == 0 {
		return nil
	}
	lines := v.logs(max(d.LogLines-logTail, 0), logTail)
	return panel("Log", v.logTable(lines),
		h.P(h.Class("foot"), h.A(h.Class("quiet-link"), h.Href(v.d.url("/jobs/"+d.ID.String()+"/logs", nil)), icon("jobs"),
			h.Text("All "+plural(d.LogLines, "line")))))
}

func (v *visit) logs(after, limit int) []storage.NumberedLine {
	lines, _ := ask(v.ask, "log", func(ctx context.Context) ([]storage.NumberedLine, error) {
		return v.d.store.Logs(ctx, storage.LogQuery{Job: v.id, After: after, Limit: limit})
	})
	return lines
}

func (v *visit) logTable(lines []storage.NumberedLine) g.Node {
	var rows g.Group
	last := 0
	for _, l := range lines {
		if last != 0 && l.Fetch != last {
			rows = append(rows, h.Tr(h.Class("log-break"), h.Td(h.ColSpan("3"), h.Text("next run"))))
		}
		last = l.Fetch
		rows = append(rows, h.Tr(h.Class("log-"+levelClass(l.Level)),
			h.Td(h.Class("log-time"), h.Time(h.DateTime(l.At.UTC().Format("2006-01-02T15:04:05.000Z")), h.Text(l.At.UTC().Format("15:04:05.000")))),
			h.Td(h.Class("log-level"), text(cut(strings.ToLower(l.Level), 8))),
			h.Td(h.Class("log-text"), block(cut(l.Message, storage.MaxLogLine)), logFields(l.Fields))))
	}
	return h.Div(h.Class("log"), h.TabIndex("0"), h.Role("region"), h.Aria("label", "Log lines"),
		h.Table(h.Caption(h.Class("visually-hidden"), h.Text("Log lines, oldest first, times in UTC")),
			h.THead(h.Class("visually-hidden"), h.Tr(th("Time"), th("Level"), th("Message"))), h.TBody(rows)))
}

func logFields(fields string) g.Node {
	if fields == "" {
		return nil
	}
	flat := strings.Join(strings.Fields(redactJSON([]byte(fields), secretName)), " ")
	return h.Span(h.Class("log-fields"), text(" "+cut(strings.Trim(flat, "{} "), 4<<10)))
}

func levelClass(level string) string {
	switch l := strings.ToLower(level); l {
	case "trace", "debug", "info", "warn", "error", "fatal", "panic":
		return l
	case "warning":
		return "warn"
	}
	return "info"
}

// jobLogs is the whole log, page by page.
func (v *visit) jobLogs() {
	d, ok := v.details()
	if !ok {
		return
	}
	after, err := strconv.Atoi(v.query().Get("after"))
	if err != nil || after < 0 {
		after = 0
	}
	lines := v.logs(after, logPage)
	follow := ""
	if d.State == storage.Processing && len(lines) < logPage {
		follow = "always"
	}
	body := empty("There are no lines here.", nil)
	if len(lines) > 0 {
		body = v.logTable(lines)
	}
	at := func(after int, label string) g.Node {
		return h.A(h.Class("button"), h.Href(v.d.url("/jobs/"+d.ID.String()+"/logs", url.Values{"after": {strconv.Itoa(after)}})), h.Text(label))
	}
	v.render(page{title: "Log of " + cut(shortKind(d.Kind), 80), section: "/jobs", follow: follow,
		lead: h.A(h.Class("button quiet"), h.Href(v.d.jobURL(d.ID)), icon("back"), h.Text("To the job")),
		body: h.Div(h.ID("live"), h.Class("panel"), body,
			h.Nav(h.Class("pager"), h.Aria("label", "Pages"),
				g.If(after > 0, at(max(after-logPage, 0), "Earlier")),
				g.Iff(len(lines) == logPage, func() g.Node { return at(lines[len(lines)-1].Number, "Later") })))})
}
