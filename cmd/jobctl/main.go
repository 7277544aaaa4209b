// Jobctl is the operator's command for the stores of jobgen.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// Exit codes.
const (
	done    = 0
	failed  = 1
	misused = 2
)

// command is what jobctl can do.
type command struct {
	name  string
	about string
	run   func(ctx context.Context, args []string, out io.Writer) error
}

// commands are all of them, in the order in which they are shown.
func commands() []command {
	return []command{
		{"migrate", "bring the tables of a store to this version", migrate},
	}
}

// errUsage is wrapped by errors about how the command was called.
var errUsage = errors.New("see jobctl -help")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the command that the arguments name.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	all := commands()
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		fmt.Fprint(out, usage(all))
		return done
	}
	i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		fmt.Fprintf(errs, "jobctl: unknown command %q: %v\n", args[0], errUsage)
		return misused
	}
	err := all[i].run(ctx, args[1:], out)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return done
	case errors.Is(err, errUsage):
		fmt.Fprintf(errs, "jobctl %s: %v\n", args[0], err)
		return misused
	}
	fmt.Fprintf(errs, "jobctl %s: %v\n", args[0], err)
	return failed
}

// usage lists the commands.
func usage(all []command) string {
	var b strings.Builder
	b.WriteString("Jobctl looks after the stores of jobgen.\n\nUsage:\n\n\tjobctl <command> [flags]\n\nCommands:\n\n")
	for _, c := range all {
		fmt.Fprintf(&b, "\t%-10s %s\n", c.name, c.about)
	}
	b.WriteString("\nEvery command says more with -help.\n\n" + storeHelp)
	return b.String()
}
