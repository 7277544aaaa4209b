package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// run works the jobs of a store, one after the other, until none is left.
func run(store storage.Store, mailer Mailer, mw ...runtime.Middleware) {
	d := runtime.NewDispatcher()
	d.Use(mw...)
	RegisterMailer(d, mailer)
	server := runtime.NewServer(store, d, runtime.ServerOptions{Queues: []string{"mail", "default", "bulk"}, Concurrency: 1})
	if err := server.RunUntilIdle(context.Background()); err != nil {
		fmt.Println(err)
	}
}

// A client and a server in one process. In production they are often two, on one
// database.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	store := memstore.New()
	mail := NewMailerClient(runtime.NewClient(store))

	d := runtime.NewDispatcher()
	RegisterMailer(d, printing{})
	server := runtime.NewServer(store, d, runtime.ServerOptions{Queues: []string{"mail", "default"}})
	done := make(chan error)
	go func() { done <- server.Run(ctx) }()

	h, _ := mail.EnqueueSendReceipt(ctx, 42)
	id, err := runtime.Await(ctx, runtime.NewClient(store), h)
	fmt.Println(id, err)

	stop() // as signal.NotifyContext does
	fmt.Println(<-done)
	// Output:
	// receipt of order 42
	// message-42 <nil>
	// <nil>
}

// Options of one call win over the method's annotations.
func ExampleClient() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)
	mail := NewMailerClient(client)

	h, _ := mail.EnqueueSendReceipt(ctx, 42, runtime.Queue("bulk"), runtime.Priority(3))
	later, _ := mail.ScheduleSendReceipt(ctx, runtime.In(72*time.Hour), 43)

	for _, id := range []runtime.ID{h.ID(), later.ID()} {
		job, _ := client.Job(ctx, id)
		fmt.Println(job.Kind, job.Queue, job.Priority, job.State)
	}
	// Output:
	// email.Mailer.SendReceipt bulk 3 enqueued
	// email.Mailer.SendReceipt mail 1 scheduled
}

// Jobs of any kinds are stored together or not at all.
func ExampleClient_EnqueueAll() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)

	ids, err := client.EnqueueAll(ctx, SendReceiptJob(1), SendReceiptJob(2), DigestJob())
	fmt.Println(len(ids), err)

	run(store, printing{})
	// Output:
	// 3 <nil>
	// receipt of order 1
	// receipt of order 2
	// digest
}

// A continuation takes its parent's result as an argument: another parent would not
// compile.
func ExampleWithInput() {
	ctx, store := context.Background(), memstore.New()
	mail := NewMailerClient(runtime.NewClient(store))

	h, _ := mail.EnqueueSendReceipt(ctx, 42)
	_, _ = mail.ContinueTrack(ctx, h, "vip")

	run(store, printing{})
	// Output:
	// receipt of order 42
	// track message-42 vip
}

// A continuation of several jobs, on any end of them.
func ExampleAfter() {
	ctx, store := context.Background(), memstore.New()
	mail := NewMailerClient(runtime.NewClient(store))

	a, _ := mail.EnqueueSendReceipt(ctx, 1)
	b, _ := mail.EnqueueSendReceipt(ctx, 2)
	_, _ = mail.ContinueDigest(ctx, runtime.After(a, b), runtime.On(runtime.Any))

	run(store, printing{})
	// Output:
	// receipt of order 1
	// receipt of order 2
	// digest
}

// failing is a Mailer whose receipts fail.
type failing struct {
	printing
	err error
}

func (f failing) SendReceipt(ctx context.Context, _ int64) (MessageID, error) {
	fmt.Println("attempt", runtime.FromContext(ctx).Attempt())
	return "", f.err
}

// A failed run is tried again as the policy says. Afterwards the job rests in failed.
func ExampleRetryPolicy() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)
	policy := runtime.RetryPolicy{Max: 2, Delays: []time.Duration{time.Millisecond, 2 * time.Millisecond}}
	h, _ := NewMailerClient(client).EnqueueSendReceipt(ctx, 42, runtime.Retry(policy))

	for range 3 {
		run(store, failing{err: errors.New("mailbox full")})
		_, _ = client.RunNow(ctx, h.ID()) // instead of waiting
	}
	_, err := runtime.Result(ctx, client, h)
	var failed *runtime.JobError
	fmt.Println(errors.As(err, &failed), failed.State, failed.Failure.Message)
	// Output:
	// attempt 1
	// attempt 2
	// attempt 3
	// true failed mailbox full
}

// What no retry can cure fails at once.
func ExampleNoRetry() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)
	h, _ := NewMailerClient(client).EnqueueSendReceipt(ctx, 42)

	run(store, failing{err: runtime.NoRetry(errors.New("no such customer"))})

	job, _ := client.Job(ctx, h.ID())
	fmt.Println(job.State, job.Reason)
	// Output:
	// attempt 1
	// failed no retry can cure it
}

// RetryAfter is for services that say when to come back.
func ExampleRetryAfter() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)
	h, _ := NewMailerClient(client).EnqueueSendReceipt(ctx, 42)

	run(store, failing{err: runtime.RetryAfter(time.Hour, errors.New("429 too many requests"))})

	job, _ := client.Job(ctx, h.ID())
	fmt.Println(job.State, job.Reason, job.Retries)
	// Output:
	// attempt 1
	// scheduled retry 1 of 10 1
}

// Snooze is no failure: the job looks again later.
func ExampleSnooze() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)
	h, _ := NewMailerClient(client).EnqueueSendReceipt(ctx, 42)

	run(store, failing{err: runtime.Snooze(time.Minute)})

	job, _ := client.Job(ctx, h.ID())
	fmt.Println(job.State, job.Reason, job.Retries)
	// Output:
	// attempt 1
	// scheduled snoozed for 1m0s 0
}

// A recurring job is declared at every start; declaring the same again changes nothing.
func ExampleClient_Recurring() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)

	err := client.Recurring(ctx, "digest", "0 8 * * MON", DigestJob(),
		runtime.Zone("Europe/Berlin"), runtime.SkipOverlap())
	fmt.Println(err)
	_, err = client.TriggerRecurring(ctx, "digest") // once more, at once
	fmt.Println(err)

	run(store, printing{})
	err = client.Recurring(ctx, "digest", "0 25 * * *", DigestJob())
	fmt.Println(err != nil)
	// Output:
	// <nil>
	// <nil>
	// digest
	// true
}

// Cancelling ends a waiting job; a running one has its context ended.
func ExampleClient_Cancel() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)
	h, _ := NewMailerClient(client).EnqueueSendReceipt(ctx, 42)

	done, _ := client.Cancel(ctx, h.ID())
	fmt.Println(len(done))

	_, err := runtime.Result(ctx, client, h)
	fmt.Println(errors.Is(err, runtime.ErrNoResult))
	// Output:
	// 1
	// true
}

// The result is read by the handle, or by an id that was kept.
func ExampleResult() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)
	h, _ := NewMailerClient(client).EnqueueSendReceipt(ctx, 42)

	_, err := runtime.Result(ctx, client, h)
	fmt.Println(errors.Is(err, runtime.ErrNotFinished))

	run(store, printing{})
	kept := h.String()
	id, _ := storage.ParseID(kept)
	message, err := runtime.Result(ctx, client, runtime.HandleFor[MessageID](id))
	fmt.Println(message, err)
	// Output:
	// true
	// receipt of order 42
	// message-42 <nil>
}
