package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// maxIDs is how many jobs one form may name.
const maxIDs = 1000

// form reads a posted form and the verb it names; it answers itself when it cannot.
func (v *visit) form(verbs []*verb) (url.Values, *verb, bool) {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err != nil {
		v.fault(http.StatusBadRequest, "The form could not be read.")
		return nil, nil, false
	}
	f := v.r.PostForm
	i := slices.IndexFunc(verbs, func(x *verb) bool { return x.name == f.Get("action") })
	if i < 0 {
		v.fault(http.StatusBadRequest, "The form does not name an action of this page.")
		return nil, nil, false
	}
	return f, verbs[i], true
}

// jobActions does one thing to one job or to those that are ticked.
func (v *visit) jobActions() {
	f, vb, ok := v.form(jobVerbs)
	if !ok {
		return
	}
	ids, bad := parseIDs(f["id"])
	switch {
	case bad:
		v.fault(http.StatusBadRequest, "The form names something that is not a job id.")
	case len(ids) > maxIDs:
		v.fault(http.StatusBadRequest, "At most "+number(maxIDs)+" jobs can be acted on at once.")
	case len(ids) == 0:
		v.back(f, url.Values{"did": {"nothing"}})
	case vb.name == "delete" && v.who.may(vb.needs) && f.Get("confirmed") != "yes":
		v.confirmDelete(f, ids)
	default:
		v.finish(f, action{verb: vb, ids: ids})
	}
}

func parseIDs(texts []string) (ids []storage.ID, bad bool) {
	for _, s := range texts {
		id, err := storage.ParseID(s)
		if err != nil {
			return nil, true
		}
		ids = append(ids, id)
	}
	return ids, false
}

func (v *visit) queueActions()     { v.namedAction(queueVerbs) }
func (v *visit) kindActions()      { v.namedAction(kindVerbs) }
func (v *visit) recurringActions() { v.namedAction(recurringVerbs) }

// namedAction does one thing to one queue, kind or recurring job.
func (v *visit) namedAction(verbs []*verb) {
	f, vb, ok := v.form(verbs)
	if !ok {
		return
	}
	name := f.Get("name")
	if name == "" || len(name) > storage.MaxName {
		v.fault(http.StatusBadRequest, "The form does not name what to act on.")
		return
	}
	v.finish(f, action{verb: vb, name: name})
}

// finish passes the action through the gate and leads back with the result.
func (v *visit) finish(f url.Values, a action) {
	a.remote = v.r.RemoteAddr
	out, err := v.d.do(v.r.Context(), v.who, a)
	switch {
	case errors.Is(err, errForbidden):
		v.refuse(&refusal{why: "Your role (" + v.who.Role.String() + ") may not do this; it takes " + a.verb.needs.String() + "."})
	case errors.Is(err, storage.ErrNotFound):
		v.back(f, url.Values{"did": {a.verb.name}, "why": {"gone.1"}})
	case errors.Is(err, storage.ErrInvalid):
		v.back(f, url.Values{"did": {a.verb.name}, "why": {"other.1"}})
	case err != nil:
		v.back(f, url.Values{"did": {"fault"}})
	default:
		v.back(f, resultQuery(a.verb, out))
	}
}

// back leads to where the form was, if that is one of our pages, with the result.
func (v *visit) back(f url.Values, result url.Values) {
	path, query := "/", url.Values{}
	if u, err := url.Parse(f.Get("back")); err == nil && u.Scheme == "" && u.Host == "" {
		if u.Path != "" && v.isPage(u.Path) {
			path, query = u.Path, u.Query()
		}
	}
	for _, name := range resultParams {
		query.Del(name)
	}
	for name, values := range result {
		query[name] = values
	}
	v.redirect(path, query)
}

// isPage reports whether path, below the base, is a page that can be shown.
func (v *visit) isPage(path string) bool {
	return slices.ContainsFunc([]string{"/", "/jobs", "/jobs/{id}", "/queues", "/recurring", "/servers"}, func(pattern string) bool {
		_, _, ok := match(pattern, path)
		return ok
	})
}

// backTo is the current page for a form's "back".
func (v *visit) backTo() string {
	here := strings.TrimPrefix(v.here(), v.d.opts.BasePath)
	if here == "" {
		return "/"
	}
	return here
}

// confirmDelete asks once more. It is a page, so that it needs no JavaScript.
func (v *visit) confirmDelete(f url.Values, ids []storage.ID) {
	var carried g.Group
	for _, id := range ids {
		carried = append(carried, carry("id", id.String()))
	}
	back, err := url.Parse(f.Get("back"))
	if err != nil || !v.isPage(back.Path) {
		back = &url.URL{Path: "/jobs"}
	}
	v.render(page{title: "Delete " + plural(len(ids), "job") + "?", section: "/jobs",
		body: h.Div(h.Class("panel confirm"),
			h.P(h.Text("A job that has ended is removed with its history, and cannot be brought back. One that waits or runs is cancelled.")),
			h.Form(h.Class("buttons"), h.Method("post"), h.Action(v.d.url("/jobs/actions", nil)),
				carried, carry("back", f.Get("back")), carry("confirmed", "yes"),
				h.Button(h.Class("danger"), h.Type("submit"), h.Name("action"), h.Value("delete"), icon("deleted"), h.Text("Delete "+plural(len(ids), "job"))),
				h.A(h.Class("button"), h.Href(v.d.url(back.Path, back.Query())), h.Text("Keep"))))})
}

// jobButtons are the actions for jobs in these states (none: any).
func (v *visit) jobButtons(states []storage.State) g.Node {
	var out g.Group
	for _, vb := range jobVerbs {
		if len(states) == 0 || slices.ContainsFunc(states, func(s storage.State) bool { return applies(vb, s) }) {
			out = append(out, v.button(vb))
		}
	}
	return out
}

// applies reports whether a verb makes sense for a job in a state.
func applies(vb *verb, s storage.State) bool {
	switch vb.control {
	case storage.Requeue, storage.Remove:
		return s.Final()
	case storage.RunNow:
		return s == storage.Scheduled
	default:
		return !s.Final()
	}
}

// button submits its form with a verb; without the role it says what is missing.
func (v *visit) button(vb *verb) g.Node {
	class := h.Class("verb-" + vb.name)
	if !v.who.may(vb.needs) {
		reason := "takes the role " + vb.needs.String()
		return h.Button(class, h.Type("button"), h.Aria("disabled", "true"), h.Title(vb.label+" "+reason),
			icon(vb.icon), h.Text(vb.label), h.Span(h.Class("visually-hidden"), h.Text(" "+reason)))
	}
	return h.Button(class, h.Type("submit"), h.Name("action"), h.Value(vb.name), icon(vb.icon), h.Text(vb.label))
}

// nameForm is a form with buttons for one queue, kind or recurring job.
func (v *visit) nameForm(path, name string, verbs ...*verb) g.Node {
	var buttons g.Group
	for _, vb := range verbs {
		buttons = append(buttons, v.button(vb))
	}
	return h.Form(h.Class("buttons"), h.Method("post"), h.Action(v.d.url(path, nil)), carry("back", v.backTo()), carry("name", name), buttons)
}
