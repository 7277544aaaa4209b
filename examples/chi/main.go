// Chi mounts the dashboard beside a service's own routes on a chi router. Any other
// router works in the same way: the dashboard is an [http.Handler].
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/gojobgen/jobgen/dashboard"
	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

//go:generate go tool jobgen

// Mailer sends customer mail.
type Mailer interface {
	// SendReceipt mails the receipt of one order.
	//
	//job:timeout 30s
	SendReceipt(ctx context.Context, orderID int64) error
}

type mailer struct{}

func (mailer) SendReceipt(_ context.Context, orderID int64) error {
	fmt.Println("receipt sent for order", orderID)
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, "localhost:8080", "jobs.db"); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr, file string) error {
	store, err := sqlitestore.Open(file)
	if err != nil {
		return err
	}
	defer store.Close()

	web := &http.Server{Addr: addr, Handler: routes(store), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- web.ListenAndServe() }()
	fmt.Printf("curl -X POST http://%[1]s/orders/42/receipt, then look at http://%[1]s/jobs/\n", addr)

	d := runtime.NewDispatcher()
	RegisterMailer(d, mailer{})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	worked := make(chan error, 1)
	go func() { worked <- runtime.NewServer(store, d, runtime.ServerOptions{}).Run(ctx) }()

	select {
	case err = <-failed: // no pages, such as when the address is taken
		cancel()
		return errors.Join(err, <-worked)
	case err = <-worked: // ctx ended, and what ran has been settled
		return errors.Join(err, web.Shutdown(context.Background()))
	}
}

// routes are the service's own, its middleware, and the dashboard under /jobs.
func routes(store storage.Store) http.Handler {
	mail := NewMailerClient(runtime.NewClient(store))
	r := chi.NewRouter()
	r.Use(middleware.Recoverer)
	r.Get("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "a service of one's own") })
	r.Post("/orders/{id}/receipt", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
		if err != nil {
			http.Error(w, "an order has a number", http.StatusBadRequest)
			return
		}
		h, err := mail.EnqueueSendReceipt(r.Context(), id)
		if err != nil {
			http.Error(w, "please try again", http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "job", h)
	})
	// Development opens it to this machine only. A service with users sets Authorize.
	r.Mount("/jobs", dashboard.New(store, dashboard.Options{BasePath: "/jobs", Development: true}))
	return r
}
