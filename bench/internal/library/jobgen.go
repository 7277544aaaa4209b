package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/gojobgen/jobgen/bench/jobs"
	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
	"github.com/rs/zerolog"
)

// guarantees are what every figure of ours is measured with: the defaults.
const guarantees = "all defaults: fencing, history, statistics, results, durable settles, retries, retention of a day"

// opener opens a store; the function returned with it closes the connections.
type opener func(ctx context.Context, s Setup) (storage.Store, func() error, error)

// ours is jobgen on one kind of store.
func ours(settings string, open opener) Library {
	return Library{Name: Ours, Settings: settings + "; " + guarantees, open: func(ctx context.Context, s Setup) (Instance, error) {
		i := &jobgen{open: open, setup: s}
		var err error
		if i.enqueue, err = i.store(ctx); err != nil {
			return nil, errors.Join(err, i.Close())
		}
		if i.work = i.enqueue; !s.OneStore {
			if i.work, err = i.store(ctx); err != nil {
				return nil, errors.Join(err, i.Close())
			}
		}
		i.client = runtime.NewClient(i.enqueue)
		i.orders = jobs.NewOrdersClient(i.client)
		return i, nil
	}}
}

type jobgen struct {
	open          opener
	setup         Setup
	enqueue, work storage.Store // the clients' and the servers'
	closers       []func() error
	client        *runtime.Client
	orders        *jobs.OrdersClient
}

func (i *jobgen) store(ctx context.Context) (storage.Store, error) {
	store, closer, err := i.open(ctx, i.setup)
	if err != nil {
		return nil, err
	}
	i.closers = append(i.closers, closer, store.Close)
	return store, nil
}

func (i *jobgen) Close() (err error) {
	for n := len(i.closers) - 1; n >= 0; n-- {
		err = errors.Join(err, i.closers[n]())
	}
	return err
}

func (i *jobgen) Enqueue(ctx context.Context, o jobs.Order) error {
	_, err := i.orders.EnqueueConfirm(ctx, o.OrderID, o.SentAt, o.Customer, o.Note)
	return err
}

func (i *jobgen) EnqueueMany(ctx context.Context, os []jobs.Order) error { return i.many(ctx, os) }

func (i *jobgen) Schedule(ctx context.Context, at time.Time, os []jobs.Order) error {
	return i.many(ctx, os, runtime.At(at))
}

func (i *jobgen) many(ctx context.Context, os []jobs.Order, opts ...runtime.Option) error {
	return inBulk(os, func(os []jobs.Order) error {
		calls := make([]runtime.AnyCall, len(os))
		for n, o := range os {
			calls[n] = jobs.ConfirmJob(o.OrderID, o.SentAt, o.Customer, o.Note, opts...)
		}
		_, err := i.client.EnqueueAll(ctx, calls...)
		return err
	})
}

func (i *jobgen) ScheduledLeft(ctx context.Context) (bool, error) {
	page, err := i.enqueue.Jobs(ctx, storage.Query{Filter: storage.Filter{States: []storage.State{storage.Scheduled}}, Limit: 1})
	return len(page.Jobs) > 0, err
}

func (i *jobgen) List(ctx context.Context) error {
	page, err := i.enqueue.Jobs(ctx, storage.Query{Filter: storage.Filter{States: []storage.State{storage.Succeeded}}, Limit: 100})
	if err == nil && len(page.Jobs) != 100 {
		err = fmt.Errorf("a page of %d jobs instead of 100", len(page.Jobs))
	}
	return err
}

// warnings shows what servers complain of: a figure that comes with one is doubtful.
// A flood of them says no more than the first few.
var warnings = zerolog.New(os.Stderr).Level(zerolog.WarnLevel).Sample(&zerolog.BurstSampler{Burst: 3, Period: time.Second})

// service is the implementation that a service registers.
type service struct{ run func(jobs.Order) }

func (s service) Confirm(_ context.Context, orderID, sentAt int64, customer, note string) (int64, error) {
	s.run(jobs.Order{OrderID: orderID, SentAt: sentAt, Customer: customer, Note: note})
	return orderID, nil
}

func (i *jobgen) Serve(ctx context.Context, o ServeOptions) (func() error, error) {
	if err := i.recur(ctx, o); err != nil {
		return nil, err
	}
	d := runtime.NewDispatcher()
	jobs.RegisterOrders(d, service{o.Run})
	server := runtime.NewServer(i.work, d, runtime.ServerOptions{Queues: o.Queues, Concurrency: o.Workers, Logger: warnings})
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}, nil
}

// recur declares the recurring jobs, which the server then fires.
func (i *jobgen) recur(ctx context.Context, o ServeOptions) error {
	expr := fmt.Sprintf("*/%d * * * * *", int(o.Every.Seconds()))
	for n := range o.Recurring {
		a := jobs.NewOrder(n)
		if err := i.client.Recurring(ctx, "order-"+strconv.Itoa(n), expr, jobs.ConfirmJob(a.OrderID, a.SentAt, a.Customer, a.Note)); err != nil {
			return err
		}
	}
	return nil
}
