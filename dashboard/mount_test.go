package dashboard

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/dashboard/internal/sample"
)

// The dashboard is found however a router hands it the path, and its links always
// are what a browser has to ask.
func TestMounts(t *testing.T) {
	handler := func(base string) http.Handler {
		return mounted(t, sample.Seeded(at), Options{BasePath: base, Authorize: as(Viewer)})
	}
	mux := http.NewServeMux()
	mux.Handle("/jobs/", handler("/jobs"))
	stripping := http.NewServeMux()
	stripping.Handle("/jobs/", http.StripPrefix("/jobs", handler("/jobs")))
	nested := http.NewServeMux()
	nested.Handle("/admin/", http.StripPrefix("/admin", handler("/admin/jobs")))
	// A proxy that strips does so before the process: RequestURI has no prefix either.
	proxy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RequestURI = strings.TrimPrefix(r.RequestURI, "/jobs")
		http.StripPrefix("/jobs", handler("/jobs")).ServeHTTP(w, r)
	})
	for name, c := range map[string]struct {
		h    http.Handler
		base string
	}{
		"ServeMux": {mux, "/jobs"}, "StripPrefix": {stripping, "/jobs"}, "nested StripPrefix": {nested, "/admin/jobs"}, "root": {handler(""), ""},
		"plain handler": {handler("/jobs/"), "/jobs"}, "stripping proxy": {proxy, "/jobs"},
	} {
		t.Run(name, func(t *testing.T) {
			for path, title := range map[string]string{"/": "<h1>Overview", "/jobs?state=failed": "<h1>Failed jobs", "/queues": "<h1>Queues", "/recurring": "<h1>Recurring jobs", "/servers": "<h1>Servers"} {
				body := page200(t, c.h, c.base+path)
				wants(t, body, title, `href="`+c.base+`/queues"`, `hx-get="`+c.base+strings.Split(path, "?")[0])
			}
			if w := serve(c.h, request("GET", c.base+"/nowhere", nil)); w.Code != http.StatusNotFound {
				t.Errorf("nowhere = %d", w.Code)
			}
		})
	}
	wants(t, page200(t, handler("/jobs"), "/jobs"), "<h1>Overview") // the exact base, as chi's Mount gives it
	wants(t, page200(t, handler("/jobs"), "/jobs/jobs"), "<h1>Jobs")
	// A prefix that a stranger claims is not believed.
	r := request("GET", "/jobs/", nil)
	r.Header.Set("X-Forwarded-Prefix", "/evil")
	wantsNot(t, serve(handler("/jobs"), r).Body.String(), "evil")
}

func TestHeadAndMethods(t *testing.T) {
	d, _ := seeded(t, Viewer)
	get, head := serve(d, request("GET", "/jobs/queues", nil)), serve(d, request("HEAD", "/jobs/queues", nil))
	if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != get.Header().Get("Content-Length") {
		t.Errorf("HEAD = %d, %d bytes, %v", head.Code, head.Body.Len(), head.Header())
	}
	for path, allow := range map[string]string{"/queues": "GET, HEAD", "/queues/actions": "POST"} {
		w := serve(d, request("PUT", "/jobs"+path, nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != allow {
			t.Errorf("PUT %s = %d, Allow %q", path, w.Code, w.Header().Get("Allow"))
		}
	}
	for _, path := range []string{"/jobs/not-an-id", "/jobs/", "/queues/", "//", "/assets/", "/assets/0/app.css", "/jobs/../queues"} {
		if w := serve(d, request("GET", "/jobs"+path, nil)); w.Code != http.StatusNotFound {
			t.Errorf("GET %s = %d", path, w.Code)
		}
	}
}
