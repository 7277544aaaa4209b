package runtime_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// paged is a Mailer whose digest goes on where an earlier run stopped.
type paged struct{ printing }

func (paged) Digest(ctx context.Context) error {
	job := runtime.FromContext(ctx)
	first := 1
	if at := job.LastCheckpoint(); at != nil {
		fmt.Sscan(string(at), &first)
	}
	for page := first; page <= 4; page++ {
		zerolog.Ctx(ctx).Info().Int("page", page).Msg("page sent")
		job.Progress(float64(page)*25, fmt.Sprint("page ", page))
		if err := job.Checkpoint(ctx, fmt.Append(nil, page+1)); err != nil {
			return err
		}
		if page == 2 && job.Attempt() == 1 {
			return errors.New("connection reset")
		}
	}
	return nil
}

// A handler finds its job in the context: what it logs is kept with the job, and its
// checkpoint is where the next run goes on.
func ExampleFromContext() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)
	ids, _ := client.EnqueueAll(ctx, DigestJob())

	run(store, paged{})
	_, _ = client.RunNow(ctx, ids...) // the retry, instead of waiting
	run(store, paged{})

	job, _ := client.Job(ctx, ids[0])
	fmt.Println(job.State, job.Progress.Percent, job.Progress.Note)
	lines, _ := store.Logs(ctx, storage.LogQuery{Job: ids[0], Limit: 10})
	for _, l := range lines {
		fmt.Println(l.Message, l.Fields)
	}
	// Output:
	// succeeded 100 page 4
	// page sent {"page":1}
	// page sent {"page":2}
	// page sent {"page":3}
	// page sent {"page":4}
}

// Middleware sees every run; what it returns decides as the handler's error does.
func ExampleDispatcher_Use() {
	ctx, store := context.Background(), memstore.New()
	client := runtime.NewClient(store)
	_, _ = client.EnqueueAll(ctx, DigestJob())

	run(store, printing{}, func(ctx context.Context, next func(context.Context) error) error {
		fmt.Println("begin", runtime.FromContext(ctx).Kind())
		err := next(ctx)
		fmt.Println("end", err)
		return err
	})
	// Output:
	// begin email.Mailer.Digest
	// digest
	// end <nil>
}

// traceKey stands for a tracing library's context. With OpenTelemetry, put and get
// are otel.GetTextMapPropagator().Inject and Extract on
// propagation.MapCarrier(metadata).
type traceKey struct{}

func put(ctx context.Context, metadata map[string]string) {
	if parent, ok := ctx.Value(traceKey{}).(string); ok {
		metadata["traceparent"] = parent
	}
}

func get(ctx context.Context, metadata map[string]string) context.Context {
	return context.WithValue(ctx, traceKey{}, metadata["traceparent"])
}

// A trace goes from the request that enqueued a job to the job's run: client
// middleware puts it into the metadata, handler middleware takes it out.
func ExampleUseOnEnqueue() {
	store := memstore.New()
	client := runtime.NewClient(store, runtime.UseOnEnqueue(
		func(ctx context.Context, jobs []*storage.NewJob, next func(context.Context) error) error {
			for _, j := range jobs {
				put(ctx, j.Metadata)
			}
			return next(ctx)
		}))
	request := context.WithValue(context.Background(), traceKey{}, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	_, _ = client.EnqueueAll(request, DigestJob())

	run(store, printing{}, func(ctx context.Context, next func(context.Context) error) error {
		ctx = get(ctx, runtime.FromContext(ctx).Metadata())
		fmt.Println("trace", ctx.Value(traceKey{}))
		return next(ctx)
	})
	// Output:
	// trace 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
	// digest
}
