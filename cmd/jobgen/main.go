// Jobgen writes typed job code for annotated interfaces.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // time zones of //job:cron are checked on machines without any

	"github.com/gojobgen/jobgen/generator"
)

const usage = `Usage:

	jobgen [-tags list] [-v] [packages]
	jobgen check [-tags list] [packages]

Jobgen reads the interfaces with //job: directives in the packages (default: the
one in the current folder) and writes jobs_gen.go beside them: functions that
enqueue, schedule and continue each method as a job. Check writes nothing, prints
what would change as a diff, and exits with 0 when nothing would, 1 when something
would and 2 when there is a problem.

Flags:

	-tags list   build tags under which packages are read, separated by commas
	-v           say which files were written

As a rule it is run by one line in the root of a module:

	//go:generate go tool jobgen ./...
`

// Exit codes.
const (
	same      = 0
	different = 1
	trouble   = 2
)

func main() {
	os.Exit(run(os.Args[1:], environment{stdout: os.Stdout, stderr: os.Stderr}))
}

// environment is where the command runs.
type environment struct {
	dir            string
	env            []string
	stdout, stderr io.Writer
}

func run(args []string, e environment) int {
	cfg := generator.Config{Dir: e.dir, Env: e.env}
	if len(args) > 0 && args[0] == "check" {
		cfg.Check, args = true, args[1:]
	}
	flags := flag.NewFlagSet("jobgen", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&cfg.Tags, "tags", "", "")
	verbose := flags.Bool("v", false, "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(e.stdout, usage)
		return same
	} else if err != nil {
		fmt.Fprintf(e.stderr, "jobgen: %v\n\n%s", err, usage)
		return trouble
	}
	cfg.Patterns = flags.Args()

	result, err := generator.Run(context.Background(), cfg)
	var problems generator.Problems
	switch {
	case errors.As(err, &problems):
		fmt.Fprintln(e.stderr, problems)
		return trouble
	case err != nil:
		fmt.Fprintln(e.stderr, "jobgen:", err)
		return trouble
	}
	if *verbose {
		report(e.stderr, result, cfg.Check)
	}
	if !cfg.Check {
		return same
	}
	diff := result.Diff()
	fmt.Fprint(e.stdout, diff)
	if diff != "" {
		return different
	}
	return same
}

// report says what became of each file.
func report(w io.Writer, r generator.Result, check bool) {
	if len(r.Files) == 0 {
		fmt.Fprintln(w, "no //job: directives found")
	}
	for _, f := range r.Files {
		switch {
		case !f.Changed():
			fmt.Fprintln(w, "unchanged", f.Name)
		case check:
			fmt.Fprintln(w, "outdated", f.Name)
		case f.New == nil:
			fmt.Fprintln(w, "removed", f.Name)
		default:
			fmt.Fprintln(w, "wrote", f.Name)
		}
	}
}
