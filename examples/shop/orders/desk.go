package orders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gojobgen/jobgen/examples/shop/billing"
	"github.com/gojobgen/jobgen/examples/shop/mail"
	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// followUpAfter is how long after an order its customer is asked how it was.
const followUpAfter = 3 * 24 * time.Hour

// Desk takes orders.
type Desk struct {
	DB     *sql.DB
	Client *runtime.Client
	Tx     func(*sql.Tx) storage.Inserter // the store inside a transaction
	Speed  float64                        // shortens all waits; 1: as in real life
}

// Order is what a customer asks for.
type Order struct {
	Customer string
	Card     string
	Cents    int64
}

// ErrIncomplete is an order that cannot be taken.
var ErrIncomplete = errors.New("an order needs a customer, a card and a price")

// Place stores the order together with all that has to happen for it. Either the
// order and its jobs exist, or none of them.
func (d *Desk) Place(ctx context.Context, o Order) (id int64, err error) {
	if o.Customer == "" || o.Card == "" || o.Cents <= 0 {
		return 0, ErrIncomplete
	}
	tx, err := d.DB.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("place order: %w", err)
	}
	defer tx.Rollback()
	row := tx.QueryRowContext(ctx, "INSERT INTO orders (customer, card, cents) VALUES (?, ?, ?) RETURNING id",
		o.Customer, o.Card, o.Cents)
	if err := row.Scan(&id); err != nil {
		return 0, fmt.Errorf("place order: %w", err)
	}
	if err := d.enqueue(ctx, d.Client.Via(d.Tx(tx)), id); err != nil {
		return 0, fmt.Errorf("place order: %w", err)
	}
	return id, tx.Commit()
}

// enqueue is what happens for an order: a receipt now, a follow-up later, and the
// payment, whose success lets the goods go and is confirmed to the customer.
func (d *Desk) enqueue(ctx context.Context, via runtime.Enqueuer, id int64) error {
	mailer, bills, orders := mail.NewMailerClient(via), billing.NewBillingClient(via), NewOrdersClient(via)
	about := runtime.Meta("about", "order "+strconv.FormatInt(id, 10))

	if _, err := mailer.EnqueueSendReceipt(ctx, id, about); err != nil {
		return err
	}
	if _, err := mailer.ScheduleFollowUp(ctx, runtime.In(d.shorten(followUpAfter)), id, about); err != nil {
		return err
	}
	payment, err := bills.EnqueueProcessPayment(ctx, id, append(d.pace(), about)...)
	if err != nil {
		return err
	}
	if _, err := orders.ContinueFulfil(ctx, payment, id, about); err != nil {
		return err
	}
	// payment is a Handle[billing.Payment], which is what this job takes: its result
	// becomes the argument.
	_, err = mailer.ContinueSendPaymentReceipt(ctx, payment, about)
	return err
}

// pace shortens the retry policy that payments are annotated with when there is a
// -speed. What a call says wins over the annotation.
func (d *Desk) pace() []runtime.Option {
	if d.Speed == 1 {
		return nil
	}
	return []runtime.Option{runtime.Retry(runtime.RetryPolicy{Max: 3, Delays: []time.Duration{
		d.shorten(60 * time.Second), d.shorten(300 * time.Second), d.shorten(900 * time.Second),
	}})}
}

func (d *Desk) shorten(wait time.Duration) time.Duration {
	return time.Duration(float64(wait) / d.Speed)
}
