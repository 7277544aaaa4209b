package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// serve works on jobs and answers requests until ctx ends. Then the workers take
// nothing new and finish what runs, and after them the pages. What is ordered meanwhile
// is stored, and done after the next start.
func (s *shop) serve(ctx context.Context, out io.Writer) error {
	listener, err := net.Listen("tcp", s.cfg.addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	web := &http.Server{Handler: s.http, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			cancel(err) // without its pages the shop ends
		}
	}()
	fmt.Fprint(out, s.usage(s.url(listener)))

	err = s.server.Run(ctx) // ends with ctx
	last, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	err = errors.Join(err, web.Shutdown(last))
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}
	fmt.Fprintln(out, "stopped")
	return err
}

// url is where browsers find the shop: the host of -addr, and the port that was taken.
func (s *shop) url(l net.Listener) string {
	host, _, _ := net.SplitHostPort(s.cfg.addr)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "http://" + net.JoinHostPort(cmp.Or(host, "localhost"), port)
}

// usage says what can be done with a running shop.
func (s *shop) usage(url string) string {
	return fmt.Sprintf(`shop       %[1]s
dashboard  %[1]s/jobs/

An order, with its receipt, payment, fulfilment and follow-up:
  curl -d customer=ada@example.com -d card=visa -d cents=4200 %[1]s/orders
One whose payment fails. It is tried again after 1, 5 and 15 minutes (-speed 100 for
seconds), then rests in failed. Change the card, and Retry it on the dashboard:
  curl -d customer=bob@example.com -d card=expired -d cents=900 %[1]s/orders
  curl -d card=visa %[1]s/orders/2/card
Before all others, after all others, and on the 1st of next month:
  curl -d email=ada@example.com %[1]s/password-resets
  curl -X POST %[1]s/orders/1/archive
  curl -X POST %[1]s/reports

`, url)
}
