// Package accounts looks after customers' accounts.
package accounts

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"
)

// Mailer sends mail; the shop's outbox is one.
type Mailer interface {
	Send(ctx context.Context, to, subject, body string) error
}

// Service is the shop's [Accounts].
type Service struct {
	mailer Mailer
	log    zerolog.Logger
}

var _ Accounts = (*Service)(nil)

// New makes the service.
func New(mailer Mailer, log zerolog.Logger) *Service { return &Service{mailer, log} }

// SendPasswordReset implements [Accounts].
func (s *Service) SendPasswordReset(ctx context.Context, email, token string) error {
	body := "Choose a new password: https://shop.example/reset?token=" + token
	if err := s.mailer.Send(ctx, email, "Your new password", body); err != nil {
		return fmt.Errorf("mail to %s: %w", email, err)
	}
	s.log.Info().Str("to", email).Msg("password reset sent") // without the token
	return nil
}
