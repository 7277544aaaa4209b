// Shop is a web shop whose slow work is done by jobs.
//
//	go run ./examples/shop          serves the shop and its dashboard until Ctrl-C
//	go run ./examples/shop -once    plays its story on a temporary database and ends
//
// Start reading at orders/desk.go, which places an order with all its jobs, and
// billing/jobs.go, an annotated interface. The files named jobs_gen.go are generated.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rs/zerolog"
)

//go:generate go tool jobgen ./...

// config is what the flags say.
type config struct {
	addr  string
	db    string
	once  bool
	speed float64
	auth  string
}

// storySpeed makes three days five seconds.
const storySpeed = 50_000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cfg, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if cfg.once {
		return tellOnce(ctx, cfg, stdout)
	}
	log := zerolog.New(zerolog.ConsoleWriter{Out: stderr, NoColor: true}).With().Timestamp().Logger()
	s, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer s.close()
	return s.serve(ctx, stdout)
}

func parse(args []string, stderr io.Writer) (config, error) {
	cfg := config{}
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&cfg.addr, "addr", "localhost:8080", "`address` to serve on")
	flags.StringVar(&cfg.db, "db", "shop.db", "database `file`")
	flags.BoolVar(&cfg.once, "once", false, "play the story on a temporary database and end")
	flags.Float64Var(&cfg.speed, "speed", 0, "shorten waits (3 days, 60 s, ...) by this `factor` (default 1, with -once 50000)")
	flags.StringVar(&cfg.auth, "auth", "", "`user:password` of the dashboard's admin; without it the dashboard is open on loopback")
	if err := flags.Parse(args); err != nil {
		return cfg, err
	}
	switch {
	case flags.NArg() > 0:
		return cfg, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case cfg.speed < 0:
		return cfg, fmt.Errorf("-speed %v: use a positive number", cfg.speed)
	case cfg.auth != "" && !account(cfg.auth).valid():
		return cfg, errors.New("-auth: write user:password")
	case cfg.speed == 0 && cfg.once:
		cfg.speed = storySpeed
	case cfg.speed == 0:
		cfg.speed = 1
	}
	return cfg, nil
}
