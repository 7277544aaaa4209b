package main

import (
	"context"
	"flag"
	"fmt"
	"io"
)

// migrate brings the tables of a store to this version, or prints what would do so in an
// empty database.
func migrate(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	place := flags.String("store", "", "where the jobs are kept: a URL")
	namespace := flags.String("namespace", "", "the `name` that keeps these jobs apart from others in the same database")
	text := flags.Bool("print", false, "print the SQL for an empty database and change nothing")
	flags.Usage = func() {
		fmt.Fprint(out, "Usage:\n\n\tjobctl migrate -store URL [-namespace name] [-print]\n\n"+
			"Makes the tables, or changes those of an older version. Running it again does no\n"+
			"harm, nor does running it many times at once or while servers work. Stores migrate\n"+
			"by themselves when they are opened; this command is for services that may not.\n\nFlags:\n\n")
		flags.SetOutput(out)
		flags.PrintDefaults()
		fmt.Fprint(out, "\n"+storeHelp)
	}
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	if flags.NArg() > 0 || *place == "" {
		return fmt.Errorf("wants -store URL and nothing else: %w", errUsage)
	}
	m, err := migrationOf(*place, *namespace)
	if err != nil {
		return err
	}
	if *text {
		script, err := m.script()
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(out, script)
		return err
	}
	if err := m.run(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, m.done)
	return err
}
