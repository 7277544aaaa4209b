// Bench runs jobgen side by side with asynq and River, each through its own client and
// server, on servers that it starts itself. See README.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/backend"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run parses the arguments, measures and reports.
func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	stop, err := o.profiling()
	if err != nil {
		return err
	}
	h := new(backend.Host)
	defer h.Close()
	b := newBench(o, h)
	err = b.measure(ctx)
	stop()
	if err != nil {
		return err
	}
	if err := b.report(out); err != nil {
		return err
	}
	if len(b.failed) > 0 {
		return fmt.Errorf("%d figures are missing, see above: the first because of %w", len(b.failed), b.failed[0])
	}
	return nil
}

// options are the flags.
type options struct {
	quick, json bool
	stores      []string
	scenarios   []string
	peers       []string
	runs, jobs  int
	span        time.Duration
	profile     string
}

func parse(args []string) (options, error) {
	o := options{}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	var stores, scenarios, peers string
	f.BoolVar(&o.quick, "quick", false, "a shorter run of the main scenarios against the tuned peers; ends within 7.5 minutes")
	f.BoolVar(&o.json, "json", false, "write one JSON object a line instead of tables")
	f.StringVar(&stores, "stores", strings.Join(backend.Names, ","), "stores, separated by commas")
	f.StringVar(&scenarios, "scenarios", "", "scenarios, separated by commas; all of them by default")
	f.StringVar(&peers, "peers", "", "peers, separated by commas, or none; all of them by default")
	f.IntVar(&o.runs, "runs", 3, "runs of each; the values are medians")
	f.IntVar(&o.jobs, "jobs", 0, "jobs to process, in place of 100,000 (and of what -quick lowers)")
	f.DurationVar(&o.span, "for", 0, "how long runs take that are not bound by a number of jobs (10s; 1.5s with -quick)")
	f.StringVar(&o.profile, "profile", "", "write a processor profile of all runs to this file")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if o.runs < 1 {
		return o, fmt.Errorf("-runs %d: at least 1", o.runs)
	}
	o.stores, o.scenarios, o.peers = split(stores), split(scenarios), split(peers)
	if o.span == 0 {
		o.span = 10 * time.Second
		if o.quick {
			o.span = 1500 * time.Millisecond
		}
	}
	return o, nil
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' })
}
