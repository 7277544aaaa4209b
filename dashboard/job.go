package dashboard

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// details reads the job of the address; it answers with a page itself when there is none.
func (v *visit) details() (storage.Details, bool) {
	d, err := ask(v.ask, "job", func(ctx context.Context) (storage.Details, error) { return v.d.store.Job(ctx, v.id) })
	switch {
	case errors.Is(err, storage.ErrNotFound):
		v.render(page{title: "Job not found", section: "/jobs", status: http.StatusNotFound,
			body: empty("There is no job with the id "+v.id.String()+".", g.Group{
				h.P(h.Text("By its id it was made "), exactly(v.id.Time(), v.now), h.Text(".")),
				h.P(h.Text("It may have been removed after its retention: " + retention[storage.Succeeded] + " " + retention[storage.Failed])),
				h.P(h.A(h.Class("button"), h.Href(v.d.url("/jobs", nil)), h.Text("To the jobs")))})})
		return d, false
	case err != nil:
		v.render(page{title: "Job", section: "/jobs", status: http.StatusServiceUnavailable,
			body: empty("The job could not be read.", h.Text("The store did not answer in time."))})
		return d, false
	}
	return d, true
}

// job is the page about one job.
func (v *visit) job() {
	d, ok := v.details()
	if !ok {
		return
	}
	kinds := v.ask.kinds()
	info, known := kinds.find(d.Kind, d.Fingerprint)
	args := arguments(kinds, &d.Job)
	follow := "changes"
	if !d.State.Final() {
		follow = "always"
	}
	v.render(page{
		title: cut(displayName(kinds, &d.Job, args), 160), section: "/jobs", follow: follow,
		body: h.Div(h.ID("live"), h.Class("job"),
			v.jobHead(&d),
			v.jobProblem(&d, known),
			h.Div(h.Class("columns"),
				h.Div(h.Class("wide"),
					v.argumentsPanel(args, info),
					v.resultPanel(&d),
					v.attemptsPanel(&d),
					v.logsPanel(&d)),
				h.Div(h.Class("narrow"),
					v.factsPanel(&d),
					v.timelinePanel(&d),
					v.relativesPanel(&d),
					v.metadataPanel(&d)))),
	})
}

// jobHead is the state, what can be done, and what the job is.
func (v *visit) jobHead(d *storage.Details) g.Node {
	return h.Section(h.Class("job-head"), h.Aria("label", "Job"),
		h.Div(h.Class("job-state"), badge(d.State),
			g.If(d.Held != "", tag("warn", "held", "held")),
			g.If(d.CancelRequested, tag("warn", "cancel", "cancel requested")),
			h.Span(h.Class("dim"), v.stateSince(&d.Job)),
			g.If(d.State == storage.Processing && d.Progress != nil, progressBar(d.Progress)),
			g.If(d.Progress != nil && d.Progress.Note != "" && d.State == storage.Processing, h.Span(h.Class("dim"), text(cut(progressNote(d), 200))))),
		h.Form(h.Class("buttons"), h.Method("post"), h.Action(v.d.url("/jobs/actions", nil)),
			carry("back", v.backTo()), carry("id", d.ID.String()),
			v.jobButtons([]storage.State{d.State})))
}

func progressNote(d *storage.Details) string {
	if d.Progress == nil {
		return ""
	}
	return d.Progress.Note
}

func (v *visit) stateSince(j *storage.Job) g.Node {
	switch j.State {
	case storage.Scheduled:
		return g.Group{h.Text("due "), when(j.DueAt, v.now)}
	case storage.Enqueued:
		return g.Group{h.Text("since "), when(j.EnqueuedAt, v.now)}
	case storage.Processing:
		return g.Group{h.Text("for "), h.Text(span(v.now.Sub(j.StartedAt))), g.If(j.Server != "", text(" on "+cut(j.Server, 80)))}
	case storage.Awaiting:
		return g.Group{h.Text("made "), when(j.CreatedAt, v.now)}
	}
	return when(j.FinishedAt, v.now)
}

// progressBar shows what a handler last reported.
func progressBar(p *storage.Progress) g.Node {
	if p == nil {
		return nil
	}
	percent := int(min(max(p.Percent, 0), 100))
	return h.Span(h.Class("progress"), meter(percent, 100, "Progress"), h.Span(h.Textf("%d %%", percent)))
}

// fact is one line of a list of names and values.
func fact(name string, value ...g.Node) g.Node {
	return h.Div(h.Dt(h.Text(name)), h.Dd(value...))
}

func (v *visit) factsPanel(d *storage.Details) g.Node {
	now := v.now
	facts := g.Group{
		fact("Id", copyable(d.ID.String())),
		fact("Kind", h.A(h.Href(v.d.listURL("kind", d.Kind)), h.Class("wrap"), text(d.Kind))),
		fact("Queue", h.A(h.Href(v.d.listURL("queue", d.Queue)), h.Class("wrap"), text(d.Queue)), h.Span(h.Class("dim"), h.Textf(" priority %d", d.Priority))),
		fact("Attempt", h.Text(number(d.Attempt)), g.If(d.Retries > 0, h.Span(h.Class("dim"), h.Text(" · "+plural(d.Retries, "retry")))),
			g.If(d.Lost > 0, h.Span(h.Class("dim"), h.Text(" · lost "+plural(d.Lost, "time"))))),
		fact("Made", exactly(d.CreatedAt, now)),
	}
	if d.State == storage.Scheduled {
		facts = append(facts, fact("Due", exactly(d.DueAt, now)))
	}
	if !d.StartedAt.IsZero() {
		facts = append(facts, fact("Started", exactly(d.StartedAt, now)))
	}
	if !d.FinishedAt.IsZero() {
		facts = append(facts, fact("Finished", exactly(d.FinishedAt, now)), fact("Kept until", exactly(d.RetainedTo, now)))
	}
	if !d.ExpiresAt.IsZero() {
		facts = append(facts, fact("Expires", exactly(d.ExpiresAt, now)))
	}
	if d.Server != "" {
		facts = append(facts, fact("Server", h.A(h.Class("wrap"), h.Href(v.d.listURL("server", d.Server)), text(d.Server))))
	}
	if d.Recurring != "" {
		facts = append(facts, fact("Recurring job", h.A(h.Class("wrap"), h.Href(v.d.listURL("recurring", d.Recurring)), text(d.Recurring)),
			g.If(!d.Occurrence.IsZero(), h.Span(h.Class("dim"), h.Text(" occurrence "+d.Occurrence.UTC().Format(stampLayout))))))
	}
	if !d.Batch.IsZero() {
		facts = append(facts, fact("Batch", h.A(h.Href(v.d.listURL("batch", d.Batch.String())), h.Class("id"), h.Text(shortID(d.Batch)))))
	}
	if d.Unique != nil {
		facts = append(facts, fact("Unique key", h.Code(h.Class("wrap"), text(cut(d.Unique.Key, 200)))))
	}
	for _, l := range d.Limits {
		facts = append(facts, fact("Limit", h.Code(h.Class("wrap"), text(cut(l.Key, 200))), h.Span(h.Class("dim"), h.Text(" "+limitWords(l)))))
	}
	return panel("Facts", h.Dl(h.Class("facts"), facts))
}

func limitWords(l storage.Limit) string {
	if l.Per > 0 {
		return number(l.Max) + " per " + span(l.Per)
	}
	return number(l.Max) + " at once"
}

// copyable is an id with a button that copies it; without JavaScript it can be selected.
func copyable(s string) g.Node {
	return h.Span(h.Class("copyable"), h.Code(h.Class("wrap"), h.Text(s)),
		h.Button(h.Type("button"), h.Class("icon-button js-only"), h.Data("copy", s), h.Aria("label", "Copy the id"), icon("copy")))
}

func (v *visit) metadataPanel(d *storage.Details) g.Node {
	if len(d.Metadata) == 0 {
		return nil
	}
	var names []string
	for name := range d.Metadata {
		names = append(names, name)
	}
	slices.Sort(names)
	var facts g.Group
	for _, name := range names {
		value := d.Metadata[name]
		if secretName(name) {
			value = masked
		}
		facts = append(facts, h.Div(h.Dt(text(name)), h.Dd(h.Code(h.Class("wrap"), text(cut(value, 4<<10))))))
	}
	return panel("Metadata", h.Dl(h.Class("facts"), facts))
}

// panel is one titled part of a page.
func panel(title string, body ...g.Node) g.Node {
	return h.Section(h.Class("panel"), h.H2(h.Text(title)), g.Group(body))
}

// slug makes a heading's text fit for an id.
func slug(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "-") }
