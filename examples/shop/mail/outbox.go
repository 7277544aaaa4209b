// Package mail writes to the shop's customers.
package mail

import (
	"context"
	"sync"

	"github.com/rs/zerolog"
)

// Outbox stands in for a mail provider: it keeps what was sent.
type Outbox struct {
	log  zerolog.Logger
	mu   sync.Mutex
	sent []Message
}

// Message is one mail.
type Message struct{ To, Subject string }

// NewOutbox makes an empty outbox.
func NewOutbox(log zerolog.Logger) *Outbox { return &Outbox{log: log} }

// Send takes a mail. The body is neither kept nor logged: it may hold secrets.
func (o *Outbox) Send(ctx context.Context, to, subject, body string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o.mu.Lock()
	o.sent = append(o.sent, Message{to, subject})
	o.mu.Unlock()
	o.log.Debug().Str("to", to).Str("subject", subject).Int("bytes", len(body)).Msg("mail sent")
	return nil
}

// Sent lists what was sent.
func (o *Outbox) Sent() []Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Message(nil), o.sent...)
}
