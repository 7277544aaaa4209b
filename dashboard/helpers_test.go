package dashboard

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/dashboard/internal/sample"
	"github.com/gojobgen/jobgen/storage"
)

// at is the time in all tests with a seeded store.
var at = time.Date(2026, 5, 4, 12, 30, 0, 0, time.UTC)

// seeded is a dashboard of the sample store whose visitors have the role.
func seeded(t *testing.T, role Role) (*handler, *sample.Store) {
	t.Helper()
	s := sample.Seeded(at)
	return mounted(t, s, Options{BasePath: "/jobs", Authorize: as(role)}), s
}

func mounted(t *testing.T, s storage.Store, o Options) *handler {
	t.Helper()
	d := New(s, o).(*handler)
	d.now = func() time.Time { return at }
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func as(role Role) func(*http.Request) (Principal, error) {
	return func(*http.Request) (Principal, error) {
		return Principal{Name: role.String() + "@test", Role: role}, nil
	}
}

// request is one to a public address, as a browser would make it.
func request(method, target string, form url.Values) *http.Request {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://jobs.example.com"+target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, tcp("10.1.1.1:80")))
}

func tcp(addr string) net.Addr {
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		panic(err)
	}
	return a
}

func serve(d http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// page200 gets a page and its text, which must have come with the status.
func page200(t *testing.T, d http.Handler, target string) string {
	t.Helper()
	w := serve(d, request("GET", target, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s = %d\n%s", target, w.Code, w.Body)
	}
	return w.Body.String()
}

func wants(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !strings.Contains(body, s) {
			t.Errorf("missing %q", s)
		}
	}
}

func wantsNot(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if i := strings.Index(body, s); i >= 0 {
			t.Errorf("found %q in ...%s", s, body[max(i-80, 0):min(i+80, len(body))])
		}
	}
}

// first is the newest job in a state.
func first(t *testing.T, s storage.Store, state storage.State) storage.ID {
	t.Helper()
	p, err := s.Jobs(t.Context(), storage.Query{Filter: storage.Filter{States: []storage.State{state}}, Limit: 1})
	if err != nil || len(p.Jobs) == 0 {
		t.Fatalf("no %v job: %v", state, err)
	}
	return p.Jobs[0].ID
}

// sampleOne is a store with one job.
func sampleOne(j storage.Job) *sample.Store {
	s := sample.Empty()
	s.Add(storage.Details{Job: j})
	return s
}
