package runtime_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
)

// Mailer is the annotated interface of the examples. What follows it here, jobgen
// writes; see the package documentation.
type Mailer interface {
	//job:queue mail
	SendReceipt(ctx context.Context, orderID int64) (MessageID, error)
	//job:input id
	Track(ctx context.Context, id MessageID, note string) error
	Digest(ctx context.Context) error
}

// MessageID names a message that was sent.
type MessageID string

type MailerClient struct{ via runtime.Enqueuer }

func NewMailerClient(via runtime.Enqueuer) *MailerClient { return &MailerClient{via} }

func (c *MailerClient) EnqueueSendReceipt(ctx context.Context, orderID int64, opts ...runtime.Option) (runtime.Handle[MessageID], error) {
	return generated.Enqueue(ctx, c.via, SendReceiptJob(orderID, opts...))
}

func (c *MailerClient) ScheduleSendReceipt(ctx context.Context, at time.Time, orderID int64, opts ...runtime.Option) (runtime.Handle[MessageID], error) {
	return generated.Schedule(ctx, c.via, at, SendReceiptJob(orderID, opts...))
}

func (c *MailerClient) ContinueTrack(ctx context.Context, parent runtime.Handle[MessageID], note string, opts ...runtime.Option) (runtime.Handle[runtime.None], error) {
	return generated.ContinueInput(ctx, c.via, parent, "id", generated.NewCall[runtime.None](trackSpec, &trackNote{note}, opts))
}

func (c *MailerClient) ContinueDigest(ctx context.Context, parent runtime.Parent, opts ...runtime.Option) (runtime.Handle[runtime.None], error) {
	return generated.Continue(ctx, c.via, parent, DigestJob(opts...))
}

func SendReceiptJob(orderID int64, opts ...runtime.Option) runtime.Call[MessageID] {
	return generated.NewCall[MessageID](sendReceiptSpec, &sendReceiptArgs{orderID}, opts)
}

func DigestJob(opts ...runtime.Option) runtime.Call[runtime.None] {
	return generated.NewCall[runtime.None](digestSpec, &struct{}{}, opts)
}

func RegisterMailer(d *runtime.Dispatcher, impl Mailer) {
	generated.Register(d, sendReceiptSpec, func(ctx context.Context, a *sendReceiptArgs) (MessageID, error) {
		return impl.SendReceipt(ctx, a.OrderID)
	})
	generated.Register(d, trackSpec, func(ctx context.Context, a *trackArgs) (runtime.None, error) {
		return runtime.None{}, impl.Track(ctx, a.ID, a.Note)
	})
	generated.Register(d, digestSpec, func(ctx context.Context, _ *struct{}) (runtime.None, error) {
		return runtime.None{}, impl.Digest(ctx)
	})
}

type (
	sendReceiptArgs struct {
		OrderID int64 `json:"orderID"`
	}
	trackArgs struct {
		ID   MessageID `json:"id"`
		Note string    `json:"note"`
	}
	trackNote struct {
		Note string `json:"note"`
	}
)

var (
	sendReceiptSpec = &generated.Spec{Kind: "email.Mailer.SendReceipt", Fingerprint: "a1", Queue: "mail"}
	trackSpec       = &generated.Spec{Kind: "email.Mailer.Track", Fingerprint: "b1", Input: "id"}
	digestSpec      = &generated.Spec{Kind: "email.Mailer.Digest", Fingerprint: "c1"}
)

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
