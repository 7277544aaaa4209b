package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/storage"
)

// What each route takes: a new route fails until it has its line here.
var routeRoles = map[string]Role{
	"GET /": Viewer, "GET /jobs": Viewer, "GET /jobs/{id}": Viewer, "GET /jobs/{id}/logs": Viewer,
	"GET /jobs/{id}/arguments.json": Viewer, "GET /jobs/{id}/result.json": Viewer,
	"GET /queues": Viewer, "GET /recurring": Viewer, "GET /servers": Viewer, "GET /live": Viewer,
	"GET /assets/{rest}": Viewer, "GET /favicon.ico": Viewer,
	"POST /jobs/actions": Operator, "POST /queues/actions": Operator, "POST /kinds/actions": Operator, "POST /recurring/actions": Operator,
	"GET /robots.txt": 0, "GET /healthz": 0,
}

func TestEveryRouteHasItsRole(t *testing.T) {
	for _, rt := range routes {
		name := rt.method + " " + rt.path
		need, known := routeRoles[name]
		if !known || need != rt.needs || rt.open != (need == 0) {
			t.Errorf("route %s: needs %v, open %v; the table says %v, known %v", name, rt.needs, rt.open, need, known)
		}
	}
	if len(routeRoles) != len(routes) {
		t.Errorf("%d routes, %d lines in the table", len(routes), len(routeRoles))
	}
}

// Every route with every method and role: what is not in the table does not happen.
func TestRoutesRolesMethods(t *testing.T) {
	forms := map[string]url.Values{
		"/jobs/actions": {"action": {"retry"}}, "/queues/actions": {"action": {"pause"}, "name": {"mail"}},
		"/kinds/actions": {"action": {"pause"}, "name": {"k"}}, "/recurring/actions": {"action": {"pause"}, "name": {"weekly digest"}},
	}
	for _, role := range []Role{0, Viewer, Operator, Admin, Admin + 1} {
		for _, rt := range routes {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
				d, s := seeded(t, role)
				path := "/jobs" + strings.NewReplacer("{id}", first(t, s, storage.Succeeded).String(), "{rest}", "x").Replace(rt.path)
				if rt.path == "/live" {
					path += "?once=1"
				}
				code := serve(d, request(method, path, forms[rt.path])).Code
				writes := s.Calls("Control") + s.Calls("Pause") + s.Calls("PauseRecurring") + s.Calls("Fire")
				if want := wantCode(rt, role, method); code != want {
					t.Errorf("%s %s as %v = %d, want %d", method, rt.path, role, code, want)
				}
				if writes > 0 && (method != "POST" || role != Operator && role != Admin) {
					t.Errorf("%s %s as %v wrote to the store", method, rt.path, role)
				}
			}
		}
	}
}

func wantCode(rt route, role Role, method string) int {
	matches := method == rt.method || method == "HEAD" && rt.method == "GET"
	switch {
	case matches && rt.open:
		return http.StatusOK
	case role < Viewer || role > Admin:
		return http.StatusForbidden
	case !matches:
		return http.StatusMethodNotAllowed
	case role < rt.needs:
		return http.StatusForbidden
	case rt.method == "POST":
		return http.StatusSeeOther
	case rt.path == "/assets/{rest}":
		return http.StatusNotFound
	}
	return http.StatusOK
}

func TestGateRefusesAndRecords(t *testing.T) {
	var records []ActionRecord
	d, s := seeded(t, Operator)
	d.opts.OnAction = func(_ context.Context, r ActionRecord) { records = append(records, r) }
	id := first(t, s, storage.Failed)

	w := serve(d, request("POST", "/jobs/jobs/actions", url.Values{"action": {"delete"}, "id": {id.String()}, "confirmed": {"yes"}}))
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "takes admin") {
		t.Errorf("delete as operator = %d %s", w.Code, w.Body)
	}
	w = serve(d, request("POST", "/jobs/jobs/actions", url.Values{"action": {"retry"}, "id": {id.String()}}))
	if w.Code != http.StatusSeeOther {
		t.Errorf("retry = %d", w.Code)
	}
	if len(records) != 2 {
		t.Fatalf("%d records, want 2", len(records))
	}
	if r := records[0]; !errors.Is(r.Err, errForbidden) || r.Action != "delete" || r.Done != 0 || r.Principal.Name != "operator@test" {
		t.Errorf("first record = %+v", r)
	}
	if r := records[1]; r.Err != nil || r.Action != "retry" || r.Done != 1 || r.Targets[0] != id.String() || r.Remote == "" || !r.At.Equal(at) {
		t.Errorf("second record = %+v", r)
	}
	if j, _ := s.Job(t.Context(), id); j.State != storage.Enqueued || !strings.Contains(j.Reason, "operator@test") {
		t.Errorf("job is %v, %q", j.State, j.Reason)
	}
}

func TestGateBoundsIDs(t *testing.T) {
	d, s := seeded(t, Operator)
	_, err := d.do(t.Context(), Principal{Role: Operator}, action{verb: jobVerbs[0], ids: make([]storage.ID, maxIDs+1)})
	if !errors.Is(err, storage.ErrInvalid) || s.Calls("Control") != 0 {
		t.Errorf("do = %v", err)
	}
}
