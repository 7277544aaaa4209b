package mail

import (
	"context"

	"github.com/gojobgen/jobgen/examples/shop/billing"
)

// Mailer writes to customers.
//
//job:queue mail
//job:retry max=5 delays=10s,1m,5m,30m,2h
//job:timeout 30s
type Mailer interface {
	// SendReceipt mails what was ordered.
	//
	//job:display "Receipt for order {orderID}"
	SendReceipt(ctx context.Context, orderID int64) error

	// SendPaymentReceipt thanks for a payment, which is the result of the job it continues.
	//
	//job:input payment
	SendPaymentReceipt(ctx context.Context, payment billing.Payment) error

	// FollowUp asks what the customer thinks of the goods.
	//
	//job:retain 7d
	//job:display "Follow-up on order {orderID}"
	FollowUp(ctx context.Context, orderID int64) error
}
