package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/backend"
	"github.com/gojobgen/jobgen/bench/internal/library"
	"github.com/gojobgen/jobgen/bench/internal/report"
	"github.com/gojobgen/jobgen/bench/internal/scenario"
)

// quickTime is what all runs of a quick one have together, preparations included. On a
// machine that is too slow for one run of each, quickEnd cuts it off: what there is by
// then is reported, and the rest as failed.
const (
	quickTime = 6 * time.Minute
	quickEnd  = 7*time.Minute + 15*time.Second
)

// bench is one run of the program.
type bench struct {
	options
	host     *backend.Host
	backends map[string]backend.Backend
	book     *report.Book
	settings []string // of backends and libraries, as they were used
	end      time.Time
	weight   int     // of the scenarios that are still to come
	failed   []error // of contenders in scenarios
}

func newBench(o options, h *backend.Host) *bench {
	return &bench{options: o, host: h, backends: make(map[string]backend.Backend), book: report.NewBook(), end: time.Now().Add(quickTime)}
}

// contender is a library on a backend under the name of the reports.
type contender struct {
	scenario.Contender
	name string
}

// step is a scenario on a store.
type step struct {
	scenario.Scenario
	store string
}

func (b *bench) measure(ctx context.Context) error {
	steps, err := b.steps()
	if err != nil {
		return err
	}
	for _, s := range steps {
		b.weight += s.Weight
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if b.quick {
		limited, cancel = context.WithDeadlineCause(ctx, b.end.Add(quickEnd-quickTime), errors.New("the machine is too slow for a quick run"))
	}
	defer cancel()
	// The servers of a store are started when it is its turn: those of others have work of their
	// own for a while, and wake the machine now and then.
	known := make(map[string][]contender)
	for _, s := range steps {
		list, ok := known[s.store]
		if !ok {
			if list, err = b.contenders(s.store); err != nil {
				b.fail(fmt.Errorf("%s: %w", s.store, err))
			}
			known[s.store] = list
		}
		b.step(limited, s, list)
		b.weight -= s.Weight
	}
	return ctx.Err()
}

// fail notes that figures are missing.
func (b *bench) fail(err error) {
	b.failed = append(b.failed, err)
	fmt.Fprintln(os.Stderr, "bench:", err)
}

// steps lists what is to be measured.
func (b *bench) steps() (steps []step, err error) {
	for _, name := range b.scenarios {
		if !slices.ContainsFunc(scenario.All, func(s scenario.Scenario) bool { return s.Name == name }) {
			return nil, fmt.Errorf("there is no scenario %q", name)
		}
	}
	for _, store := range b.stores {
		if !slices.Contains(backend.Names, store) {
			return nil, fmt.Errorf("there is no store %q: use some of %v", store, backend.Names)
		}
		for _, s := range scenario.All {
			wanted := len(b.scenarios) == 0 && (s.Quick || !b.quick) || slices.Contains(b.scenarios, s.Name)
			if wanted && s.Fits(store) {
				steps = append(steps, step{s, store})
			}
		}
	}
	return steps, nil
}

// contenders are those on a store, whose servers it starts: ours first. MariaDB has no peer but our own
// PostgreSQL.
func (b *bench) contenders(store string) ([]contender, error) {
	at, err := b.backend(store)
	if err != nil {
		return nil, err
	}
	var list []contender
	for _, l := range library.Of(store, !b.quick) {
		list = append(list, contender{scenario.Contender{Backend: at, Library: l}, l.Name})
	}
	if store == "mysql" {
		postgres, err := b.backend("postgres")
		if err != nil {
			return nil, err
		}
		own := library.Of("postgres", false)[0]
		list = append(list, contender{scenario.Contender{Backend: postgres, Library: own}, "jobgen-postgres"})
	}
	list = slices.DeleteFunc(list, func(c contender) bool {
		return c.name != library.Ours && len(b.peers) > 0 && !slices.Contains(b.peers, c.name)
	})
	for _, c := range list {
		b.settings = append(b.settings, fmt.Sprintf("%s on %s: %s", c.name, store, c.Library.Settings))
	}
	return list, nil
}

func (b *bench) backend(name string) (backend.Backend, error) {
	if at := b.backends[name]; at != nil {
		return at, nil
	}
	at, err := backend.Start(b.host, name)
	if err != nil {
		return nil, err
	}
	b.backends[name] = at
	b.settings = append(b.settings, name+": "+at.Settings())
	return at, nil
}

// step runs a scenario in rounds in which the contenders alternate. One that fails is
// out of the scenario; the others go on.
func (b *bench) step(ctx context.Context, s step, list []contender) {
	size := scenario.Size{Jobs: b.jobs, For: b.span, Quick: b.quick, Limit: time.Minute, Preload: time.Minute}
	budget := time.Until(b.end) * time.Duration(s.Weight) / time.Duration(max(b.weight, 1))
	if b.quick {
		size.Limit, size.Preload = max(4*time.Second, budget*2/3), max(2*time.Second, budget/4)
	}
	start := time.Now()
	contenders := slices.Clone(list)
	for round := range b.runs {
		before := time.Now()
		contenders = slices.DeleteFunc(contenders, func(c contender) bool {
			err := b.once(ctx, s, c, size, round)
			if err != nil && !errors.Is(err, library.ErrCannot) {
				b.fail(fmt.Errorf("%s, %s, %s: %w", s.store, s.Name, c.name, err))
			}
			return err != nil
		})
		if b.quick && time.Since(start)+time.Since(before) > budget {
			break // another round would take time that others need
		}
	}
}

// once is one run of one contender.
func (b *bench) once(ctx context.Context, s step, c contender, size scenario.Size, round int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	samples, err := s.Run(ctx, c.Contender, size)
	if err != nil {
		return err
	}
	b.book.Add(s.store, c.name, samples...)
	for _, m := range samples {
		fmt.Fprintf(os.Stderr, "%-9s %-17s %-16s run %d %12.2f %s %s\n", s.store, m.Name, c.name, round+1, m.Value, m.Unit, m.Note)
	}
	runtime.GC() // one's garbage is not the next one's
	return nil
}

func (b *bench) report(w io.Writer) error {
	rows := report.Best(b.book.Rows(library.Ours), "asynq-servers", "asynq-servers-4", "asynq-servers-10")
	if b.json {
		for _, line := range b.settings {
			fmt.Fprintln(os.Stderr, line)
		}
		return report.JSON(w, rows)
	}
	fmt.Fprintf(w, "# Results\n\nGo %s, %s/%s, %d cores; medians of up to %d runs (range), peers alternated. A ratio above 1 means that jobgen is better.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), b.runs)
	for _, line := range b.settings {
		fmt.Fprintf(w, "- %s\n", line)
	}
	fmt.Fprintln(w)
	return report.Table(w, rows)
}
