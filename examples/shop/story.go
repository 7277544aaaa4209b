package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// tellOnce plays the story on a database of its own.
func tellOnce(ctx context.Context, cfg config, out io.Writer) error {
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg.db = filepath.Join(dir, "shop.db")
	s, err := open(ctx, cfg, zerolog.Nop())
	if err != nil {
		return err
	}
	defer s.close()
	return s.tell(ctx, out)
}

// tell plays the story: customers come, then the workers start. In the end 11 jobs
// succeeded, 1 failed and 1 waits; 2 more were deleted:
//
//   - Ada's order: receipt, follow-up, payment, fulfilment, payment receipt (5 succeeded)
//   - Bob's, whose card has expired: receipt, follow-up (2 succeeded); the payment
//     failed after 3 retries (1 failed), so fulfilment and payment receipt were skipped
//   - Ada's order archived, her password reset (2 succeeded)
//   - the report of this month, due on the 1st of the next (1 waits)
//   - the recurring jobs, each triggered once: invoices, cache (2 succeeded)
func (s *shop) tell(ctx context.Context, out io.Writer) error {
	// Whatever the time of day is, only what the story triggers runs.
	if err := s.client.PauseRecurring(ctx, cacheID); err != nil {
		return err
	}
	if err := s.customers(ctx); err != nil {
		return err
	}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	stopped := make(chan error, 1)
	go func() { stopped <- s.server.Run(ctx) }()
	if err := s.trigger(ctx); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	if err := s.print(ctx, out); err != nil {
		return err
	}
	stop()
	return <-stopped
}

// customers use the shop over HTTP, as they always do.
func (s *shop) customers(ctx context.Context) error {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: s.http, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = web.Serve(listener) }() // until Close
	defer web.Close()
	for _, request := range []struct{ path, form string }{
		{"/reports", ""},
		{"/orders", "customer=ada@example.com&card=visa&cents=4200"},
		{"/orders", "customer=bob@example.com&card=expired&cents=900"},
		{"/orders/1/archive", ""},
		{"/password-resets", "email=ada@example.com"},
	} {
		if err := post(ctx, "http://"+listener.Addr().String()+request.path, request.form); err != nil {
			return err
		}
	}
	return nil
}

func post(ctx context.Context, to, form string) error {
	values, err := url.ParseQuery(form)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(values.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("POST %s: %s", to, answer.Status)
	}
	return nil
}
