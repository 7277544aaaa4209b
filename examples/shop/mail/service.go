package mail

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/examples/shop/billing"
)

// Service is the shop's [Mailer]: plain code, which knows nothing of jobs.
type Service struct {
	db     *sql.DB
	outbox *Outbox
	log    zerolog.Logger
}

var _ Mailer = (*Service)(nil)

// New makes the service.
func New(db *sql.DB, outbox *Outbox, log zerolog.Logger) *Service {
	return &Service{db, outbox, log}
}

// SendReceipt implements [Mailer].
func (s *Service) SendReceipt(ctx context.Context, orderID int64) error {
	return s.send(ctx, orderID, "Your order", "Thank you for your order.")
}

// SendPaymentReceipt implements [Mailer].
func (s *Service) SendPaymentReceipt(ctx context.Context, payment billing.Payment) error {
	return s.send(ctx, payment.OrderID, "Your payment", "We received your payment "+payment.Reference+".")
}

// FollowUp implements [Mailer].
func (s *Service) FollowUp(ctx context.Context, orderID int64) error {
	return s.send(ctx, orderID, "How was it?", "Tell us what you think.")
}

func (s *Service) send(ctx context.Context, orderID int64, subject, body string) error {
	var customer string
	err := s.db.QueryRowContext(ctx, "SELECT customer FROM orders WHERE id = ?", orderID).Scan(&customer)
	if err != nil {
		return fmt.Errorf("customer of order %d: %w", orderID, err)
	}
	if err := s.outbox.Send(ctx, customer, subject, body); err != nil {
		return fmt.Errorf("mail to %s: %w", customer, err)
	}
	s.log.Info().Int64("order", orderID).Str("subject", subject).Msg("customer written to")
	return nil
}
