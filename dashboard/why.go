package dashboard

import (
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// jobProblem comes first on a job's page: what failed, or why the job waits.
func (v *visit) jobProblem(d *storage.Details, known bool) g.Node {
	switch {
	case d.State == storage.Failed || d.State == storage.Scheduled && d.Failure != nil:
		title := "What failed"
		if d.State == storage.Scheduled {
			title = "The last attempt failed; the next is " + relative(d.DueAt, v.now)
		}
		return h.Section(h.Class("panel problem"), h.H2(h.Text(title)), failureHead(d))
	case d.State == storage.Deleted && d.Reason != "":
		return h.Section(h.Class("panel note"), h.H2(h.Text("Why it was deleted")), h.P(text(cut(d.Reason, storage.MaxReason))))
	case d.State.Final() || d.State == storage.Processing:
		return nil
	}
	var items g.Group
	for _, why := range v.whyWaiting(d, known) {
		items = append(items, h.Li(why))
	}
	if len(items) == 0 {
		return nil
	}
	return h.Section(h.Class("panel note"), h.H2(h.Text("Why it waits")), h.Ul(h.Class("reasons"), items))
}

func failureHead(d *storage.Details) g.Node {
	if d.Failure == nil {
		return h.P(text(cut(d.Reason, storage.MaxReason)))
	}
	return g.Group{failureNode(&storage.Failure{Type: d.Failure.Type, Message: d.Failure.Message}, false),
		g.If(d.Reason != "" && d.Reason != d.Failure.Message, h.P(h.Class("dim"), text(cut(d.Reason, storage.MaxReason))))}
}

// whyWaiting names what keeps a job from running, the hardest hindrance first.
func (v *visit) whyWaiting(d *storage.Details, known bool) []g.Node {
	var out []g.Node
	add := func(body ...g.Node) { out = append(out, g.Group(body)) }
	if d.State == storage.Awaiting {
		for _, e := range d.ParentsOf {
			if e.Ended == 0 {
				add(h.Text("It waits for "), v.parentLink(e), h.Text(" to "+endWords[e.On]+"; that is "+e.State.String()+"."))
			}
		}
		return out
	}
	if d.State == storage.Scheduled {
		add(h.Text("It is due "), exactly(d.DueAt, v.now), h.Text("."))
	}
	if d.Held != "" {
		add(text("It is held: " + heldWords(d.Held) + "."))
	}
	if i := slices.IndexFunc(v.ask.queues(), func(q storage.QueueInfo) bool { return q.Name == d.Queue }); i >= 0 {
		q := v.ask.queues()[i]
		if q.Paused {
			add(text("Its queue " + d.Queue + " is paused" + byWhom(q.PausedBy) + "."))
		}
		if q.Servers == 0 {
			add(text("No running server serves its queue " + d.Queue + "."))
		}
		if d.State == storage.Enqueued && d.Held == "" && len(out) == 0 && q.Enqueued > 1 {
			add(text("It waits for a free worker: " + plural(q.Enqueued, "job") + " in its queue, served by " + plural(q.Servers, "server") + "."))
		}
	}
	if !known && len(v.ask.unknown) == 0 {
		add(text("No server has published the kind " + d.Kind + "."))
	}
	return out
}

// endWords say what a continuation waits for its parent to do.
var endWords = map[storage.Condition]string{
	storage.OnSuccess: "succeed", storage.OnFailure: "fail", storage.OnDeleted: "be deleted", storage.OnAny: "end",
}

func (v *visit) parentLink(e storage.Edge) g.Node {
	if e.Batch {
		return h.A(h.Href(v.d.listURL("batch", e.Job.String())), h.Text("batch "+shortID(e.Job)))
	}
	return h.A(h.Href(v.d.jobURL(e.Job)), text(cut(shortKind(e.Kind), 80)))
}

func byWhom(by string) string {
	if by == "" {
		return ""
	}
	return " by " + cut(by, 80)
}

// heldWords says a held line's reason in words.
func heldWords(held string) string {
	cause, name, _ := strings.Cut(held, ":")
	name = cut(name, 120)
	switch cause {
	case storage.HeldKind:
		kind, print, _ := strings.Cut(name, "@")
		if print != "" {
			return "no running server reads " + kind + " with the arguments of fingerprint " + print
		}
		return "no running server knows the kind " + kind
	case storage.HeldPausedKind:
		return "the kind " + name + " is paused"
	case storage.HeldLimit:
		return "the limit of key " + name + " is used up"
	case storage.HeldRate:
		return "the rate of key " + name + " is used up"
	}
	return cut(held, 160)
}

// heldCauses are the short words for a queue's held jobs.
var heldCauses = map[string]string{
	storage.HeldKind: "unknown kind", storage.HeldPausedKind: "paused kind",
	storage.HeldLimit: "limit", storage.HeldRate: "rate",
}

// age is how long ago t was; 0 when it is not set.
func age(t, now time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(now.Sub(t), 0)
}
