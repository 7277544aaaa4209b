package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/dashboard"
	"github.com/gojobgen/jobgen/examples/shop/accounts"
	"github.com/gojobgen/jobgen/examples/shop/billing"
	"github.com/gojobgen/jobgen/examples/shop/orders"
	"github.com/gojobgen/jobgen/runtime"
)

// routes are the shop's pages, with the dashboard beside them.
func (s *shop) routes(log zerolog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.help)
	mux.HandleFunc("POST /orders", s.placeOrder)
	mux.HandleFunc("POST /orders/{id}/card", s.changeCard)
	mux.HandleFunc("POST /orders/{id}/archive", s.archiveOrder)
	mux.HandleFunc("POST /password-resets", s.resetPassword)
	mux.HandleFunc("POST /reports", s.scheduleReport)
	mux.Handle("/jobs/", s.dashboard(log))
	return mux
}

// dashboard is open to everybody on this machine, or behind -auth to its admin only.
func (s *shop) dashboard(log zerolog.Logger) http.Handler {
	opts := dashboard.Options{BasePath: "/jobs", AppURL: "/", Title: "Shop jobs", Logger: log}
	if s.cfg.auth == "" {
		opts.Development = true
		return dashboard.New(s.store, opts)
	}
	admin := account(s.cfg.auth)
	opts.Authorize = admin.authorize
	return admin.ask(dashboard.New(s.store, opts))
}

func (s *shop) help(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, s.usage("http://"+r.Host))
}

func (s *shop) placeOrder(w http.ResponseWriter, r *http.Request) {
	cents, _ := strconv.ParseInt(r.FormValue("cents"), 10, 64)
	id, err := s.desk.Place(r.Context(), orders.Order{Customer: r.FormValue("customer"), Card: r.FormValue("card"), Cents: cents})
	reply(w, http.StatusCreated, fmt.Sprintf("order %d placed", id), err)
}

// changeCard is what a customer does whose payment failed. After it, Retry on the
// dashboard runs the payment again, and what waited for it.
func (s *shop) changeCard(w http.ResponseWriter, r *http.Request) {
	_, err := s.db.ExecContext(r.Context(), "UPDATE orders SET card = ? WHERE id = ?", r.FormValue("card"), r.PathValue("id"))
	reply(w, http.StatusOK, "card changed", err)
}

func (s *shop) archiveOrder(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.Error(w, "an order has a number", http.StatusBadRequest)
		return
	}
	about := runtime.Meta("about", "order "+r.PathValue("id"))
	_, err = orders.NewOrdersClient(s.client).EnqueueArchive(r.Context(), id, about)
	reply(w, http.StatusAccepted, "order will be archived", err)
}

func (s *shop) resetPassword(w http.ResponseWriter, r *http.Request) {
	email := r.FormValue("email")
	if email == "" {
		http.Error(w, "whose password?", http.StatusBadRequest)
		return
	}
	token := rand.Text() // the dashboard masks it
	_, err := accounts.NewAccountsClient(s.client).EnqueueSendPasswordReset(r.Context(), email, token, runtime.Meta("about", email))
	reply(w, http.StatusAccepted, "mail is on its way", err)
}

func (s *shop) scheduleReport(w http.ResponseWriter, r *http.Request) {
	at, err := s.report(r.Context(), time.Now().UTC())
	reply(w, http.StatusAccepted, "report on "+at.Format(time.RFC1123), err)
}

// report schedules the report on this month for the morning of the 1st of the next.
func (s *shop) report(ctx context.Context, now time.Time) (time.Time, error) {
	at := time.Date(now.Year(), now.Month()+1, 1, 6, 0, 0, 0, time.UTC)
	month := now.Format("2006-01")
	_, err := billing.NewBillingClient(s.client).ScheduleReport(ctx, at, month, runtime.Meta("about", month))
	return at, err
}

func reply(w http.ResponseWriter, status int, text string, err error) {
	switch {
	case errors.Is(err, orders.ErrIncomplete):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case err != nil:
		http.Error(w, "please try again", http.StatusInternalServerError)
	default:
		w.WriteHeader(status)
		fmt.Fprintln(w, text)
	}
}
