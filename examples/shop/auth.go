package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"github.com/gojobgen/jobgen/dashboard"
)

// account is the user and password of -auth. A real service asks its own session here.
type account string

// authorize is the dashboard's question: who makes this request?
func (a account) authorize(r *http.Request) (dashboard.Principal, error) {
	user, password, _ := r.BasicAuth()
	// Sums have one length, so that comparing them takes the same time for any guess.
	got, want := sha256.Sum256([]byte(user+":"+password)), sha256.Sum256([]byte(a))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		return dashboard.Principal{}, errors.New("wrong user or password")
	}
	return dashboard.Principal{Name: user, Role: dashboard.Admin}, nil
}

// ask makes browsers ask for user and password.
func (a account) ask(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := a.authorize(r); err != nil {
			w.Header().Set("WWW-Authenticate", `Basic realm="jobs", charset="UTF-8"`)
			http.Error(w, "user and password, please", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// valid reports whether the flag has both parts.
func (a account) valid() bool {
	user, password, ok := strings.Cut(string(a), ":")
	return ok && user != "" && password != ""
}
