package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/dashboard/internal/sample"
	"github.com/gojobgen/jobgen/storage"
)

// localRequest is one that a browser on this machine makes.
func localRequest(method, host, local, remote string, header ...string) *http.Request {
	r := request(method, "/jobs/", nil)
	r.Host, r.RemoteAddr = host, remote
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if local == "" {
		return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, nil))
	}
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, tcp(local)))
}

func TestWithoutHookOnlyLocal(t *testing.T) {
	const loop, peer = "127.0.0.1:8080", "127.0.0.1:50100"
	for name, c := range map[string]struct {
		r    *http.Request
		want int
	}{
		"local":          {localRequest("GET", "localhost:8080", loop, peer), 200},
		"local IPv6":     {localRequest("GET", "[::1]:8080", "[::1]:8080", "[::1]:50100"), 200},
		"no port":        {localRequest("GET", "127.0.0.1", loop, peer), 200},
		"foreign name":   {localRequest("GET", "evil.test", loop, peer), 403},
		"rebinding":      {localRequest("GET", "evil.test:8080", loop, peer, "Sec-Fetch-Site", "same-origin"), 403},
		"name trick":     {localRequest("GET", "localhost.evil.test", loop, peer), 403},
		"remote peer":    {localRequest("GET", "localhost", loop, "10.0.0.9:50100"), 403},
		"public address": {localRequest("GET", "localhost", "10.0.0.1:8080", peer), 403},
		"unknown local":  {localRequest("GET", "localhost", "", peer), 403},
		"forwarded":      {localRequest("GET", "localhost", loop, peer, "Forwarded", "for=1.2.3.4"), 403},
		"forwarded for":  {localRequest("GET", "localhost", loop, peer, "X-Forwarded-For", "1.2.3.4"), 403},
		"forwarded new":  {localRequest("GET", "localhost", loop, peer, "X-Forwarded-Anything", "1"), 403},
		"real ip":        {localRequest("GET", "localhost", loop, peer, "X-Real-IP", "1.2.3.4"), 403},
		"via":            {localRequest("GET", "localhost", loop, peer, "Via", "1.1 proxy"), 403},
		"no peer":        {localRequest("GET", "localhost", loop, ""), 403},
	} {
		t.Run(name, func(t *testing.T) {
			for _, dev := range []bool{false, true} {
				d := mounted(t, sample.Empty(), Options{BasePath: "/jobs", Development: dev})
				w := serve(d, c.r)
				if w.Code != c.want {
					t.Errorf("development %v: %d, want %d", dev, w.Code, c.want)
				}
				role := "viewer"
				if dev {
					role = "admin"
				}
				if c.want == 200 {
					wants(t, w.Body.String(), `role">`+role+`<`)
				}
			}
		})
	}
}

func TestRefusalTellsHowToSetTheHook(t *testing.T) {
	d := mounted(t, sample.Empty(), Options{BasePath: "/jobs"})
	body := serve(d, request("GET", "/jobs/", nil)).Body.String()
	wants(t, body, "Authorize", "dashboard.Principal{Name: user, Role: dashboard.Operator}")
	wantsNot(t, body, "Queues", "<script")
}

func TestHosts(t *testing.T) {
	allowed := Options{BasePath: "/jobs", Authorize: as(Viewer), AllowedHosts: []string{"jobs.example.com"}}
	anyHost := Options{BasePath: "/jobs", Authorize: as(Viewer)}
	for _, c := range []struct {
		opts        Options
		host, local string
		want        int
	}{
		{allowed, "jobs.example.com", "10.0.0.1:80", 200},
		{allowed, "JOBS.example.com:8443", "10.0.0.1:80", 200},
		{allowed, "jobs.example.com", "127.0.0.1:80", 200}, // behind a proxy on this machine
		{allowed, "evil.test", "10.0.0.1:80", 403},
		{allowed, "jobs.example.com.evil.test", "10.0.0.1:80", 403},
		{allowed, "localhost", "127.0.0.1:80", 200},
		{allowed, "localhost", "10.0.0.1:80", 403},
		{anyHost, "whatever.test", "10.0.0.1:80", 200},
		{anyHost, "whatever.test", "127.0.0.1:80", 403},
	} {
		if w := serve(mounted(t, sample.Empty(), c.opts), localRequest("GET", c.host, c.local, "10.0.0.9:4000")); w.Code != c.want {
			t.Errorf("host %s at %s = %d, want %d", c.host, c.local, w.Code, c.want)
		}
	}
}

func TestCrossSitePosts(t *testing.T) {
	form := url.Values{"action": {"pause"}, "name": {"mail"}}
	for name, c := range map[string]struct {
		header []string
		want   int
	}{
		"same origin":        {[]string{"Sec-Fetch-Site", "same-origin"}, 303},
		"cross site":         {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		"same site":          {[]string{"Sec-Fetch-Site", "same-site"}, 403},
		"own Origin only":    {[]string{"Origin", "http://jobs.example.com"}, 303},
		"other Origin only":  {[]string{"Origin", "https://evil.test"}, 403},
		"null Origin":        {[]string{"Origin", "null"}, 403},
		"trusted Origin":     {[]string{"Origin", "https://admin.example.com", "Sec-Fetch-Site", "cross-site"}, 303},
		"not a browser":      {nil, 303},
		"plain text by form": {[]string{"Sec-Fetch-Site", "cross-site", "Content-Type", "text/plain"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			d := mounted(t, sample.Seeded(at), Options{BasePath: "/jobs", Authorize: as(Admin), TrustedOrigins: []string{"https://admin.example.com"}})
			r := request("POST", "/jobs/queues/actions", form)
			r.Header.Del("Sec-Fetch-Site")
			for i := 0; i+1 < len(c.header); i += 2 {
				r.Header.Set(c.header[i], c.header[i+1])
			}
			if w := serve(d, r); w.Code != c.want {
				t.Errorf("%d, want %d", w.Code, c.want)
			}
		})
	}
}

func TestHookDecidesEverywhere(t *testing.T) {
	refuse := func(*http.Request) (Principal, error) { return Principal{}, errors.New("secret reason") }
	d := mounted(t, sample.Seeded(at), Options{BasePath: "/jobs", Authorize: refuse})
	for _, path := range []string{"/", "/jobs", "/nowhere", "/live", "/assets/" + d.assets.paths["app.css"], "/favicon.ico"} {
		w := serve(d, request("GET", "/jobs"+path, nil))
		if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "secret reason") {
			t.Errorf("GET %s = %d %s", path, w.Code, w.Body)
		}
	}
	if w := serve(d, request("GET", "/jobs/healthz", nil)); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("healthz = %d %q", w.Code, w.Body)
	}
	for _, path := range []string{"/healthz/", "/healthz/x", "/x/healthz"} {
		if w := serve(d, request("GET", "/jobs"+path, nil)); w.Code != http.StatusForbidden {
			t.Errorf("GET %s = %d", path, w.Code)
		}
	}
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	d, s := seeded(t, Viewer)
	d.opts.FrameAncestors = nil
	for _, path := range []string{"/", "/jobs", "/jobs/" + first(t, s, storage.Succeeded).String(), "/queues", "/recurring", "/servers", "/nowhere", "/healthz", "/live?once=1", "/favicon.ico", "/assets/" + d.assets.paths["app.js"]} {
		head := serve(d, request("GET", "/jobs"+path, nil)).Header()
		csp := head.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(csp, part) || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: policy %q lacks %s", path, csp, part)
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"} {
			if got := head.Get(name); got != want {
				t.Errorf("%s: %s = %q", path, name, got)
			}
		}
		if head.Get("Access-Control-Allow-Origin") != "" || len(head.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: cookies or foreign access: %v", path, head)
		}
		if static := strings.Contains(path, "assets") || strings.Contains(path, "favicon"); static == (head.Get("Cache-Control") == "no-store") {
			t.Errorf("%s: Cache-Control %q", path, head.Get("Cache-Control"))
		}
	}
	framed := mounted(t, sample.Empty(), Options{Authorize: as(Viewer), FrameAncestors: []string{"https://admin.example.com"}})
	if csp := serve(framed, request("GET", "/", nil)).Header().Get("Content-Security-Policy"); !strings.HasSuffix(csp, "frame-ancestors https://admin.example.com") {
		t.Errorf("policy %q", csp)
	}
}

func TestMistakesPanic(t *testing.T) {
	for name, o := range map[string]Options{
		"base":     {BasePath: "jobs"},
		"ancestor": {FrameAncestors: []string{"https://a; script-src *"}},
		"origin":   {TrustedOrigins: []string{"not an origin"}},
		"app":      {AppURL: "javascript:alert(1)"},
	} {
		func() {
			defer func() {
				if p, ok := recover().(string); !ok || !strings.HasPrefix(p, "dashboard: ") {
					t.Errorf("%s: panicked with %v", name, p)
				}
			}()
			New(sample.Empty(), o)
		}()
	}
	defer func() {
		if recover() == nil {
			t.Error("a nil store did not panic")
		}
	}()
	New(nil, Options{})
}
