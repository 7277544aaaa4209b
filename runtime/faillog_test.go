package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// A run that failed is in the server's log with the job, the error and what comes
// of it, and without the arguments.
func TestFailedRunsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type args struct{ Card string }
		spec := &generated.Spec{Kind: "shop.Pay", Retry: &generated.Retry{Max: 1}}
		d := runtime.NewDispatcher()
		generated.Register(d, spec, func(context.Context, *args) (runtime.None, error) {
			return runtime.None{}, errors.New("declined")
		})
		store := memstore.New()
		defer store.Close()
		var log bytes.Buffer
		server := runtime.NewServer(store, d, runtime.ServerOptions{Logger: zerolog.New(&log)})
		call := generated.NewCall[runtime.None](spec, &args{"4242"}, nil)
		h, err := generated.Enqueue(t.Context(), runtime.NewClient(store), call)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- server.Run(ctx) }()
		if _, err := runtime.Await(t.Context(), runtime.NewClient(store), h); !errors.Is(err, runtime.ErrNoResult) {
			t.Fatalf("want the job failed, got %v", err)
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], `"level":"warn"`) || !strings.Contains(lines[1], `"level":"error"`) {
			t.Fatalf("want a warning for the retry and an error for the end, got\n%s", log.String())
		}
		for _, want := range []string{h.ID().String(), "shop.Pay", "declined"} {
			if !strings.Contains(lines[1], want) {
				t.Errorf("%q is missing in %s", want, lines[1])
			}
		}
		if strings.Contains(log.String(), "4242") {
			t.Errorf("the log holds an argument:\n%s", log.String())
		}
	})
}
