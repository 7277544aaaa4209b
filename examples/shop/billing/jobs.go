package billing

import "context"

// Billing takes money and accounts for it.
type Billing interface {
	// ProcessPayment charges the card of an order. What fails is tried again after a
	// minute, five and fifteen, and rests in failed after that.
	//
	//job:retry max=3 delays=60s,300s,900s
	//job:timeout 20s
	//job:display "Payment of order {orderID}"
	ProcessPayment(ctx context.Context, orderID int64) (Payment, error)

	// SendInvoices writes the invoices of the month before.
	//
	//job:cron "0 2 1 * *" id=invoices overlap=skip
	SendInvoices(ctx context.Context) error

	// Report sums up a month, such as 2026-01.
	//
	//job:queue low
	Report(ctx context.Context, month string) (Summary, error)
}
