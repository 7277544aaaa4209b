package dashboard

import (
	"fmt"
	"slices"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// attempt is one run of a job, put together from its history.
type attempt struct {
	start, end *storage.HistoryEntry
}

// attempts pairs the start and the end of each run, the latest run first.
func attempts(history []storage.HistoryEntry) []attempt {
	var out []attempt
	at := func(fetch int) *attempt {
		i := slices.IndexFunc(out, func(a attempt) bool {
			return a.start != nil && a.start.Fetch == fetch || a.end != nil && a.end.Fetch == fetch
		})
		if i < 0 {
			out = append(out, attempt{})
			i = len(out) - 1
		}
		return &out[i]
	}
	for i := range history {
		switch e := &history[i]; {
		case e.State == storage.Processing && e.Fetch > 0:
			at(e.Fetch).start = e
		case e.Outcome != 0 && e.Fetch > 0:
			at(e.Fetch).end = e
		}
	}
	slices.Reverse(out)
	return out
}

func (v *visit) attemptsPanel(d *storage.Details) g.Node {
	runs := attempts(d.History)
	if len(runs) == 0 {
		return nil
	}
	var items g.Group
	for i, run := range runs {
		items = append(items, v.attemptItem(run, i == 0))
	}
	return panel("Attempts", h.Ol(h.Class("attempts"), h.Flag("reversed"), items))
}

func (v *visit) attemptItem(run attempt, latest bool) g.Node {
	entry := run.end
	if entry == nil {
		entry = run.start
	}
	label := fmt.Sprintf("Attempt %d", entry.Attempt)
	state, took, outcome := entry.State, "", ""
	if run.end != nil {
		took, outcome = span(run.end.Duration), outcomeWords[run.end.Outcome]
	} else {
		took, outcome = span(v.now.Sub(run.start.At)), "running"
	}
	server := entry.Server
	if server == "" && run.start != nil {
		server = run.start.Server
	}
	return h.Li(h.Class("attempt s-"+state.String()),
		h.P(h.Class("attempt-head"), h.Strong(h.Text(label)), tag("o-"+slug(outcome), "", outcome),
			h.Span(h.Class("dim"), h.Text(took)), h.Span(h.Class("dim"), when(entry.At, v.now)),
			g.If(server != "", h.Span(h.Class("dim"), text("on "+cut(server, 80))))),
		failureNode(entry.Failure, latest))
}

var outcomeWords = map[storage.OutcomeKind]string{
	storage.Succeed: "succeeded", storage.Fail: "failed", storage.Delete: "deleted",
	storage.Retry: "failed, retried", storage.Snooze: "snoozed", storage.Release: "released",
}

// failureNode shows an error and folds its stack away.
func failureNode(f *storage.Failure, open bool) g.Node {
	if f == nil {
		return nil
	}
	return h.Div(h.Class("failure"),
		h.P(h.Class("error-text"), g.If(f.Type != "", h.Span(h.Class("error-type"), text(cut(f.Type, 200)))), block(cut(f.Message, 16<<10))),
		g.If(f.Stack != "", h.Details(g.If(open, h.Flag("open")), h.Summary(h.Text("Stack")),
			h.Pre(h.Class("stack"), h.TabIndex("0"), block(cut(f.Stack, storage.MaxFailure))))))
}
