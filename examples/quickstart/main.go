// Quickstart sends a receipt in the background.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

//go:generate go tool jobgen

// Mailer sends customer mail.
type Mailer interface {
	//job:retry max=3 delays=10s,1m,10m
	SendReceipt(ctx context.Context, orderID int64) error
}

type mailer struct{}

func (mailer) SendReceipt(_ context.Context, orderID int64) error {
	fmt.Println("receipt sent for order", orderID)
	return nil
}

func main() {
	store, err := sqlitestore.Open("jobs.db")
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	mail := NewMailerClient(runtime.NewClient(store)) // generated
	if _, err := mail.EnqueueSendReceipt(ctx, 42); err != nil {
		log.Fatal(err)
	}
	dispatcher := runtime.NewDispatcher()
	RegisterMailer(dispatcher, mailer{}) // generated
	server := runtime.NewServer(store, dispatcher, runtime.ServerOptions{})
	if err := server.Run(ctx); err != nil { // works until Ctrl-C
		log.Fatal(err)
	}
}
