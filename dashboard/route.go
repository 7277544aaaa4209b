package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gojobgen/jobgen/storage"
)

// route is one address of the dashboard.
type route struct {
	method string
	path   string // "{id}" is a job id, "{rest}" anything
	open   bool   // answered to anybody
	needs  Role   // the least role; the gate may ask for more
	serve  func(*visit)
}

// routes are all addresses there are; the tests walk this table.
var routes = []route{
	{"GET", "/", false, Viewer, (*visit).overview},
	{"GET", "/jobs", false, Viewer, (*visit).jobs},
	{"POST", "/jobs/actions", false, Operator, (*visit).jobActions},
	{"GET", "/jobs/{id}", false, Viewer, (*visit).job},
	{"GET", "/jobs/{id}/logs", false, Viewer, (*visit).jobLogs},
	{"GET", "/jobs/{id}/arguments.json", false, Viewer, (*visit).downloadArguments},
	{"GET", "/jobs/{id}/result.json", false, Viewer, (*visit).downloadResult},
	{"GET", "/queues", false, Viewer, (*visit).queues},
	{"POST", "/queues/actions", false, Operator, (*visit).queueActions},
	{"POST", "/kinds/actions", false, Operator, (*visit).kindActions},
	{"GET", "/recurring", false, Viewer, (*visit).recurring},
	{"POST", "/recurring/actions", false, Operator, (*visit).recurringActions},
	{"GET", "/servers", false, Viewer, (*visit).servers},
	{"GET", "/live", false, Viewer, (*visit).stream},
	{"GET", "/assets/{rest}", false, Viewer, (*visit).asset},
	{"GET", "/favicon.ico", false, Viewer, (*visit).favicon},
	{"GET", "/robots.txt", true, 0, (*visit).robots},
	{"GET", "/healthz", true, 0, (*visit).healthz},
}

// route finds the route of a request and fills in the variable parts of its path.
// Where only other methods are known for the address, it answers with those.
func (d *handler) route(v *visit) (rt *route, allow string) {
	method := v.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, path := range d.paths(v.r) {
		for i := range routes {
			id, rest, ok := match(routes[i].path, path)
			switch {
			case !ok:
			case routes[i].method == method:
				v.id, v.arg = id, rest
				return &routes[i], ""
			case routes[i].method == http.MethodGet:
				allow = "GET, HEAD"
			default:
				allow = routes[i].method
			}
		}
		if allow != "" {
			return nil, allow
		}
	}
	return nil, ""
}

// paths are the readings of a request's path below BasePath, the likelier first: a
// router may have stripped the prefix, in this process or before it. An exact base
// path with a query is the job list where the base is "/jobs" and a proxy strips it.
func (d *handler) paths(r *http.Request) []string {
	base, plain := d.opts.BasePath, r.URL.Path
	full := plain
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil {
		full = u.Path
	}
	var out []string
	for _, path := range []string{full, plain} {
		if rel, ok := strings.CutPrefix(path, base); ok && base != "" {
			switch {
			case rel == "" && full == plain && r.URL.RawQuery != "":
				out = append(out, path)
			case rel == "" || rel[0] == '/':
				out = append(out, rel)
			}
		}
	}
	return append(out, plain)
}

func match(pattern, path string) (id storage.ID, rest string, ok bool) {
	if path == "" {
		path = "/"
	}
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, part := range want {
		switch {
		case i >= len(have):
			return id, "", false
		case part == "{rest}":
			return id, strings.Join(have[i:], "/"), true
		case part == "{id}":
			parsed, err := storage.ParseID(have[i])
			if err != nil {
				return id, "", false
			}
			id = parsed
		case part != have[i]:
			return id, "", false
		}
	}
	return id, "", len(want) == len(have)
}

// url is the address of a page of the dashboard, as a browser writes it.
func (d *handler) url(path string, query url.Values) string {
	u := url.URL{Path: d.opts.BasePath + path, RawQuery: query.Encode()}
	return u.String()
}

func (d *handler) jobURL(id storage.ID) string { return d.url("/jobs/"+id.String(), nil) }

// listURL is the job list with one filter set.
func (d *handler) listURL(name, value string) string {
	return d.url("/jobs", url.Values{name: {value}})
}
