package billing

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/runtime"
)

// Payment is what was paid for one order.
type Payment struct {
	OrderID   int64
	Cents     int64
	Reference string
}

// Summary is one month in numbers.
type Summary struct {
	Month  string
	Orders int
	Cents  int64
}

// Service is the shop's [Billing].
type Service struct {
	db   *sql.DB
	bank Bank
	log  zerolog.Logger
}

var _ Billing = (*Service)(nil)

// New makes the service.
func New(db *sql.DB, bank Bank, log zerolog.Logger) *Service {
	return &Service{db, bank, log}
}

// ProcessPayment implements [Billing]. A job runs at least once, and now and then
// once more, so nothing here does harm the second time: the bank knows the key of
// the charge, and the payment is written over itself.
func (s *Service) ProcessPayment(ctx context.Context, orderID int64) (Payment, error) {
	p := Payment{OrderID: orderID}
	var card string
	err := s.db.QueryRowContext(ctx, "SELECT card, cents FROM orders WHERE id = ?", orderID).Scan(&card, &p.Cents)
	if err != nil {
		return p, fmt.Errorf("read order %d: %w", orderID, err)
	}
	if p.Reference, err = s.bank.Charge(ctx, fmt.Sprintf("order-%d", orderID), card, p.Cents); err != nil {
		return p, err
	}
	// The logger in the context keeps its lines with the job; the dashboard shows them.
	zerolog.Ctx(ctx).Info().Str("reference", p.Reference).Msg("charged")
	_, err = s.db.ExecContext(ctx, "INSERT OR REPLACE INTO payments (order_id, reference, cents) VALUES (?, ?, ?)",
		orderID, p.Reference, p.Cents)
	return p, err
}

// SendInvoices implements [Billing].
func (s *Service) SendInvoices(ctx context.Context) error {
	var paid int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM payments").Scan(&paid); err != nil {
		return fmt.Errorf("count payments: %w", err)
	}
	for i := range paid {
		if job := runtime.FromContext(ctx); job != nil {
			job.Progress(100*float64(i+1)/float64(paid), fmt.Sprintf("%d of %d", i+1, paid))
		}
	}
	s.log.Info().Int("invoices", paid).Msg("invoices written")
	return nil
}

// Report implements [Billing].
func (s *Service) Report(ctx context.Context, month string) (Summary, error) {
	sum := Summary{Month: month}
	err := s.db.QueryRowContext(ctx, "SELECT count(*), coalesce(sum(cents), 0) FROM payments").Scan(&sum.Orders, &sum.Cents)
	return sum, err
}
