package runtime_test

import (
	"context"
	"fmt"
)

// Mailer is the annotated interface of the examples; jobs_gen_test.go is what jobgen
// writes for it.
type Mailer interface {
	//job:queue mail
	//job:name email.Mailer.SendReceipt
	SendReceipt(ctx context.Context, orderID int64) (MessageID, error)
	//job:input id
	//job:name email.Mailer.Track
	Track(ctx context.Context, id MessageID, note string) error
	//job:name email.Mailer.Digest
	Digest(ctx context.Context) error
}

// MessageID names a message that was sent.
type MessageID string

// printing is a Mailer that prints.
type printing struct{}

func (printing) SendReceipt(_ context.Context, orderID int64) (MessageID, error) {
	fmt.Println("receipt of order", orderID)
	return MessageID(fmt.Sprint("message-", orderID)), nil
}

func (printing) Track(_ context.Context, id MessageID, note string) error {
	fmt.Println("track", id, note)
	return nil
}

func (printing) Digest(context.Context) error {
	fmt.Println("digest")
	return nil
}
