package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

func TestDashboardBesideOwnRoutes(t *testing.T) {
	store, err := sqlitestore.Open(t.TempDir() + "/jobs.db")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	web := httptest.NewServer(routes(store))
	defer web.Close()

	for _, want := range []struct{ method, path, text string }{
		{"GET", "/", "a service of one's own"},
		{"POST", "/orders/42/receipt", "job "},
		{"GET", "/jobs", "<html"},
		{"GET", "/jobs/", "<html"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), want.method, web.URL+want.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), want.text) {
			t.Errorf("%s %s: %s, %v\n%s", want.method, want.path, answer.Status, err, body)
		}
	}
	jobs, err := store.Jobs(t.Context(), storage.Query{})
	if err != nil || len(jobs.Jobs) != 1 {
		t.Errorf("stored: %v, %v", jobs.Jobs, err)
	}
}
