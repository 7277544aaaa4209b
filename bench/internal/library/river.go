package library

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gojobgen/jobgen/bench/jobs"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// riverFast are the shortest waits that make River faster; shorter polls cost it more
// than they give.
var riverFast = river.Config{FetchCooldown: time.Millisecond, FetchPollInterval: 20 * time.Millisecond}

const riverTunedText = "FetchCooldown 1 ms, FetchPollInterval 20 ms"

// riverInstance is River on a driver with transactions of type T.
type riverInstance[T any] struct {
	cfg    river.Config
	insert riverdriver.Driver[T]
	work   riverdriver.Driver[T]
	client *river.Client[T] // inserts; the server's own while one runs and OneStore is set
	one    bool
	left   func(ctx context.Context) (bool, error)
	keep   func(ctx context.Context, n int) error
	close  func() error
}

// prepare makes the tables and the client.
func (i *riverInstance[T]) prepare(ctx context.Context) error {
	m, err := rivermigrate.New(i.insert, &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		return err
	}
	if _, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	i.client, err = river.NewClient(i.insert, &river.Config{Logger: quiet()})
	return err
}

// quiet logs nothing: River logs a line per job at some levels.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (i *riverInstance[T]) Close() error { return i.close() }

func (i *riverInstance[T]) Enqueue(ctx context.Context, o jobs.Order) error {
	_, err := i.client.Insert(ctx, o, nil)
	return err
}

// EnqueueMany uses COPY where there is one.
func (i *riverInstance[T]) EnqueueMany(ctx context.Context, os []jobs.Order) error {
	return i.many(ctx, os, nil)
}

func (i *riverInstance[T]) Schedule(ctx context.Context, at time.Time, os []jobs.Order) error {
	return i.many(ctx, os, &river.InsertOpts{ScheduledAt: at})
}

func (i *riverInstance[T]) many(ctx context.Context, os []jobs.Order, opts *river.InsertOpts) error {
	return inBulk(os, func(os []jobs.Order) error {
		params := make([]river.InsertManyParams, len(os))
		for n, o := range os {
			params[n] = river.InsertManyParams{Args: o, InsertOpts: opts}
		}
		_, err := i.client.InsertManyFast(ctx, params)
		return err
	})
}

func (i *riverInstance[T]) ScheduledLeft(ctx context.Context) (bool, error) { return i.left(ctx) }

// Keep implements Keeper.
func (i *riverInstance[T]) Keep(ctx context.Context, n int) error { return i.keep(ctx, n) }

func (i *riverInstance[T]) List(ctx context.Context) error {
	page, err := i.client.JobList(ctx, river.NewJobListParams().States(rivertype.JobStateCompleted).
		OrderBy(river.JobListOrderByTime, river.SortOrderDesc).First(100))
	if err == nil && len(page.Jobs) != 100 {
		err = fmt.Errorf("a page of %d jobs instead of 100", len(page.Jobs))
	}
	return err
}

type riverWorker struct {
	river.WorkerDefaults[jobs.Order]
	run func(jobs.Order)
}

// Work implements river.Worker.
func (w *riverWorker) Work(_ context.Context, j *river.Job[jobs.Order]) error {
	w.run(j.Args)
	return nil
}

func (i *riverInstance[T]) Serve(ctx context.Context, o ServeOptions) (func() error, error) {
	cfg := i.cfg
	cfg.Logger, cfg.Workers = quiet(), river.NewWorkers()
	river.AddWorker(cfg.Workers, &riverWorker{run: o.Run})
	queues := o.Queues
	if len(queues) == 0 {
		queues = []string{DefaultQueue}
	}
	cfg.Queues = make(map[string]river.QueueConfig)
	for _, q := range queues {
		cfg.Queues[q] = river.QueueConfig{MaxWorkers: o.Workers}
	}
	for n := range o.Recurring {
		cfg.PeriodicJobs = append(cfg.PeriodicJobs, river.NewPeriodicJob(river.PeriodicInterval(o.Every),
			func() (river.JobArgs, *river.InsertOpts) { return jobs.NewOrder(n), nil }, nil))
	}
	server, err := river.NewClient(i.work, &cfg)
	if err != nil {
		return nil, err
	}
	if err := server.Start(ctx); err != nil {
		return nil, err
	}
	inserter := i.client
	if i.one {
		i.client = server
	}
	return func() error {
		i.client = inserter
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		if err := server.Stop(limit); err != nil {
			return errors.Join(err, server.StopAndCancel(context.WithoutCancel(ctx)))
		}
		return nil
	}, nil
}
