package accounts

import "context"

// Accounts looks after customers' accounts.
type Accounts interface {
	// SendPasswordReset mails a link with which a customer chooses a new password. The
	// customer is waiting, so it goes first; after a quarter of an hour it is no use.
	//
	//job:queue critical
	//job:expires 15m
	//job:retain 1h
	//job:secret token
	//job:display "Password reset for {email}"
	SendPasswordReset(ctx context.Context, email, token string) error
}
