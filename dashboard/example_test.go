package dashboard_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gojobgen/jobgen/dashboard"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// The dashboard mounts like any other handler.
func Example() {
	store := memstore.New()
	mux := http.NewServeMux()
	mux.Handle("/jobs/", dashboard.New(store, dashboard.Options{
		BasePath:     "/jobs",
		Environment:  "staging",
		AllowedHosts: []string{"shop.example"},
		Authorize: func(r *http.Request) (dashboard.Principal, error) {
			name, _, ok := r.BasicAuth() // however the service knows its users
			if !ok {
				return dashboard.Principal{}, fmt.Errorf("nobody is signed in")
			}
			return dashboard.Principal{Name: name, Role: dashboard.Operator}, nil
		},
		OnAction: func(_ context.Context, a dashboard.ActionRecord) {
			fmt.Println(a.Principal.Name, a.Action, a.Targets, a.Err)
		},
	}))

	ask := func(method, path, form string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://shop.example"+path, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("lena", "")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	fmt.Println(ask("GET", "/jobs/", "").Code)
	fmt.Println(ask("POST", "/jobs/queues/actions", "action=pause&name=mail&back=/queues").Header().Get("Location"))
	// Output:
	// 200
	// lena pause [mail] <nil>
	// /jobs/queues?did=pause&n=1
}
