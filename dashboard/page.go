package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
)

// page is one page before its frame.
type page struct {
	title   string
	section string // entry of the rail
	status  int    // 200 when zero
	lead    g.Node // beside the title
	body    g.Node

	// How the page follows what happens: "" not at all, "changes" when anything
	// changes, "always" every two seconds too, "notice" tells of new rows only.
	follow string
	swap   string // selector of what is brought up to date; "#live" when empty
	self   string // address to bring it up to date from; the page's own when empty
}

var sections = []struct{ path, icon, label string }{
	{"/", "overview", "Overview"},
	{"/jobs", "jobs", "Jobs"},
	{"/queues", "queues", "Queues"},
	{"/recurring", "recurring", "Recurring"},
	{"/servers", "servers", "Servers"},
}

// render writes p in its frame.
func (v *visit) render(p page) {
	banners := v.banners()
	doc := h.Doctype(h.HTML(h.Lang("en"), v.head(p), h.Body(
		h.A(h.Class("skip"), h.Href("#main"), h.Text("Skip to content")),
		h.Div(h.Class("frame"), v.rail(p), v.top(),
			h.Main(h.ID("main"), h.TabIndex("-1"), v.following(p),
				h.Div(h.Class("head"), h.H1(text(p.title)), p.lead),
				banners,
				p.body)))))
	var b strings.Builder
	if err := doc.Render(&b); err != nil {
		panic(err)
	}
	v.send(p.status, "text/html; charset=utf-8", []byte(b.String()))
}

// following marks how app.js and htmx bring the page up to date.
func (v *visit) following(p page) g.Node {
	if p.follow == "" {
		return nil
	}
	self, swap := p.self, p.swap
	if self == "" {
		self = v.here()
	}
	if swap == "" {
		swap = "#live"
	}
	return g.Group{
		h.Data("follow", p.follow),
		h.Attr("hx-get", self), h.Attr("hx-trigger", "refresh"),
		h.Attr("hx-target", swap), h.Attr("hx-select", swap), h.Attr("hx-swap", "outerMorph"),
	}
}

// here is the page's own address without a finished action's result.
func (v *visit) here() string {
	q := v.query()
	for _, name := range resultParams {
		q.Del(name)
	}
	paths := v.d.paths(v.r)
	return v.d.url(paths[0], q)
}

// htmxConfig keeps what people opened open, and htmx from touching history or styles.
const htmxConfig = `{"history":false,"includeIndicatorCSS":false,"noSwap":[204,304,"4xx","5xx"],"morphIgnore":["data-htmx-powered","open","data-copied"]}`

func (v *visit) head(p page) g.Node {
	d := v.d
	title := p.title + " · " + d.opts.Title
	if d.opts.Environment != "" {
		title += " · " + d.opts.Environment
	}
	return h.Head(
		h.Meta(h.Charset("utf-8")),
		h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
		h.Meta(h.Name("color-scheme"), h.Content("light dark")),
		h.TitleEl(text(title)),
		h.Meta(h.Name("htmx-config"), h.Content(htmxConfig)),
		h.Link(h.Rel("icon"), h.Type("image/svg+xml"), h.Href(d.assetURL("icon.svg"))),
		h.Link(h.Rel("stylesheet"), h.Href(d.assetURL("app.css"))),
		h.Script(h.Src(d.assetURL("app.js")), h.Defer()),
	)
}

func (v *visit) rail(p page) g.Node {
	var links g.Group
	for _, s := range sections {
		links = append(links, h.Li(h.A(h.Href(v.d.url(s.path, nil)),
			g.If(s.path == p.section, h.Aria("current", "page")),
			icon(s.icon), h.Span(h.Text(s.label)))))
	}
	return h.Nav(h.Class("rail"), h.Aria("label", "Dashboard"),
		h.A(h.Class("brand"), h.Href(v.d.url("/", nil)), logo(), h.Span(text(v.d.opts.Title))),
		h.Ul(links),
		g.If(v.d.opts.AppURL != "", h.A(h.Class("back"), h.Href(v.d.opts.AppURL), icon("back"), h.Span(h.Text("Back to the service")))))
}

func logo() g.Node {
	return h.SVG(h.Class("logo"), h.Attr("viewBox", "0 0 24 24"), h.Aria("hidden", "true"),
		h.El("rect", h.Width("24"), h.Height("24"), h.Attr("rx", "6")),
		h.El("path", h.Attr("d", "M6 8h7M6 12h4M6 16h7M14.5 9.5 17.5 12l-3 2.5")))
}

func (v *visit) top() g.Node {
	env := v.d.opts.Environment
	return h.Header(h.Class("top"),
		g.If(env != "", h.Span(h.Class("env"), text(env))),
		h.Div(h.Class("live js-only"), h.ID("live-control"), h.Data("url", v.d.url("/live", nil)),
			h.Button(h.Type("button"), h.ID("live-toggle"), h.Aria("pressed", "false"),
				h.Span(h.Class("dot"), h.Aria("hidden", "true")),
				h.Span(h.ID("live-state"), h.Text("connecting")))),
		h.NoScript(h.A(h.Class("button quiet"), h.Href(v.here()), icon("retry"), h.Text("Refresh"))),
		h.Span(h.Class("who"), h.Title("Signed in as "+visible(v.who.by(), false)),
			h.Span(h.Class("name"), text(cut(v.who.by(), 40))), tag("role", "", v.who.Role.String())),
		h.Div(h.ID("spoken"), h.Class("visually-hidden"), h.Role("status")))
}

// banners are the result of the action that led here, and what could not be read.
func (v *visit) banners() g.Node {
	return h.Div(h.ID("banners"), v.resultBanner(), v.troubleBanner())
}

func (v *visit) troubleBanner() g.Node {
	if len(v.ask.unknown) == 0 {
		return nil
	}
	return banner("warn", "alert", h.Text("The store did not answer in time about: "),
		h.Strong(h.Text(strings.Join(v.ask.unknown, ", "))),
		h.Text(". What is shown may be old or missing. "), h.A(h.Href(v.here()), h.Text("Try again")))
}

// banner is a message across the page.
func banner(class, iconName string, body ...g.Node) g.Node {
	return h.Div(h.Class("banner "+class), h.Role("status"), icon(iconName), h.P(body...))
}

// fault answers with a page that says what is wrong.
func (v *visit) fault(status int, why string) {
	if v.who.Role == 0 { // not admitted: nothing of the frame is theirs to see
		v.bare(status, why, nil)
		return
	}
	v.render(page{title: http.StatusText(status), status: status, body: h.Div(h.Class("panel empty"),
		icon("info"), h.P(text(why)), h.P(h.A(h.Class("button"), h.Href(v.d.url("/", nil)), h.Text("To the overview"))))})
}

// refuse answers a request that was not admitted.
func (v *visit) refuse(no *refusal) {
	v.d.log.Warn().Str("path", v.r.URL.Path).Str("method", v.r.Method).Str("remote", v.r.RemoteAddr).
		Str("principal", v.who.Name).Str("detail", no.log).Msg("request refused: " + no.why)
	var how g.Node
	if no.how != "" {
		how = h.Pre(h.TabIndex("0"), h.Code(h.Text(no.how)))
	}
	v.bare(http.StatusForbidden, no.why, how)
}

// bare is a page without the frame; it works without assets.
func (v *visit) bare(status int, why string, how g.Node) {
	title := http.StatusText(status)
	doc := h.Doctype(h.HTML(h.Lang("en"),
		h.Head(h.Meta(h.Charset("utf-8")), h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.Meta(h.Name("color-scheme"), h.Content("light dark")), h.TitleEl(h.Text(title))),
		h.Body(h.Main(h.H1(h.Text(title)), h.P(text(why)), how))))
	var b strings.Builder
	if err := doc.Render(&b); err != nil {
		panic(err)
	}
	v.send(status, "text/html; charset=utf-8", []byte(b.String()))
}

// redirect sends the browser to one of our pages after an action.
func (v *visit) redirect(path string, query url.Values) {
	http.Redirect(v.w, v.r, v.d.url(path, query), http.StatusSeeOther)
}
